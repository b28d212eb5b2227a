//! What a request's calls were, as its trace tells them, and what they cost.

use std::time::Duration;

use crate::pipeline::policy::{CallId, Tick};
use crate::provider::{Trace, TracedCall};

/// The account of one request.
pub(super) struct Tally {
    pub(super) trace: Trace,
    began: Tick,
    /// The deployment that failed last.
    failed: Option<String>,
    /// US dollars of all answers that came, the useless ones too.
    pub(super) cost_usd: Option<f64>,
}

impl Tally {
    pub(super) fn new(route: &str, began: Tick) -> Self {
        Self {
            trace: Trace {
                route: route.to_owned(),
                ..Trace::default()
            },
            began,
            failed: None,
            cost_usd: None,
        }
    }

    /// When the request began.
    pub(super) const fn began(&self) -> Tick {
        self.began
    }

    /// A call begins. Calls are numbered in the order in which they begin. `beside`: one that is silent.
    pub(super) fn begins(&mut self, deployment: &str, beside: Option<CallId>, first: bool, now: Tick) {
        let why = match (beside.and_then(|call| self.call(call)), &self.failed) {
            (Some(silent), _) => format!("beside {}, which is silent", silent.deployment),
            (None, Some(failed)) if failed == deployment => "again".to_owned(),
            (None, Some(failed)) => format!("after {failed} failed"),
            (None, None) if first => "first choice".to_owned(),
            (None, None) => "the first choice is left out at the moment".to_owned(),
        };
        self.trace.calls.push(TracedCall {
            deployment: deployment.to_owned(),
            why,
            began_ms: milliseconds(now.since(self.began)),
            took_ms: 0.0,
            came: "cut off".to_owned(),
        });
    }

    /// A call has ended, or was cut off.
    pub(super) fn ends(&mut self, id: CallId, came: Option<String>, now: Tick) {
        let since = milliseconds(now.since(self.began));
        let Some(call) = self.trace.calls.get_mut(id.0 as usize) else {
            return;
        };
        call.took_ms = round(since - call.began_ms);
        match came {
            None => "answered".clone_into(&mut call.came),
            Some(came) => {
                self.failed = Some(call.deployment.clone());
                call.came = came;
            }
        }
    }

    /// A call was cut off.
    pub(super) fn cut(&mut self, id: CallId, now: Tick) {
        let since = milliseconds(now.since(self.began));
        if let Some(call) = self.trace.calls.get_mut(id.0 as usize) {
            call.took_ms = round(since - call.began_ms);
        }
    }

    /// An answer's price.
    pub(super) fn pays(&mut self, cost_usd: Option<f64>) {
        if let Some(cost) = cost_usd {
            // To a millionth of a millionth: such a number comes back from JSON as the very same.
            self.cost_usd = Some(((self.cost_usd.unwrap_or(0.0) + cost) * 1e12).round() / 1e12);
        }
    }

    fn call(&self, id: CallId) -> Option<&TracedCall> {
        self.trace.calls.get(id.0 as usize)
    }
}

/// In whole microseconds: such a number comes back from JSON as the very same.
pub(super) fn milliseconds(time: Duration) -> f64 {
    round(time.as_secs_f64() * 1e3)
}

fn round(milliseconds: f64) -> f64 {
    (milliseconds * 1e3).round() / 1e3
}
