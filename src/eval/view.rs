//! A suite and its run as the audit of suites sees them.

use std::collections::BTreeMap;

use super::check::{CaseOutcomes, CaseView, Expectation, ExpectationKind, Outcome, Outcomes, SuiteView};
use super::checks::Check;
use super::record::{Row, RunRecord};
use super::suite::Suite;

/// The suite; `passages` are the keys that the corpus has.
#[must_use]
pub fn suite(suite: &Suite, passages: Option<Vec<String>>, embeddings: Option<Vec<Vec<f32>>>) -> SuiteView {
    // What was left out of the corpus on purpose is not missing.
    let without = suite.corpus.as_ref().map_or(&[][..], |corpus| &corpus.without);
    let there = |key: &&String| !without.iter().any(|it| key.split('#').next() == Some(it.as_str()));
    let cases = suite.cases.iter().map(|case| CaseView {
        id: case.id.clone(),
        question: case.ask.clone(),
        answer: case.answer.clone(),
        relevant: case
            .relevant
            .iter()
            .flatten()
            .map(|(key, _)| key)
            .filter(there)
            .cloned()
            .collect(),
        tags: case.tags.clone(),
        expectations: case.checks.iter().flat_map(expectations).collect(),
        place: Some(case.place.clone()),
    });
    SuiteView {
        cases: cases.collect(),
        passages,
        judged: suite.judge.rubric.is_some(),
        embeddings,
    }
}

/// What a check demands, as far as the audit can reason about it; lists are one demand for each member.
fn expectations(check: &Check) -> Vec<Expectation> {
    let texts: Vec<String> = match &check.value {
        serde_json::Value::Array(items) => items
            .iter()
            .filter_map(|item| item.as_str().map(str::to_owned))
            .collect(),
        value => value.as_str().map(str::to_owned).into_iter().collect(),
    };
    let contains = |ignore_case| {
        let each = texts.iter().map(|text| ExpectationKind::Contains {
            text: text.clone(),
            ignore_case,
        });
        each.collect::<Vec<_>>()
    };
    let kinds = match check.kind.name() {
        "equals" => texts.iter().cloned().map(ExpectationKind::Equals).collect(),
        "contains" | "contains-all" => contains(false),
        "icontains" | "icontains-all" => contains(true),
        "is-refusal" => vec![ExpectationKind::Refuses],
        _ => vec![ExpectationKind::Other {
            name: check.kind.name().to_owned(),
            value: check.value.to_string(),
        }],
    };
    let negated = check.negate;
    kinds.into_iter().map(|kind| Expectation { kind, negated }).collect()
}

/// What the run gave.
#[must_use]
pub fn outcomes(record: &RunRecord) -> Outcomes {
    let mut cases: BTreeMap<&str, Vec<Vec<Outcome>>> = BTreeMap::new();
    let mut order = Vec::new();
    for row in &record.rows {
        let Some(variant) = record.variants.iter().position(|name| *name == row.variant) else {
            continue;
        };
        let case = cases.entry(&row.case).or_insert_with(|| {
            order.push(row.case.as_str());
            vec![Vec::new(); record.variants.len()]
        });
        case[variant].extend(outcome(row));
    }
    let cases = order.into_iter().map(|id| CaseOutcomes {
        id: id.to_owned(),
        variants: cases.remove(id).unwrap_or_default(),
    });
    Outcomes {
        cases: cases.collect(),
        variants: record.variants.clone(),
    }
}

fn outcome(row: &Row) -> Option<Outcome> {
    let passed = row.pass?;
    Some(Outcome {
        passed,
        score: row
            .metrics
            .get("score")
            .copied()
            .unwrap_or(if passed { 1.0 } else { 0.0 }),
        calls: 1 + u32::from(row.judge_cost_usd.is_some()),
        cost_usd: row.cost_usd.unwrap_or(0.0) + row.judge_cost_usd.unwrap_or(0.0),
    })
}
