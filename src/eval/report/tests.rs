//! Every row as a test.

use std::collections::BTreeMap;

use crate::eval::record::{Row, RunRecord};
use crate::report::{TestResult, TestStatus};
use crate::source::Place;

use super::cases;

/// The tests of a run, in the order of its rows.
pub(super) fn results(record: &RunRecord, places: &BTreeMap<String, Place>) -> Vec<TestResult> {
    let several = record.rows.iter().any(|row| row.repeat > 0);
    let result = |row: &Row| TestResult {
        name: if several {
            format!("{} [{}]", row.case, row.repeat + 1)
        } else {
            row.case.clone()
        },
        group: format!("{}.{}", record.suite, row.variant),
        place: places.get(&row.case).cloned(),
        status: match cases::status(row) {
            "passed" => TestStatus::Passed,
            "failed" => TestStatus::Failed,
            "error" | "unjudged" => TestStatus::Errored,
            _ => TestStatus::Unjudged,
        },
        headline: headline(row),
        facts: facts(row),
        seconds: row.latency_ms.map(|latency| latency / 1_000.0),
    };
    record.rows.iter().map(result).collect()
}

fn headline(row: &Row) -> String {
    let reasons = cases::error(row)
        .into_iter()
        .chain(cases::why(row))
        .chain(cases::judge_errors(row));
    let reasons: Vec<String> = reasons.collect();
    match reasons.split_first() {
        None => String::new(),
        Some((first, [])) => first.clone(),
        Some((first, more)) => format!("{first} (and {} more)", more.len()),
    }
}

fn facts(row: &Row) -> Vec<(&'static str, String)> {
    let mut facts = vec![("question", row.ask.clone())];
    facts.extend(row.answer.clone().map(|answer| ("answer", answer)));
    facts.extend(row.reference.clone().map(|reference| ("expected", reference)));
    let evidence = row
        .passages
        .iter()
        .find(|passage| passage.grade.is_some_and(|grade| grade > 0));
    if let Some(best) = evidence.or_else(|| row.passages.first()) {
        facts.push(("evidence", format!("{}: {}", best.id, best.text)));
    }
    if !row.missed.is_empty() {
        facts.push(("missed", row.missed.join(", ")));
    }
    facts.extend(cases::why(row).into_iter().skip(1).map(|why| ("why", why)));
    facts.extend(cases::judge_errors(row).into_iter().map(|why| ("judge", why)));
    facts
}
