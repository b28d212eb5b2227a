//! A token bucket: the limit of requests and tokens in a period.

use std::time::Duration;

use crate::pipeline::policy::Tick;

/// Room for sums of fractions of tokens.
const ROUNDING: f64 = 1e-9;

/// Tokens that come in at an even rate, up to a capacity, and are taken by whoever begins.
///
/// What it holds at `t` is `min(capacity, held(t0) + rate · (t − t0))`; so in any time `w` it lets through at
/// most `capacity + rate · w`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bucket {
    capacity: f64,
    /// Tokens a second.
    rate: f64,
    held: f64,
    at: Tick,
}

impl Bucket {
    /// A full bucket.
    #[must_use]
    pub const fn full(capacity: f64, per_second: f64) -> Self {
        Self {
            capacity,
            rate: per_second,
            held: capacity,
            at: Tick::ZERO,
        }
    }

    /// A bucket that never lets through more than `amount` single tokens in any period, however they are
    /// bunched: a tenth may come at once, the rest is paced.
    #[must_use]
    pub fn within(amount: f64, period: Duration) -> Self {
        let burst = (amount / 10.0).floor().max(1.0);
        // From a full bucket a period lets through the burst and what comes in before its end: one less than
        // the whole tokens of the pace, as the period's end is not in it.
        let paced = (amount - burst + 1.0).max(0.0);
        Self::full(burst, paced / period.as_secs_f64().max(f64::MIN_POSITIVE))
    }

    /// The same with another capacity and rate, which count since the bucket was touched last. What is over the
    /// capacity is lost.
    #[must_use]
    pub fn with(self, now: Tick, capacity: f64, per_second: f64) -> Self {
        let mut other = Self {
            capacity,
            rate: per_second,
            ..self
        };
        other.settle(now, other.held(now));
        other
    }

    /// The most that it can hold.
    #[must_use]
    pub const fn capacity(&self) -> f64 {
        self.capacity
    }

    /// What it holds at a moment. Moments before the last one that was asked for are that one.
    #[must_use]
    pub fn held(&self, now: Tick) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a hundred days are exact")]
        let nanos = now.0.saturating_sub(self.at.0) as f64;
        (self.held + self.rate * nanos / 1e9).min(self.capacity)
    }

    /// Takes tokens when it holds them.
    pub fn take(&mut self, now: Tick, tokens: f64) -> bool {
        let held = self.held(now);
        if held + ROUNDING < tokens {
            return false;
        }
        self.settle(now, held - tokens);
        true
    }

    /// Takes tokens whether it holds them or not: what a call used beyond its estimate is paid later.
    pub fn charge(&mut self, now: Tick, tokens: f64) {
        self.settle(now, self.held(now) - tokens);
    }

    /// Puts tokens in, up to the capacity.
    pub fn put(&mut self, now: Tick, tokens: f64) {
        self.settle(now, (self.held(now) + tokens).min(self.capacity));
    }

    /// When it will hold so many; [`Tick::NEVER`] when that is more than it can hold.
    #[must_use]
    pub fn until(&self, now: Tick, tokens: f64) -> Tick {
        let missing = tokens - self.held(now);
        if missing <= 0.0 {
            return now;
        }
        if tokens > self.capacity {
            return Tick::NEVER;
        }
        Duration::try_from_secs_f64(missing / self.rate).map_or(Tick::NEVER, |wait| now.after(wait))
    }

    fn settle(&mut self, now: Tick, held: f64) {
        self.held = held;
        self.at = self.at.max(now);
    }
}
