//! A hypothesis, held against a run.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::chaos::hypothesis::{self, Hypothesis, Measure, Unit, Verdict};

use super::words;

/// What of a step a hypothesis bounds, where a chart can show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shown {
    /// The share of good answers.
    Answered,
    /// The time until anything was seen.
    FirstToken,
    /// The time until the end.
    End,
    /// US dollars an hour.
    CostPerHour,
}

/// A hypothesis as a line in a chart.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LimitLine {
    /// Which numbers it bounds.
    pub of: Shown,
    /// Where it lies: a share, seconds, or US dollars an hour.
    pub at: f64,
}

/// A hypothesis, held against the run.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Held {
    /// As it was written.
    pub text: String,
    /// Where it stands: `file:line:column`.
    pub place: Option<String>,
    /// Whether it holds.
    pub holds: bool,
    /// What was measured, for people.
    pub value: String,
    /// The same without faults.
    pub baseline: Option<String>,
    /// The beginning of the first minute whose requests on their own violate it, in seconds.
    pub first_violation_s: Option<f64>,
    /// The request that shows it.
    pub unlucky: Option<u64>,
    /// Where a chart shows it.
    pub limit: Option<LimitLine>,
}

impl Held {
    /// A hypothesis with its verdict over a run of such a length; `without` is the verdict over the same run
    /// without faults.
    #[must_use]
    pub fn of(hypothesis: &Hypothesis, verdict: &Verdict, without: Option<&Verdict>, lasts: Duration) -> Self {
        let minute = |minute: u32| f64::from(minute) * hypothesis::MINUTE.as_secs_f64();
        let shown = |verdict: &Verdict| verdict.value.map(|value| shown(verdict.unit, value));
        Self {
            text: hypothesis.text.clone(),
            place: hypothesis.place.as_ref().map(ToString::to_string),
            holds: verdict.holds,
            value: shown(verdict).unwrap_or_default(),
            baseline: without.and_then(shown),
            first_violation_s: verdict.first_violation.map(minute),
            unlucky: verdict.unlucky,
            limit: verdict.bound.and_then(|bound| limit(&hypothesis.measure, bound, lasts)),
        }
    }
}

fn shown(unit: Unit, value: f64) -> String {
    match unit {
        Unit::Share => words::share(value),
        Unit::Seconds => words::seconds(value),
        Unit::Usd => words::usd(value),
        Unit::Count => words::ratio(value),
    }
}

/// Where a chart shows a bound, if one does.
fn limit(measure: &Measure, bound: f64, lasts: Duration) -> Option<LimitLine> {
    let (of, at) = match measure {
        Measure::Answered => (Shown::Answered, bound),
        Measure::FirstToken(_) => (Shown::FirstToken, bound),
        Measure::End(_) => (Shown::End, bound),
        Measure::CostPerHour => (Shown::CostPerHour, bound),
        Measure::Cost => (
            Shown::CostPerHour,
            bound / (lasts.as_secs_f64() / 3_600.0).max(f64::MIN_POSITIVE),
        ),
        _ => return None,
    };
    Some(LimitLine { of, at })
}
