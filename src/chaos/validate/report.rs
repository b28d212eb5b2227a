//! The comparison as a report: how much agrees, what does not, every request.

use std::time::Duration;

use crate::report::{Answer, Report, Severity, Table};

use super::agreement::{Agreement, BAR};
use super::{Cell, Compared, Validated, Verdict};

const COLUMNS: &[&str] = &[
    "configuration",
    "fault",
    "stream",
    "request",
    "differs",
    "saw",
    "simulated",
    "calls",
    "simulated_calls",
    "first_s",
    "simulated_first_s",
    "end_s",
    "simulated_end_s",
];

/// The report, and whether the bar is reached.
#[must_use]
pub fn report(all: &[Validated], patience: Duration, seeds: u64) -> (Report, bool) {
    let total = Agreement::of(all.iter().flat_map(Validated::requests).map(|(.., one)| one));
    let mut by_configuration = table(
        "configurations",
        "Agreement",
        &["configuration", "requests", "outcome", "calls", "times", "own_time_s"],
    );
    let mut differing = table("disagreements", "What differs", COLUMNS);
    let mut requests = table("requests", "Requests", COLUMNS);
    for validated in all {
        let agreement = Agreement::of(validated.requests().map(|(.., one)| one));
        let mut row = vec![validated.configuration.to_owned()];
        row.extend(agreement.cells());
        row.push(seconds(validated.own.whole.max(validated.own.streamed)));
        by_configuration.rows.push(row);
        for (cell, at, one) in validated.requests() {
            let row = row_of(validated.configuration, cell, at, one);
            if !one.verdict.all() {
                differing.rows.push(row.clone());
            }
            requests.rows.push(row);
        }
    }
    let mut row = vec!["all".to_owned()];
    row.extend(total.cells());
    row.push(String::new());
    by_configuration.rows.push(row);
    let version = all.first().map(|it| it.version.clone()).unwrap_or_default();
    let tables = if differing.rows.is_empty() {
        vec![by_configuration]
    } else {
        vec![by_configuration, differing]
    };
    let report = Report {
        stage: "chaos validate",
        answers: vec![Answer {
            question: format!("Does the simulation do as LiteLLM {version} does?"),
            headline: total.to_string(),
            lines: vec![format!(
                "outcomes and times must agree in {:.0} %; a time agrees within 100 ms or 10 % of what {seeds} seeds span",
                BAR * 100.0
            )],
            severity: (!total.holds()).then_some(Severity::Error),
        }],
        summary: format!(
            "{} configurations, {} requests, clients wait {} s",
            all.len(),
            total.requests,
            patience.as_secs_f64()
        ),
        lead: Some(requests),
        tables,
        ..Report::default()
    };
    (report, total.holds())
}

fn row_of(configuration: &str, cell: &Cell, at: usize, one: &Compared) -> Vec<String> {
    let request = if cell.requests > 1 {
        format!("{} of {}", at + 1, cell.requests)
    } else {
        String::new()
    };
    vec![
        configuration.to_owned(),
        cell.fault.name.to_owned(),
        if cell.streamed { "yes" } else { "no" }.to_owned(),
        request,
        differs(one.verdict),
        one.real.course.seen_shown(),
        one.simulated.seen_shown(),
        one.real.course.calls_shown(),
        one.simulated.calls_shown(),
        one.real.first.map(seconds).unwrap_or_default(),
        one.first.map(range).unwrap_or_default(),
        seconds(one.real.end),
        range(one.end),
    ]
}

fn differs(verdict: Verdict) -> String {
    let parts = [
        (verdict.outcome, "outcome"),
        (verdict.calls, "calls"),
        (verdict.first, "first token"),
        (verdict.end, "end"),
    ];
    let wrong: Vec<&str> = parts
        .iter()
        .filter(|(right, _)| !right)
        .map(|(_, word)| *word)
        .collect();
    wrong.join(", ")
}

fn seconds(time: Duration) -> String {
    format!("{:.2}", time.as_secs_f64())
}

fn range((least, most): (Duration, Duration)) -> String {
    let (least, most) = (seconds(least), seconds(most));
    if least == most {
        least
    } else {
        format!("{least} to {most}")
    }
}

fn table(name: &str, title: &str, columns: &[&str]) -> Table {
    Table {
        name: name.to_owned(),
        title: title.to_owned(),
        columns: columns.iter().map(|column| (*column).to_owned()).collect(),
        shown_columns: columns.len(),
        ..Table::default()
    }
}
