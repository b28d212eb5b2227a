//! A token bucket: what a provider's requests or tokens a minute are counted by.

use crate::pipeline::policy::Tick;

/// A bucket that fills evenly and holds one minute's amount, as OpenAI describes its limits; a full one at first.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bucket {
    holds: f64,
    per_nano: f64,
    level: f64,
    at: Tick,
}

const MINUTE: f64 = 60e9;

impl Bucket {
    /// So many a minute.
    #[must_use]
    pub fn per_minute(amount: f64) -> Self {
        Self::new(amount, amount / MINUTE)
    }

    /// One that holds so many and gets so many a nanosecond.
    #[must_use]
    pub const fn new(holds: f64, per_nano: f64) -> Self {
        Self {
            holds,
            per_nano,
            level: holds,
            at: Tick::ZERO,
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "nanoseconds of a simulation, to a share of 10^-15")]
    fn fill(&mut self, now: Tick) {
        let passed = now.0.saturating_sub(self.at.0) as f64;
        self.level = (self.level + passed * self.per_nano).min(self.holds);
        self.at = now;
    }

    /// How long it is until so much is there, in nanoseconds; zero: it is. What is more than it holds waits for a
    /// full one.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "not negative, and a cast stops at the greatest number"
    )]
    pub fn wait(&mut self, amount: f64, now: Tick) -> u64 {
        self.fill(now);
        let missing = amount.min(self.holds) - self.level;
        if missing <= 0.0 {
            0
        } else {
            (missing / self.per_nano).ceil() as u64
        }
    }

    /// Takes so much out.
    pub fn take(&mut self, amount: f64) {
        self.level -= amount;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In any window from the start, no more than what it holds and what flowed in: `holds + rate t`.
    #[test]
    fn a_burst_then_the_rate_is_granted() {
        let mut bucket = Bucket::per_minute(60.0);
        let mut granted = 0;
        for tenth in 0..1_200_u64 {
            let now = Tick(tenth * 100_000_000);
            if bucket.wait(1.0, now) == 0 {
                bucket.take(1.0);
                granted += 1;
            }
        }
        // Two minutes at ten a second: 60 at once, then one a second for 119.9 s.
        assert_eq!(granted, 60 + 119);
        assert!(bucket.wait(1.0, Tick(120_000_000_000)) <= 1_000_000_000);
    }
}
