//! A run as a report: what held, what users saw by phase and by minute, and every request.

use std::time::Duration;

use crate::chaos::hypothesis::Verdict;
use crate::chaos::observation::{Hollow, Seen as Saw};
use crate::chaos::{Observation, Scenario};
use crate::report::{Answer, Report, Severity, Table, TestResult, TestStatus};
use crate::stats::at_share;

use super::Run;

/// The report of runs, each with the scenario as it was run.
#[must_use]
pub fn report(runs: &[(Scenario, Run)]) -> Report {
    let mut report = Report {
        stage: "chaos run",
        ..Report::default()
    };
    let mut requests = table("requests", "Requests", REQUEST_COLUMNS);
    let mut minutes = table("minutes", "By the scenario's minute", MINUTE_COLUMNS);
    let mut phases = table("phases", "What users saw", PHASE_COLUMNS);
    phases.shown_columns = PHASE_COLUMNS.len();
    for (scenario, run) in runs {
        let (verdicts, unseen) = run.verdicts(scenario);
        report
            .tests
            .extend(verdicts.iter().map(|verdict| test(scenario, run, verdict)));
        report.answers.push(answer(scenario, run, &verdicts));
        for text in unseen {
            let note = format!(
                "{}: `{text}` was not checked: a load does not see it, `chaos sim` does",
                run.scenario
            );
            report.notes.push(note);
        }
        phases.rows.extend(phase_rows(run));
        minutes.rows.extend(minute_rows(run));
        requests
            .rows
            .extend(run.requests.iter().map(|request| request_row(run, request)));
    }
    let count: usize = runs.iter().map(|(_, run)| run.requests.len()).sum();
    report.summary = format!("{count} requests, {} scenarios", runs.len());
    report.lead = Some(requests);
    report.tables = vec![phases, minutes];
    report
}

const REQUEST_COLUMNS: &[&str] = &[
    "scenario",
    "id",
    "at_s",
    "phase",
    "saw",
    "detail",
    "first_token_s",
    "end_s",
    "calls",
];
const MINUTE_COLUMNS: &[&str] = &[
    "scenario",
    "minute",
    "requests",
    "answered",
    "failed",
    "gave_up",
    "hollow",
    "p50_first_token_s",
    "p95_first_token_s",
];
const PHASE_COLUMNS: &[&str] = &[
    "scenario",
    "phase",
    "requests",
    "answered",
    "failed",
    "gave_up",
    "hollow",
    "p50_first_token_s",
    "p99_first_token_s",
];

fn table(name: &str, title: &str, columns: &[&str]) -> Table {
    Table {
        name: name.to_owned(),
        title: title.to_owned(),
        columns: columns.iter().map(|column| (*column).to_owned()).collect(),
        ..Table::default()
    }
}

fn answer(scenario: &Scenario, run: &Run, verdicts: &[Verdict]) -> Answer {
    let held = verdicts.iter().filter(|verdict| verdict.holds).count();
    let mut lines: Vec<String> = verdicts.iter().map(line).collect();
    if run.fault.is_some() {
        lines.push(match run.recovery() {
            Some(seconds) => format!("all was well again {seconds:.0} s after the last fault"),
            None => "it was not well again when the run ended".to_owned(),
        });
    }
    lines.extend(run.stopped.map(|stopped| format!("stopped before its time: {stopped}")));
    let holds = held == verdicts.len() && run.stopped.is_none();
    Answer {
        question: format!("What do users see in {}?", scenario.name),
        headline: format!("{held} of {} hypotheses hold", verdicts.len()),
        lines,
        severity: (!holds).then_some(Severity::Error),
    }
}

fn line(verdict: &Verdict) -> String {
    let word = if verdict.holds { "holds" } else { "VIOLATED" };
    let value = verdict
        .value
        .map_or_else(|| "nothing was seen".to_owned(), |value| verdict.unit.show(value));
    let minute = verdict
        .first_violation
        .map_or_else(String::new, |minute| format!(", first in minute {minute}"));
    let request = verdict
        .unlucky
        .map_or_else(String::new, |id| format!(", see request {id}"));
    format!("{word}: {} ({value}{minute}{request})", verdict.hypothesis)
}

