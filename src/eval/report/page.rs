//! The page: all rows with filters, distributions, and what changed since another run.

use serde_json::{Value, json};

use crate::eval::compare::Change;
use crate::eval::record::RunRecord;
use crate::eval::scores;
use crate::eval::verdict::{Decision, Verdict};
use crate::report::Page;
use crate::stats::Verdict as Direction;

use super::{gate, words};

/// The page's layout and script.
const TEMPLATE: &str = include_str!("page.html");

pub(super) fn page(record: &RunRecord, verdict: &Verdict, earlier: Option<&RunRecord>) -> Page {
    Page {
        template: TEMPLATE,
        data: json!({"runs": [data(record, verdict, earlier)]}),
    }
}

/// The runs of both pages on one.
pub(super) fn joined(mut first: Page, second: &Page) -> Page {
    if let (Some(runs), Value::Array(more)) = (first.data["runs"].as_array_mut(), second.data["runs"].clone()) {
        runs.extend(more);
    }
    first
}

/// What the page shows, as JSON: `suite`, `seed`, `confidence`, `variants` (each with `name` and `scores`),
/// `gate` (`decision`, `headline`, `lines`), `rows` as in the record, and `earlier` (`name`, `rows`).
#[must_use]
pub fn data(record: &RunRecord, verdict: &Verdict, earlier: Option<&RunRecord>) -> Value {
    let answer = gate::answer(record, verdict);
    let variants = verdict.scores.iter().enumerate().map(|(at, (name, scores))| {
        let changes = match at {
            0 => verdict
                .against
                .as_ref()
                .map(|against| (against.name.as_str(), &against.changes)),
            _ => verdict
                .variants
                .get(at - 1)
                .map(|(_, changes)| (verdict.scores[0].0.as_str(), changes)),
        };
        json!({
            "name": name,
            "against": changes.map(|(name, _)| name),
            "scores": scores.values().map(|score| {
                let change = changes.and_then(|(_, all)| all.iter().find(|change| change.metric == score.metric));
                json!({
                    "metric": score.metric,
                    "unit": unit(score.unit),
                    "estimate": score.interval.estimate,
                    "low": score.interval.low,
                    "high": score.interval.high,
                    "shown": words::shown(score.unit, score.interval.estimate),
                    "interval": words::interval(score.unit, score.interval),
                    "cases": score.sample.values.len(),
                    "change": change.map(one_change),
                })
            }).collect::<Vec<_>>(),
        })
    });
    json!({
        "suite": record.suite,
        "seed": record.seed,
        "confidence": record.confidence,
        "content": record.content,
        "summary": super::summary(record),
        "gate": {
            "decision": match verdict.decision {
                Decision::Holds => "holds",
                Decision::Fails => "fails",
                Decision::Undecided(_) => "undecided",
            },
            "question": answer.question,
            "headline": answer.headline,
            "lines": answer.lines,
        },
        "variants": variants.collect::<Vec<_>>(),
        "rows": record.rows,
        "earlier": earlier.map(|earlier| json!({
            "name": verdict.against.as_ref().map(|against| against.name.as_str()),
            "rows": earlier.rows,
        })),
    })
}

fn one_change(change: &Change) -> Value {
    json!({
        "words": change.words,
        "delta": change.comparison.delta.estimate,
        "low": change.comparison.delta.low,
        "high": change.comparison.delta.high,
        "p": change.adjusted,
        "direction": match change.direction {
            Direction::Better => "better",
            Direction::Worse => "worse",
            Direction::Unclear => "unclear",
            Direction::Same => "same",
        },
    })
}

fn unit(unit: scores::Unit) -> &'static str {
    match unit {
        scores::Unit::Share => "share",
        scores::Unit::Waste => "waste",
        scores::Unit::Milliseconds => "ms",
        scores::Unit::Dollars => "usd",
        scores::Unit::Tokens => "tokens",
        scores::Unit::Number => "number",
    }
}
