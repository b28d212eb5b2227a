//! A circuit breaker: a deployment that fails is left out, and let in again by a probe.

use std::time::Duration;

use crate::pipeline::policy::Tick;

/// When a breaker opens and closes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BreakerSettings {
    /// How far back calls are counted.
    pub window: Duration,
    /// Fewer calls within the window say nothing about shares.
    pub min_calls: u32,
    /// The share of failures from which it opens.
    pub failure_share: f64,
    /// Failures one after the other from which it opens.
    pub consecutive: u32,
    /// For how long it opens the first time; each time that a probe fails it is twice as long.
    pub open_for: Duration,
    /// It is never open for longer on its own account.
    pub open_at_most: Duration,
    /// How many probes may run at once while it is half open.
    pub probes: u32,
    /// How many probes must answer before it closes.
    pub successes: u32,
}

impl Default for BreakerSettings {
    fn default() -> Self {
        Self {
            window: Duration::from_secs(10),
            min_calls: 10,
            failure_share: 0.5,
            consecutive: 5,
            open_for: Duration::from_secs(2),
            open_at_most: Duration::from_secs(30),
            probes: 1,
            successes: 2,
        }
    }
}

/// Where a breaker stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BreakerState {
    /// Everything is let through.
    Closed,
    /// Nothing is.
    Open,
    /// A few probes are.
    HalfOpen,
}

/// The parts that the window is counted in.
const SLICES: usize = 10;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Slice {
    number: u64,
    calls: u32,
    failures: u32,
}

/// A breaker (Nygard, "Release It!", 2007).
#[derive(Debug, Clone, PartialEq)]
pub struct Breaker {
    settings: BreakerSettings,
    /// How long a part of the window is.
    slice_nanos: u64,
    slices: [Slice; SLICES],
    /// Failures since the last answer.
    in_a_row: u32,
    /// While not closed: until when it is open, half open from then on.
    opened_until: Option<Tick>,
    /// How often it has opened since it was last closed.
    openings: u32,
    probing: u32,
    answered: u32,
}

impl Breaker {
    /// A closed breaker.
    #[must_use]
    pub fn new(settings: BreakerSettings) -> Self {
        let slice = settings.window.as_nanos() / SLICES as u128;
        Self {
            settings,
            slice_nanos: u64::try_from(slice).unwrap_or(u64::MAX).max(1),
            slices: [Slice::default(); SLICES],
            in_a_row: 0,
            opened_until: None,
            openings: 0,
            probing: 0,
            answered: 0,
        }
    }

    /// Where it stands.
    #[must_use]
    pub fn state(&self, now: Tick) -> BreakerState {
        match self.opened_until {
            None => BreakerState::Closed,
            Some(until) if now < until => BreakerState::Open,
            Some(_) => BreakerState::HalfOpen,
        }
    }

    /// Whether a call may begin.
    #[must_use]
    pub fn allows(&self, now: Tick) -> bool {
        match self.state(now) {
            BreakerState::Closed => true,
            BreakerState::Open => false,
            BreakerState::HalfOpen => self.probing < self.settings.probes,
        }
    }

    /// A call begins.
    pub fn began(&mut self, now: Tick) {
        if self.state(now) == BreakerState::HalfOpen {
            self.probing += 1;
        }
    }

    /// A call that was begun at `began` has ended, well or not. Calls from before it opened count no more.
    pub fn ended(&mut self, now: Tick, began: Tick, failed: bool) {
        if let Some(until) = self.opened_until {
            if began < until {
                return;
            }
            self.probing = self.probing.saturating_sub(1);
            if failed {
                self.open(now, self.settings.open_for);
                return;
            }
            self.answered += 1;
            if self.answered >= self.settings.successes {
                *self = Self::new(self.settings);
            }
            return;
        }
        self.count(now, failed);
        self.in_a_row = if failed { self.in_a_row.saturating_add(1) } else { 0 };
        if !failed {
            return;
        }
        let (calls, failures) = self.counts(now);
        let share = f64::from(failures) >= self.settings.failure_share * f64::from(calls);
        if (calls >= self.settings.min_calls && share) || self.in_a_row >= self.settings.consecutive {
            self.open(now, self.settings.open_for);
        }
    }

    /// A call was cut off: it says nothing.
    pub fn dropped(&mut self, began: Tick) {
        if self.opened_until.is_some_and(|until| began >= until) {
            self.probing = self.probing.saturating_sub(1);
        }
    }

    /// Opens it for at least so long.
    pub fn open_until(&mut self, until: Tick) {
        let later = self.opened_until.map_or(until, |open| open.max(until));
        if self.opened_until != Some(later) {
            self.opened_until = Some(later);
            self.probing = 0;
            self.answered = 0;
        }
    }

    /// Calls and failures within the window.
    #[must_use]
    pub fn counts(&self, now: Tick) -> (u32, u32) {
        let current = self.slice(now);
        let oldest = (current + 1).saturating_sub(SLICES as u64);
        (self.slices.iter())
            .filter(|slice| (oldest..=current).contains(&slice.number))
            .fold((0, 0), |(calls, failures), slice| {
                (calls + slice.calls, failures + slice.failures)
            })
    }

    fn open(&mut self, now: Tick, first: Duration) {
        let doubled = first.saturating_mul(1 << self.openings.min(16));
        self.openings += 1;
        self.open_until(now.after(doubled.min(self.settings.open_at_most)));
    }

    fn count(&mut self, now: Tick, failed: bool) {
        let number = self.slice(now);
        let at = usize::try_from(number % SLICES as u64).unwrap_or(0);
        let slice = &mut self.slices[at];
        if slice.number != number {
            *slice = Slice {
                number,
                ..Slice::default()
            };
        }
        slice.calls += 1;
        slice.failures += u32::from(failed);
    }

    /// The number of the slice of time that a moment is in.
    fn slice(&self, now: Tick) -> u64 {
        now.0 / self.slice_nanos
    }
}
