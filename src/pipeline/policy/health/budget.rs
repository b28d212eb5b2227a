//! How many further calls may be made for requests: repetitions, and rivals of silent calls.

use crate::pipeline::policy::Tick;

use super::Bucket;

/// A budget that earns a share of each first call, and a little with time, so that a quiet route can repeat as
/// well; Finagle's `RetryBudget` (share 20 %, at least 10 a second) and Linkerd's are such. When everything
/// fails, calls grow by that share and no more.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CallBudget {
    share: f64,
    bucket: Bucket,
}

impl CallBudget {
    /// A budget of a share of the first calls and so many a second besides; `saved` is what it begins with and
    /// the most that it saves up.
    #[must_use]
    pub const fn new(share: f64, per_second: f64, saved: f64) -> Self {
        Self {
            share,
            bucket: Bucket::full(saved, per_second),
        }
    }

    /// A first call was made.
    pub fn earn(&mut self, now: Tick) {
        self.bucket.put(now, self.share);
    }

    /// Spends a further call, when one is left.
    pub fn spend(&mut self, now: Tick) -> bool {
        self.bucket.take(now, 1.0)
    }
}
