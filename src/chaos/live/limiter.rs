//! The limits that an emulated provider keeps: requests and tokens a minute, and requests at once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::chaos::behaviour::Limits;
use crate::pipeline::policy::Tick;
use crate::pipeline::policy::health::Bucket;

/// Buckets that are refilled evenly, one set for each provider.
#[derive(Debug, Default)]
pub struct Limiter {
    buckets: Mutex<HashMap<String, Buckets>>,
}

#[derive(Debug, Default)]
struct Buckets {
    requests: Option<Bucket>,
    tokens: Option<Bucket>,
    under_way: Arc<()>,
}

/// A bucket of so many a minute, full at first; the limit may have changed since.
fn a_minute(before: Option<Bucket>, amount: f64, now: Tick) -> Bucket {
    let per_second = amount / 60.0;
    before.map_or_else(
        || Bucket::full(amount, per_second),
        |bucket| bucket.with(now, amount, per_second),
    )
}

/// When a bucket holds so much, or as much as it can hold where that is less.
fn ready(bucket: &Bucket, wanted: f64, now: Tick) -> Tick {
    if bucket.capacity() <= 0.0 && wanted > 0.0 {
        return Tick::NEVER;
    }
    bucket.until(now, wanted.min(bucket.capacity()))
}

/// What is left after a call, for the headers.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Left {
    /// Limit and rest of requests.
    pub requests: Option<(f64, f64)>,
    /// Limit and rest of tokens.
    pub tokens: Option<(f64, f64)>,
}

/// A call that was let in. While it lives it counts among those at once.
#[derive(Debug, Default)]
pub struct Admitted {
    /// What is left.
    pub left: Left,
    _under_way: Option<Arc<()>>,
}

/// A call that was not let in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Full {
    /// How long to wait; `None` where time alone does not help.
    pub wait: Option<Duration>,
    /// What is left.
    pub left: Left,
}

impl Limiter {
    /// Lets a call in or not. `now` is since the scenario's beginning.
    ///
    /// # Errors
    /// Fails when a limit is reached.
    pub fn admit(&self, provider: &str, limits: Limits, tokens: u64, now: Duration) -> Result<Admitted, Full> {
        if limits.is_empty() {
            return Ok(Admitted::default());
        }
        let now = Tick::ZERO.after(now);
        let mut all = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let buckets = all.entry(provider.to_owned()).or_default();
        buckets.requests = limits.rpm.map(|rpm| a_minute(buckets.requests, rpm, now));
        buckets.tokens = limits.tpm.map(|tpm| a_minute(buckets.tokens, tpm, now));
        #[expect(clippy::cast_precision_loss, reason = "prompts have far fewer tokens")]
        let tokens = tokens as f64;
        let full = |wait, buckets: &Buckets| Full {
            wait,
            left: buckets.left(now),
        };
        // The counter itself holds one more.
        let at_once = Arc::strong_count(&buckets.under_way) - 1;
        if limits
            .parallel
            .is_some_and(|most| at_once >= usize::try_from(most).unwrap_or(usize::MAX))
        {
            return Err(full(None, buckets));
        }
        for (bucket, wanted) in [(buckets.requests, 1.0), (buckets.tokens, tokens)] {
            let ready = bucket.map_or(now, |bucket| ready(&bucket, wanted, now));
            if ready > now {
                let wait = (ready < Tick::NEVER).then(|| ready.since(now));
                return Err(full(wait, buckets));
            }
        }
        for (bucket, wanted) in [(&mut buckets.requests, 1.0), (&mut buckets.tokens, tokens)] {
            if let Some(bucket) = bucket {
                bucket.charge(now, wanted);
            }
        }
        Ok(Admitted {
            left: buckets.left(now),
            _under_way: Some(Arc::clone(&buckets.under_way)),
        })
    }

    /// Forgets everything: all buckets are full again.
    pub fn reset(&self) {
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl Buckets {
    fn left(&self, now: Tick) -> Left {
        let pair = |bucket: Option<Bucket>| bucket.map(|it| (it.capacity(), it.held(now)));
        Left {
            requests: pair(self.requests),
            tokens: pair(self.tokens),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_of_requests_empties_and_fills_evenly() {
        let limiter = Limiter::default();
        let limits = Limits {
            rpm: Some(60.0),
            ..Limits::default()
        };
        let at = |seconds| Duration::from_secs(seconds);
        for _ in 0..60 {
            limiter.admit("openai", limits, 10, at(0)).unwrap();
        }
        let full = limiter.admit("openai", limits, 10, at(0)).unwrap_err();
        assert_eq!(full.wait, Some(at(1)));
        assert_eq!(full.left.requests, Some((60.0, 0.0)));
        limiter.admit("openai", limits, 10, at(1)).unwrap();
        assert!(limiter.admit("openai", limits, 10, at(1)).is_err());
        limiter.admit("anthropic", limits, 10, at(1)).unwrap();
    }

    #[test]
    fn calls_at_once_end_with_their_guard() {
        let limiter = Limiter::default();
        let limits = Limits {
            parallel: Some(1),
            ..Limits::default()
        };
        let first = limiter.admit("a", limits, 0, Duration::ZERO).unwrap();
        assert_eq!(limiter.admit("a", limits, 0, Duration::ZERO).unwrap_err().wait, None);
        drop(first);
        limiter.admit("a", limits, 0, Duration::ZERO).unwrap();
    }

    #[test]
    fn a_prompt_larger_than_the_bucket_waits_for_a_full_one() {
        let limits = Limits {
            tpm: Some(600.0),
            ..Limits::default()
        };
        let limiter = Limiter::default();
        limiter.admit("a", limits, 600, Duration::ZERO).unwrap();
        let full = limiter.admit("a", limits, 10_000, Duration::ZERO).unwrap_err();
        assert_eq!(full.wait, Some(Duration::from_mins(1)));
    }
}
