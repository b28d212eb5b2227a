//! One line per case, variant and repeat: what the CSV holds.

use std::collections::BTreeSet;

use crate::eval::record::{Row, RunRecord};
use crate::provider::Trace;
use crate::report::Table;

/// The table of all rows; each metric is a column of its own, empty where it does not apply.
pub(super) fn table(record: &RunRecord) -> Table {
    let metrics: BTreeSet<&str> = record
        .rows
        .iter()
        .flat_map(|row| row.metrics.keys())
        .map(String::as_str)
        .collect();
    let routed = record.rows.iter().any(|row| row.route.is_some());
    let route = if routed { &["answered_by", "way"] } else { [].as_slice() };
    let fixed = [
        "suite",
        "case",
        "variant",
        "repeat",
        "place",
        "tags",
        "status",
        "question",
        "answer",
        "reference",
        "passages",
        "missed",
        "why",
        "judge_errors",
        "error",
        "latency_ms",
        "cost_usd",
        "judge_cost_usd",
        "input_tokens",
        "output_tokens",
    ];
    let columns = fixed
        .into_iter()
        .chain(route.iter().copied())
        .chain(metrics.iter().copied())
        .map(str::to_owned);
    Table {
        name: "rows".to_owned(),
        title: "Every answer".to_owned(),
        columns: columns.collect(),
        rows: record
            .rows
            .iter()
            .map(|row| line(&record.suite, row, routed, &metrics))
            .collect(),
        shown_columns: 7,
        left_out: 0,
    }
}

fn line(suite: &str, row: &Row, routed: bool, metrics: &BTreeSet<&str>) -> Vec<String> {
    let number = |value: Option<f64>| value.map(|value| value.to_string()).unwrap_or_default();
    let passages: Vec<&str> = row.passages.iter().map(|passage| passage.id.as_str()).collect();
    let mut cells = vec![
        suite.to_owned(),
        row.case.clone(),
        row.variant.clone(),
        row.repeat.to_string(),
        row.place.clone(),
        row.tags.join("; "),
        status(row).to_owned(),
        row.ask.clone(),
        row.answer.clone().unwrap_or_default(),
        row.reference.clone().unwrap_or_default(),
        passages.join("; "),
        row.missed.join("; "),
        why(row).join("; "),
        judge_errors(row).join("; "),
        error(row).unwrap_or_default(),
        number(row.latency_ms),
        number(row.cost_usd),
        number(row.judge_cost_usd),
        row.tokens.map(|tokens| tokens.0.to_string()).unwrap_or_default(),
        row.tokens.map(|tokens| tokens.1.to_string()).unwrap_or_default(),
    ];
    if routed {
        cells.extend([
            answered_by(row),
            row.route.as_ref().map(Trace::told).unwrap_or_default(),
        ]);
    }
    cells.extend(metrics.iter().map(|metric| number(row.metrics.get(*metric).copied())));
    cells
}

/// The deployment behind a route that answered.
fn answered_by(row: &Row) -> String {
    match &row.route {
        Some(trace) if trace.degraded => "(degraded answer)".to_owned(),
        Some(trace) => trace.by.clone().unwrap_or_default(),
        None => String::new(),
    }
}

/// How a row ended, in a word.
pub(super) fn status(row: &Row) -> &'static str {
    match row.pass {
        _ if row.error.is_some() || row.retrieval_error.is_some() => "error",
        Some(true) => "passed",
        Some(false) => "failed",
        None if row.verdicts.iter().any(|judged| judged.outcome.is_err()) => "unjudged",
        None => "",
    }
}

/// What did not hold, and why.
pub(super) fn why(row: &Row) -> Vec<String> {
    let failed = row.verdicts.iter().filter_map(|judged| match &judged.outcome {
        Ok(verdict) if !verdict.pass => Some(format!("{}: {}", judged.check, verdict.reason)),
        _ => None,
    });
    failed.collect()
}

/// The judges that failed, and why.
pub(super) fn judge_errors(row: &Row) -> Vec<String> {
    let failed = row.verdicts.iter().filter_map(|judged| {
        let error = judged.outcome.as_ref().err()?;
        Some(format!("{}: {}", judged.check, error.message))
    });
    failed.collect()
}

/// Why there is no answer.
pub(super) fn error(row: &Row) -> Option<String> {
    let call = row.error.as_ref().map(ToString::to_string);
    call.or_else(|| row.retrieval_error.clone())
}

/// Two such tables as one: the columns of both, empty where a row has none.
pub(super) fn joined(mut first: Table, second: &Table) -> Table {
    for column in &second.columns {
        if !first.columns.contains(column) {
            first.columns.push(column.clone());
            first.rows.iter_mut().for_each(|row| row.push(String::new()));
        }
    }
    let source: Vec<Option<usize>> = first
        .columns
        .iter()
        .map(|column| second.columns.iter().position(|theirs| theirs == column))
        .collect();
    for row in &second.rows {
        let cells = source.iter().map(|at| at.map(|at| row[at].clone()).unwrap_or_default());
        first.rows.push(cells.collect());
    }
    first
}
