//! What `aisys.yaml` declares about a system as a whole.

use std::time::Duration;

use super::Setting;

/// What `aisys.yaml` declares about a system as a whole. Where several files speak, the first one
/// counts; suppressions add up.
#[derive(Debug, Clone, Default)]
pub struct Declared {
    /// The latest moment at which a user must have an answer.
    pub deadline: Option<Setting<Duration>>,
    /// Requests a second that audit and chaos may assume.
    pub peak_per_second: Option<Setting<f64>>,
    /// The severity from which findings fail the audit: `audit.fail_on`.
    pub fail_on: Option<Setting<String>>,
    /// Findings that are not to be reported: `audit.ignore`.
    pub ignore: Vec<Setting<String>>,
}

impl Declared {
    pub(super) fn absorb(&mut self, other: Self) {
        self.deadline = self.deadline.take().or(other.deadline);
        self.peak_per_second = self.peak_per_second.take().or(other.peak_per_second);
        self.fail_on = self.fail_on.take().or(other.fail_on);
        self.ignore.extend(other.ignore);
    }
}
