//! One line of a hypothesis.

use crate::chaos::scenario::quantity::{Measure as Amount, parse_share, wrong};
use crate::read::FormError;
use crate::source::Node;
use crate::system::nearest;

use super::{Bound, Comparison, Hypothesis, Measure, Scope, Unit};

/// Names of measures; quantiles such as `p99_first_token` and `by(openai)` are read apart.
const NAMES: &[(&str, Measure)] = &[
    ("users_answered", Measure::Answered),
    ("answered", Measure::Answered),
    ("users_served", Measure::Served),
    ("served", Measure::Served),
    ("degraded", Measure::Degraded),
    ("cached", Measure::Cached),
    ("failed", Measure::Failed),
    ("errors", Measure::Failed),
    ("gave_up", Measure::GaveUp),
    ("hollow", Measure::Hollow),
    ("cost", Measure::Cost),
    ("cost_per_request", Measure::CostPerRequest),
    ("cost_per_hour", Measure::CostPerHour),
    ("calls_per_request", Measure::CallsPerRequest),
    ("recovery", Measure::Recovery),
];

/// Whole sentences.
const SENTENCES: &[(&str, Measure)] = &[
    ("no user sees an error", Measure::Failed),
    ("no user gives up", Measure::GaveUp),
    ("no user gets a hollow answer", Measure::Hollow),
    ("every user is answered", Measure::Answered),
    ("every user is served", Measure::Served),
];

const SCOPES: &[(&str, Scope)] = &[
    (" in every minute", Scope::EveryMinute),
    (" during the fault", Scope::Fault),
    (" after the fault", Scope::After),
];

/// Two characters first: `<=` begins as `<` does.
const COMPARISONS: &[(&str, Comparison)] = &[
    (">=", Comparison::AtLeast),
    ("<=", Comparison::AtMost),
    ("==", Comparison::Equal),
    ("≥", Comparison::AtLeast),
    ("≤", Comparison::AtMost),
    (">", Comparison::MoreThan),
    ("<", Comparison::LessThan),
    ("=", Comparison::Equal),
];

const EXPECTED: &str = "such as `users_answered >= 99.9%`, `p99_first_token <= 7s`, `cost <= 1.5 x baseline`, \
                        `recovers within 60s` or `no user sees an error`";

impl Hypothesis {
    /// A hypothesis of a line.
    ///
    /// # Errors
    /// Says what is wrong with it and what may stand there.
    pub fn parse(text: &str) -> Result<Self, String> {
        let line = text.trim();
        let found = SCOPES
            .iter()
            .find_map(|(suffix, scope)| Some((line.strip_suffix(suffix)?, *scope)));
        let (body, scope) = found.unwrap_or((line, Scope::Run));
        let (measure, comparison, bound) = claim(body.trim())?;
        if measure == Measure::Recovery && scope != Scope::Run {
            return Err("recovery is measured after the last fault, and has no other time".to_owned());
        }
        Ok(Self {
            text: line.to_owned(),
            place: None,
            measure,
            comparison,
            bound,
            scope,
        })
    }

    /// A hypothesis of a node.
    ///
    /// # Errors
    /// Fails with its place.
    pub fn read(node: &Node) -> Result<Self, FormError> {
        let text = node.as_str().ok_or_else(|| wrong(node, "a hypothesis", EXPECTED))?;
        let read = Self::parse(text).map_err(|message| FormError::at(&node.place, message))?;
        Ok(Self {
            place: Some(node.place.clone()),
            ..read
        })
    }
}

fn claim(body: &str) -> Result<(Measure, Comparison, Bound), String> {
    if let Some((_, measure)) = SENTENCES.iter().find(|(sentence, _)| *sentence == body) {
        let all = f64::from(u8::from(matches!(measure, Measure::Answered | Measure::Served)));
        return Ok((measure.clone(), Comparison::Equal, Bound::Fixed(all)));
    }
    if let Some(time) = body.strip_prefix("recovers within ") {
        let seconds = Amount::Time
            .parse(time)
            .ok_or_else(|| unreadable(time, Unit::Seconds))?;
        return Ok((Measure::Recovery, Comparison::AtMost, Bound::Fixed(seconds)));
    }
    if let Some(time) = body.strip_prefix("no user waits longer than ") {
        let seconds = Amount::Time
            .parse(time)
            .ok_or_else(|| unreadable(time, Unit::Seconds))?;
        return Ok((Measure::FirstToken(1.0), Comparison::AtMost, Bound::Fixed(seconds)));
    }
    let Some((at, (sign, comparison))) = COMPARISONS
        .iter()
        .filter_map(|entry| Some((body.find(entry.0)?, entry)))
        .min_by_key(|(at, (sign, _))| (*at, usize::MAX - sign.len()))
    else {
        return Err(format!("a hypothesis is {EXPECTED}, and this is `{body}`"));
    };
    let measure = measure(body[..at].trim())?;
    let bound = bound(body[at + sign.len()..].trim(), measure.unit())?;
    Ok((measure, *comparison, bound))
}

fn measure(name: &str) -> Result<Measure, String> {
    if let Some((_, measure)) = NAMES.iter().find(|(known, _)| *known == name) {
        return Ok(measure.clone());
    }
    if let Some(who) = name.strip_prefix("by(").and_then(|rest| rest.strip_suffix(')')) {
        return Ok(Measure::By(who.trim().to_owned()));
    }
    let quantile = |suffix: &str| {
        let percent: f64 = name.strip_prefix('p')?.strip_suffix(suffix)?.parse().ok()?;
        (0.0..=100.0).contains(&percent).then_some(percent / 100.0)
    };
    if let Some(share) = quantile("_first_token") {
        return Ok(Measure::FirstToken(share));
    }
    if let Some(share) = quantile("_end") {
        return Ok(Measure::End(share));
    }
    let quantiles = [
        "p50_first_token",
        "p95_first_token",
        "p99_first_token",
        "p95_end",
        "p99_end",
    ];
    let known = NAMES.iter().map(|(known, _)| *known).chain(quantiles);
    let hint = nearest(name, known).map_or_else(
        || format!(" (expected {EXPECTED})"),
        |near| format!("; did you mean `{near}`?"),
    );
    Err(format!("there is no measure `{name}`{hint}"))
}

fn bound(text: &str, unit: Unit) -> Result<Bound, String> {
    if let Some(factor) = text.strip_suffix("baseline") {
        let factor = factor.trim().trim_end_matches(['x', '×', '*']).trim();
        let times = if factor.is_empty() {
            Some(1.0)
        } else {
            Amount::Count.parse(factor)
        };
        return times.map(Bound::Baseline).ok_or_else(|| unreadable(text, unit));
    }
    let value = match unit {
        Unit::Share => parse_share(text),
        Unit::Seconds => Amount::Time.parse(text),
        Unit::Usd => Amount::Count.parse(text.trim_start_matches('$').trim()),
        Unit::Count => Amount::Count.parse(text),
    };
    value.map(Bound::Fixed).ok_or_else(|| unreadable(text, unit))
}

fn unreadable(text: &str, unit: Unit) -> String {
    let expected = match unit {
        Unit::Share => "a share such as 99.9%",
        Unit::Seconds => "a duration such as 7s",
        Unit::Usd => "dollars such as $20",
        Unit::Count => "a number",
    };
    format!("expected {expected} or `1.5 x baseline`, and this is `{text}`")
}
