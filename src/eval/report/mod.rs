//! A run and its verdict as a report: tables of scores, the cases that failed, the gate in words.

mod cases;
mod finding;
mod gate;
mod page;
mod scores;
mod tests;
mod words;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::report::{Finding, Report};
use crate::source::Place;

use super::record::RunRecord;
use super::verdict::Verdict;

pub use finding::suite_finding;
pub use page::data as page_data;
pub use words::shown;

/// What a report needs beside the record: where things stand in the files of today.
#[derive(Debug, Default)]
pub struct Surroundings {
    /// Where each case stands.
    pub places: BTreeMap<String, Place>,
    /// What the audit of the suite found.
    pub findings: Vec<Finding>,
    /// Further lines under the summary.
    pub notes: Vec<String>,
    /// The run that this one is compared with, for the page.
    pub earlier: Option<RunRecord>,
    /// Whether the page is asked for: it holds every row once more.
    pub page: bool,
}

/// The report of a run.
#[must_use]
pub fn report(record: &RunRecord, verdict: &Verdict, surroundings: Surroundings) -> Report {
    let mut tables: Vec<_> = verdict
        .scores
        .iter()
        .enumerate()
        .map(|(at, _)| scores::table(record, verdict, at))
        .collect();
    tables.extend(scores::curve(verdict));
    let mut notes = surroundings.notes;
    let failed = record.judge_errors();
    if failed > 0 {
        let plural = if failed == 1 { "judgement" } else { "judgements" };
        notes.push(format!(
            "{failed} {plural} failed and count neither as passed nor as failed: see the column `judge_errors`"
        ));
    }
    notes.extend(record.stopped_early.clone());
    Report {
        stage: "eval",
        findings: surroundings.findings,
        tests: tests::results(record, &surroundings.places),
        lead: Some(cases::table(record)),
        page: surroundings
            .page
            .then(|| page::page(record, verdict, surroundings.earlier.as_ref())),
        tables,
        answers: vec![gate::answer(record, verdict)],
        summary: summary(record),
        notes,
        ..Report::default()
    }
}

/// "help-centre: 120 cases × 2 variants × 3 repeats, 720 answers, seed 7".
fn summary(record: &RunRecord) -> String {
    let mut text = format!("{}: {} cases", record.suite, record.cases);
    if record.variants.len() > 1 {
        let _ = write!(text, " × {} variants", record.variants.len());
    }
    let repeats = record.rows.iter().map(|row| row.repeat + 1).max().unwrap_or(1);
    if repeats > 1 {
        let _ = write!(text, " × {repeats} repeats");
    }
    if record.rows.len() < record.planned {
        let _ = write!(text, ", {} of {} answers", record.rows.len(), record.planned);
    } else {
        let _ = write!(text, ", {} answers", record.rows.len());
    }
    let _ = write!(text, ", seed {}", record.seed);
    text
}

/// The reports of several suites as one.
#[must_use]
pub fn combine(reports: Vec<Report>) -> Report {
    let mut reports = reports.into_iter();
    let Some(mut whole) = reports.next() else {
        return Report::default();
    };
    let mut several = false;
    for report in reports {
        several = true;
        whole.findings.extend(report.findings);
        whole.tests.extend(report.tests);
        whole.tables.extend(report.tables);
        whole.answers.extend(report.answers);
        whole.summary = format!("{}; {}", whole.summary, report.summary);
        whole.notes.extend(report.notes);
        whole.lead = match (whole.lead, report.lead) {
            (Some(first), Some(second)) => Some(cases::joined(first, &second)),
            (first, second) => first.or(second),
        };
        whole.page = match (whole.page, report.page) {
            (Some(first), Some(second)) => Some(page::joined(first, &second)),
            (first, second) => first.or(second),
        };
    }
    if several {
        // Tables are files of their own beside the CSV: their names must differ.
        for (at, table) in whole.tables.iter_mut().enumerate() {
            table.name = format!("{}-{}", at + 1, table.name);
        }
    }
    whole
}
