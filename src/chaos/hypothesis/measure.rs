//! What hypotheses measure.

use std::time::Duration;

use crate::chaos::Observation;
use crate::chaos::observation::Seen as Saw;
use crate::stats::at_share;

/// A number that a set of requests has.
#[derive(Debug, Clone, PartialEq)]
pub enum Measure {
    /// The share of users with a whole, good answer, out of a cache too.
    Answered,
    /// The same with honest degraded answers.
    Served,
    /// The share with the degraded answer.
    Degraded,
    /// The share with an answer out of a cache.
    Cached,
    /// The share with an error.
    Failed,
    /// The share that stopped waiting.
    GaveUp,
    /// The share with something that looks finished and is not good.
    Hollow,
    /// A quantile, from 0 to 1, of the time until the user saw anything: the first token, or the error or the
    /// end of patience where none came. So neither failing nor giving up makes it better than it was.
    FirstToken(f64),
    /// A quantile of the time until the end.
    End(f64),
    /// US dollars, all together.
    Cost,
    /// US dollars for a request.
    CostPerRequest,
    /// US dollars an hour.
    CostPerHour,
    /// Calls of providers for a request.
    CallsPerRequest,
    /// The share of answers that came from a provider or deployment of this name.
    By(String),
    /// Seconds from the last fault's end until all is as it was before.
    Recovery,
}

/// What a measure counts in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// From 0 to 1.
    Share,
    /// Seconds.
    Seconds,
    /// US dollars.
    Usd,
    /// A number.
    Count,
}

impl Unit {
    /// A value for people.
    #[must_use]
    pub fn show(self, value: f64) -> String {
        match self {
            Self::Share => format!("{}%", short(value * 100.0, 3)),
            Self::Seconds if value < 1.0 => format!("{} ms", short(value * 1e3, 0)),
            Self::Seconds => format!("{} s", short(value, 2)),
            Self::Usd => format!("${}", short(value, 4)),
            Self::Count => short(value, 3),
        }
    }
}

/// A number with at most so many decimals, and no zeros at its end.
pub(in crate::chaos) fn short(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

impl Measure {
    /// What it counts in.
    #[must_use]
    pub const fn unit(&self) -> Unit {
        match self {
            Self::Answered
            | Self::Served
            | Self::Degraded
            | Self::Cached
            | Self::Failed
            | Self::GaveUp
            | Self::Hollow
            | Self::By(_) => Unit::Share,
            Self::FirstToken(_) | Self::End(_) | Self::Recovery => Unit::Seconds,
            Self::Cost | Self::CostPerRequest | Self::CostPerHour => Unit::Usd,
            Self::CallsPerRequest => Unit::Count,
        }
    }

    /// Its value over requests that were sent within a time; `None` where there is nothing to measure.
    /// `answers_by` tells whether a deployment's number goes by a name. [`Measure::Recovery`] is none of a
    /// set of requests.
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
    pub(super) fn of(
        &self,
        requests: &[&Observation],
        lasts: Duration,
        answers_by: &dyn Fn(usize, &str) -> bool,
    ) -> Option<f64> {
        if requests.is_empty() {
            return None;
        }
        let count = requests.len() as f64;
        let cost = || requests.iter().map(|it| it.cost_usd).sum::<f64>();
        let value = match self {
            Self::FirstToken(share) => quantile(requests, *share, until_anything)?,
            Self::End(share) => quantile(requests, *share, until_end)?,
            Self::Cost => cost(),
            Self::CostPerRequest => cost() / count,
            Self::CostPerHour => cost() / (lasts.as_secs_f64() / 3_600.0).max(f64::MIN_POSITIVE),
            Self::CallsPerRequest => requests.iter().map(|it| f64::from(it.calls)).sum::<f64>() / count,
            Self::By(name) => {
                let answers = requests.iter().filter_map(|it| it.by);
                let (theirs, all) = answers.fold((0_u64, 0_u64), |(theirs, all), by| {
                    (theirs + u64::from(answers_by(by, name)), all + 1)
                });
                if all == 0 {
                    return None;
                }
                theirs as f64 / all as f64
            }
            Self::Recovery => return None,
            shares => requests.iter().filter(|it| shares.counts(it)).count() as f64 / count,
        };
        Some(value)
    }

    /// Whether a request counts into this share.
    pub(super) const fn counts(&self, request: &Observation) -> bool {
        match self {
            Self::Answered => matches!(request.seen, Saw::Answered | Saw::Cached),
            Self::Served => matches!(request.seen, Saw::Answered | Saw::Cached | Saw::Degraded),
            Self::Degraded => matches!(request.seen, Saw::Degraded),
            Self::Cached => matches!(request.seen, Saw::Cached),
            Self::Failed => matches!(request.seen, Saw::Failed(_)),
            Self::GaveUp => matches!(request.seen, Saw::GaveUp),
            Self::Hollow => matches!(request.seen, Saw::Hollow(_)),
            _ => false,
        }
    }
}

/// Seconds until the user saw anything.
pub(super) fn until_anything(request: &Observation) -> f64 {
    let seen = request.first_token.unwrap_or(request.end);
    seen.since(request.at).as_secs_f64()
}

/// Seconds until the end.
pub(super) fn until_end(request: &Observation) -> f64 {
    request.end.since(request.at).as_secs_f64()
}

/// A quantile of the values, `None` without any.
pub(super) fn quantile(requests: &[&Observation], share: f64, value: fn(&Observation) -> f64) -> Option<f64> {
    let mut values: Vec<f64> = requests.iter().map(|request| value(request)).collect();
    values.sort_unstable_by(f64::total_cmp);
    (!values.is_empty()).then(|| at_share(&values, share))
}
