//! Abort conditions: when going on would do harm.

use std::collections::VecDeque;

use crate::chaos::Observation;
use crate::chaos::observation::Seen;
use crate::chaos::scenario::Abort;

use super::run::Stopped;

/// Looks at each request as it ends.
#[derive(Debug)]
pub(super) struct Watch {
    abort: Abort,
    last: VecDeque<bool>,
    failed: u32,
    cost_usd: f64,
    calls: u64,
}

impl Watch {
    pub(super) const fn new(abort: Abort) -> Self {
        Self {
            abort,
            last: VecDeque::new(),
            failed: 0,
            cost_usd: 0.0,
            calls: 0,
        }
    }

    /// Takes a request; says why to stop, when there is a reason.
    pub(super) fn saw(&mut self, request: &Observation) -> Option<Stopped> {
        let failed = matches!(request.seen, Seen::Failed(_) | Seen::GaveUp);
        self.last.push_back(failed);
        self.failed += u32::from(failed);
        if self.last.len() > self.abort.over as usize && self.last.pop_front() == Some(true) {
            self.failed -= 1;
        }
        self.cost_usd += request.cost_usd;
        self.calls += u64::from(request.calls);
        let full = self.last.len() >= self.abort.over as usize;
        let share = f64::from(self.failed) / f64::from(self.abort.over.max(1));
        if self.abort.failed.is_some_and(|most| full && share > most) {
            return Some(Stopped::TooManyFailed(share));
        }
        if self.abort.cost_usd.is_some_and(|most| self.cost_usd > most) {
            return Some(Stopped::TooExpensive(self.cost_usd));
        }
        (self.abort.calls.is_some_and(|most| self.calls > most)).then_some(Stopped::TooManyCalls(self.calls))
    }
}
