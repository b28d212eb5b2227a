//! The numbers of a set of requests, as reports keep them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Counts, Histogram, Phase, Tally};

/// Quantiles of a time, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Quantiles {
    /// The median.
    pub p50: f64,
    /// Of a hundred, 95 wait at most so long.
    pub p95: f64,
    /// Of a hundred, 99 wait at most so long.
    pub p99: f64,
}

impl Quantiles {
    /// Those of a histogram; `None` when it is empty.
    #[must_use]
    pub fn of(histogram: &Histogram) -> Option<Self> {
        Some(Self {
            p50: histogram.quantile(0.50)?,
            p95: histogram.quantile(0.95)?,
            p99: histogram.quantile(0.99)?,
        })
    }
}

/// The numbers of a set of requests that were sent within a time.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// How long that time was, in seconds.
    pub seconds: f64,
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
    /// Errors that users saw, by kind.
    pub failed: BTreeMap<String, u64>,
    /// Users who stopped waiting.
    pub gave_up: u64,
    /// Time until the user saw anything; see [`Counts::first_token`].
    pub first_token: Option<Quantiles>,
    /// Time until the end.
    pub end: Option<Quantiles>,
    /// Calls of providers.
    pub calls: u64,
    /// What they cost in US dollars.
    pub cost_usd: f64,
    /// Answers by deployment, by number.
    pub by: Vec<u64>,
}

impl Figures {
    /// The numbers of counts over so many seconds.
    #[must_use]
    pub fn of(counts: &Counts, seconds: f64) -> Self {
        Self {
            seconds,
            requests: counts.requests,
            answered: counts.answered,
            cached: counts.cached,
            degraded: counts.degraded,
            truncated: counts.truncated,
            empty: counts.empty,
            wrong: counts.wrong,
            useless: counts.useless,
            failed: counts
                .failed
                .iter()
                .map(|(kind, count)| (kind.to_string(), *count))
                .collect(),
            gave_up: counts.gave_up,
            first_token: Quantiles::of(&counts.first_token),
            end: Quantiles::of(&counts.end),
            calls: counts.calls,
            cost_usd: counts.cost_usd(),
            by: counts.by.clone(),
        }
    }

    /// Users with a whole, good answer, out of a cache too.
    #[must_use]
    pub const fn good(&self) -> u64 {
        self.answered + self.cached
    }

    /// Answers that look finished and are not good.
    #[must_use]
    pub const fn hollow(&self) -> u64 {
        self.truncated + self.empty + self.wrong + self.useless
    }

    /// Errors that users saw.
    #[must_use]
    pub fn failures(&self) -> u64 {
        self.failed.values().sum()
    }

    /// A part of the requests; `None` without any.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "counts are below 2^53")]
    pub fn share(&self, part: u64) -> Option<f64> {
        (self.requests > 0).then(|| part as f64 / self.requests as f64)
    }

    /// Calls of providers for a request; `None` without requests.
    #[must_use]
    pub fn calls_per_request(&self) -> Option<f64> {
        self.share(self.calls)
    }

    /// US dollars an hour; `None` for no time, and where no call was seen to cost anything.
    #[must_use]
    pub fn cost_per_hour(&self) -> Option<f64> {
        (self.seconds > 0.0 && self.cost_usd > 0.0).then(|| self.cost_usd / self.seconds * 3_600.0)
    }

    /// The share of the answers that a deployment gave; `None` without answers of any.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "counts are below 2^53")]
    pub fn share_of(&self, deployment: usize) -> Option<f64> {
        let all: u64 = self.by.iter().sum();
        let own = self.by.get(deployment).copied().unwrap_or(0);
        (all > 0).then(|| own as f64 / all as f64)
    }
}

/// A run's numbers, in all and over time.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Series {
    /// All requests.
    pub total: Figures,
    /// Those that were sent in steps before the first fault.
    pub before: Figures,
    /// Those that were sent in steps in which a fault was in force.
    pub during: Figures,
    /// Those that were sent in steps after the last fault.
    pub after: Figures,
    /// Each step's.
    pub steps: Vec<Figures>,
}

impl Series {
    /// The series of a tally of so many seconds; `phase` tells where a step lies between the faults.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "steps are few")]
    pub fn of(tally: &Tally, seconds: f64, phase: impl Fn(usize) -> Phase) -> Self {
        let step = tally.step().as_secs_f64();
        let lasts = |at: usize| (seconds - at as f64 * step).clamp(0.0, step);
        let planned = steps_within(seconds, step);
        let wanted = 0..planned.max(tally.steps().len());
        let none = Counts::default();
        let part = |which: Phase| {
            let seconds: f64 = wanted.clone().filter(|at| phase(*at) == which).map(lasts).sum();
            Figures::of(&tally.over(|at| phase(at) == which), seconds)
        };
        Self {
            total: Figures::of(&tally.total(), seconds),
            before: part(Phase::Before),
            during: part(Phase::During),
            after: part(Phase::After),
            steps: wanted
                .clone()
                .map(|at| Figures::of(tally.steps().get(at).unwrap_or(&none), lasts(at)))
                .collect(),
        }
    }
}

/// How many steps begin within so many seconds.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a cast stops at the ends"
)]
fn steps_within(seconds: f64, step: f64) -> usize {
    (seconds / step).ceil() as usize
}
