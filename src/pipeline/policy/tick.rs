//! Moments that may be virtual.

use std::time::Duration;

/// Nanoseconds since whatever beginning the driver chose: the start of a simulation, or of a process.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tick(pub u64);

impl Tick {
    /// The beginning.
    pub const ZERO: Self = Self(0);
    /// Later than anything that happens.
    pub const NEVER: Self = Self(u64::MAX);

    /// The moment so much later.
    #[must_use]
    pub const fn after(self, wait: Duration) -> Self {
        let nanos = wait.as_secs().saturating_mul(1_000_000_000);
        let nanos = nanos.saturating_add(wait.subsec_nanos() as u64);
        Self(self.0.saturating_add(nanos))
    }

    /// How long after `earlier` it is; zero when it is before.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }

    /// Seconds since the beginning.
    #[must_use]
    pub const fn seconds(self) -> f64 {
        Duration::from_nanos(self.0).as_secs_f64()
    }
}
