//! What was seen, counted as it comes and kept in no list.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::chaos::observation::{Hollow, Observation, Seen};

use super::{Histogram, Kind};

/// The usual step of a series.
pub const MINUTE: Duration = Duration::from_secs(60);
/// Steps of a series at most: a week of minutes. What is later counts into the last one.
const MOST_STEPS: u64 = 7 * 24 * 60;
/// Parts of a US dollar in which money is added up: whole numbers add up to the same in any order.
const PARTS: f64 = 1e12;

/// Counts of a set of requests.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// All requests.
    pub requests: u64,
    /// Whole, good answers from a provider.
    pub answered: u64,
    /// Answers out of a cache.
    pub cached: u64,
    /// Honest degraded answers.
    pub degraded: u64,
    /// Answers that look finished and are cut off.
    pub truncated: u64,
    /// Answers without text.
    pub empty: u64,
    /// Answers that are wrong.
    pub wrong: u64,
    /// Answers that lost what was asked.
    pub useless: u64,
    /// Users who stopped waiting.
    pub gave_up: u64,
    /// Errors that users saw, by kind.
    pub failed: BTreeMap<Kind, u64>,
    /// Time until the user saw anything: the first token, or the end where none came. So neither failing nor
    /// giving up makes it better than it was.
    pub first_token: Histogram,
    /// Time until the user had everything, the error, or gave up.
    pub end: Histogram,
    /// Calls of providers.
    pub calls: u64,
    /// Answers by deployment, by number; those of no deployment are left out.
    pub by: Vec<u64>,
    cost: u64,
}

impl Counts {
    /// Counts one request.
    pub fn add(&mut self, seen: &Observation) {
        self.requests += 1;
        match seen.seen {
            Seen::Answered => self.answered += 1,
            Seen::Cached => self.cached += 1,
            Seen::Degraded => self.degraded += 1,
            Seen::Hollow(Hollow::Truncated) => self.truncated += 1,
            Seen::Hollow(Hollow::Empty) => self.empty += 1,
            Seen::Hollow(Hollow::Wrong) => self.wrong += 1,
            Seen::Hollow(Hollow::Useless) => self.useless += 1,
            Seen::Failed(failure) => *self.failed.entry(failure.into()).or_default() += 1,
            Seen::GaveUp => self.gave_up += 1,
        }
        let first = seen.first_token.unwrap_or(seen.end);
        self.first_token.add(first.0.saturating_sub(seen.at.0));
        self.end.add(seen.end.0.saturating_sub(seen.at.0));
        self.calls += u64::from(seen.calls);
        self.cost = self.cost.saturating_add(parts(seen.cost_usd));
        if let Some(by) = seen.by {
            if self.by.len() <= by {
                self.by.resize(by + 1, 0);
            }
            self.by[by] += 1;
        }
    }

    /// Takes in all of another one.
    pub fn absorb(&mut self, other: &Self) {
        for (own, theirs) in [
            (&mut self.requests, other.requests),
            (&mut self.answered, other.answered),
            (&mut self.cached, other.cached),
            (&mut self.degraded, other.degraded),
            (&mut self.truncated, other.truncated),
            (&mut self.empty, other.empty),
            (&mut self.wrong, other.wrong),
            (&mut self.useless, other.useless),
            (&mut self.gave_up, other.gave_up),
            (&mut self.calls, other.calls),
        ] {
            *own += theirs;
        }
        for (kind, count) in &other.failed {
            *self.failed.entry(*kind).or_default() += count;
        }
        self.first_token.absorb(&other.first_token);
        self.end.absorb(&other.end);
        self.cost = self.cost.saturating_add(other.cost);
        if self.by.len() < other.by.len() {
            self.by.resize(other.by.len(), 0);
        }
        for (own, theirs) in self.by.iter_mut().zip(&other.by) {
            *own += theirs;
        }
    }

    /// Errors that users saw, of all kinds.
    #[must_use]
    pub fn failures(&self) -> u64 {
        self.failed.values().sum()
    }

    /// Answers that look finished and are not good.
    #[must_use]
    pub const fn hollow(&self) -> u64 {
        self.truncated + self.empty + self.wrong + self.useless
    }

    /// What the calls cost in US dollars.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "rounded as any float is")]
    pub fn cost_usd(&self) -> f64 {
        self.cost as f64 / PARTS
    }

    /// A part of the requests; 0 without any.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "counts are below 2^53")]
    pub fn share(&self, part: u64) -> f64 {
        part as f64 / self.requests.max(1) as f64
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "costs are not negative; a cast stops at the ends"
)]
fn parts(usd: f64) -> u64 {
    (usd * PARTS).round() as u64
}

/// Requests, counted in all and in each step of time, by the moment at which the user sent them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    step: Duration,
    steps: Vec<Counts>,
}

impl Default for Tally {
    fn default() -> Self {
        Self::new(MINUTE)
    }
}

impl Tally {
    /// Nothing yet; time goes in such steps, of a second at least.
    #[must_use]
    pub fn new(step: Duration) -> Self {
        Self {
            step: step.max(Duration::from_secs(1)),
            steps: Vec::new(),
        }
    }

    /// Counts one request. What it costs does not grow with what was counted before.
    pub fn add(&mut self, seen: &Observation) {
        let step = u64::try_from(self.step.as_nanos()).unwrap_or(u64::MAX);
        let at = usize::try_from((seen.at.0 / step).min(MOST_STEPS)).unwrap_or(usize::MAX);
        if self.steps.len() <= at {
            self.steps.resize_with(at + 1, Counts::default);
        }
        self.steps[at].add(seen);
    }

    /// Takes in all of another one of the same step. Parts give the same in any order.
    pub fn absorb(&mut self, other: &Self) {
        debug_assert_eq!(self.step, other.step, "steps differ");
        if self.steps.len() < other.steps.len() {
            self.steps.resize_with(other.steps.len(), Counts::default);
        }
        for (own, theirs) in self.steps.iter_mut().zip(&other.steps) {
            own.absorb(theirs);
        }
    }

    /// How long a step is.
    #[must_use]
    pub const fn step(&self) -> Duration {
        self.step
    }

    /// The counts of each step from the beginning; those without a request are empty.
    #[must_use]
    pub fn steps(&self) -> &[Counts] {
        &self.steps
    }

    /// The counts of all.
    #[must_use]
    pub fn total(&self) -> Counts {
        self.over(|_| true)
    }

    /// The counts of the steps that are wanted, by number: those while a fault is in force, say.
    #[must_use]
    pub fn over(&self, wanted: impl Fn(usize) -> bool) -> Counts {
        let mut total = Counts::default();
        for (_, step) in self.steps.iter().enumerate().filter(|(at, _)| wanted(*at)) {
            total.absorb(step);
        }
        total
    }
}

impl<'a> Extend<&'a Observation> for Tally {
    fn extend<I: IntoIterator<Item = &'a Observation>>(&mut self, seen: I) {
        seen.into_iter().for_each(|one| self.add(one));
    }
}