fn test(scenario: &Scenario, run: &Run, verdict: &Verdict) -> TestResult {
    let place = scenario.hypotheses.iter().find(|it| it.text == verdict.hypothesis);
    TestResult {
        name: verdict.hypothesis.clone(),
        group: run.scenario.clone(),
        place: place.and_then(|it| it.place.clone()),
        status: if verdict.holds {
            TestStatus::Passed
        } else {
            TestStatus::Failed
        },
        headline: line(verdict),
        facts: Vec::new(),
        seconds: None,
    }
}

fn since_begin(request: &Observation) -> Duration {
    Duration::from_nanos(request.at.0)
}

fn phase(run: &Run, request: &Observation) -> &'static str {
    match run.fault {
        Some((begin, _)) if since_begin(request) < begin => "before",
        Some((_, end)) if since_begin(request) >= end => "after",
        Some(_) => "fault",
        None => "before",
    }
}

fn phase_rows(run: &Run) -> Vec<Vec<String>> {
    ["before", "fault", "after"]
        .into_iter()
        .filter_map(|name| {
            let requests: Vec<&Observation> = run.requests.iter().filter(|it| phase(run, it) == name).collect();
            (!requests.is_empty()).then(|| numbers(&run.scenario, name, &requests, 0.99))
        })
        .collect()
}

fn minute_rows(run: &Run) -> Vec<Vec<String>> {
    let minute = |request: &Observation| since_begin(request).mul_f64(run.speed).as_secs() / 60;
    run.requests
        .chunk_by(|a, b| minute(a) == minute(b))
        .filter_map(|chunk| {
            let requests: Vec<&Observation> = chunk.iter().collect();
            Some(numbers(
                &run.scenario,
                &minute(requests.first()?).to_string(),
                &requests,
                0.95,
            ))
        })
        .collect()
}

fn numbers(scenario: &str, name: &str, requests: &[&Observation], high: f64) -> Vec<String> {
    let count = |measure: fn(&Saw) -> bool| requests.iter().filter(|it| measure(&it.seen)).count().to_string();
    let mut waits: Vec<f64> = requests.iter().map(|it| seen_after(it)).collect();
    waits.sort_unstable_by(f64::total_cmp);
    let at = |share: f64| format!("{:.3}", at_share(&waits, share));
    vec![
        scenario.to_owned(),
        name.to_owned(),
        requests.len().to_string(),
        count(|saw| matches!(saw, Saw::Answered | Saw::Cached)),
        count(|saw| matches!(saw, Saw::Failed(_))),
        count(|saw| matches!(saw, Saw::GaveUp)),
        count(|saw| matches!(saw, Saw::Hollow(_))),
        at(0.5),
        at(high),
    ]
}

/// Seconds until the user saw anything.
fn seen_after(request: &Observation) -> f64 {
    request
        .first_token
        .unwrap_or(request.end)
        .since(request.at)
        .as_secs_f64()
}

fn request_row(run: &Run, request: &Observation) -> Vec<String> {
    let (saw, detail) = words(&request.seen);
    let first = request
        .first_token
        .map(|first| format!("{:.3}", first.since(request.at).as_secs_f64()));
    vec![
        run.scenario.clone(),
        request.id.to_string(),
        format!("{:.3}", since_begin(request).as_secs_f64() * run.speed),
        phase(run, request).to_owned(),
        saw.to_owned(),
        detail,
        first.unwrap_or_default(),
        format!("{:.3}", request.end.since(request.at).as_secs_f64()),
        request.calls.to_string(),
    ]
}

fn words(saw: &Saw) -> (&'static str, String) {
    match saw {
        Saw::Answered => ("answered", String::new()),
        Saw::Cached => ("cached", String::new()),
        Saw::Degraded => ("degraded", String::new()),
        Saw::Hollow(how) => {
            let word = match how {
                Hollow::Truncated => "truncated",
                Hollow::Empty => "empty",
                Hollow::Wrong => "wrong",
                Hollow::Useless => "useless",
            };
            ("hollow", word.to_owned())
        }
        Saw::Failed(failure) => ("failed", format!("{failure:?}")),
        Saw::GaveUp => ("gave up", String::new()),
    }
}
