//! How much of what was seen is what is simulated.

use std::fmt;

use super::Compared;

/// Outcomes, and times, must agree in this share of all requests.
pub(super) const BAR: f64 = 0.95;

/// How many requests agree in what.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Agreement {
    pub(super) requests: usize,
    outcomes: usize,
    calls: usize,
    times: usize,
}

impl Agreement {
    pub(super) fn of<'a>(requests: impl Iterator<Item = &'a Compared>) -> Self {
        let mut all = Self::default();
        for Compared { verdict, .. } in requests {
            all.requests += 1;
            all.outcomes += usize::from(verdict.outcome);
            all.calls += usize::from(verdict.calls);
            all.times += usize::from(verdict.times());
        }
        all
    }

    #[expect(clippy::cast_precision_loss, reason = "counts of requests")]
    fn share(self, count: usize) -> f64 {
        if self.requests == 0 {
            0.0
        } else {
            count as f64 / self.requests as f64
        }
    }

    pub(super) fn holds(self) -> bool {
        self.share(self.outcomes) >= BAR && self.share(self.times) >= BAR
    }

    fn percent(self, count: usize) -> String {
        format!("{:.1} %", self.share(count) * 100.0)
    }

    /// As cells of a table.
    pub(super) fn cells(self) -> [String; 4] {
        [
            self.requests.to_string(),
            self.percent(self.outcomes),
            self.percent(self.calls),
            self.percent(self.times),
        ]
    }
}

impl fmt::Display for Agreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [requests, outcomes, calls, times] = self.cells();
        write!(
            f,
            "outcome {outcomes}, calls {calls}, times {times} of {requests} requests"
        )
    }
}
