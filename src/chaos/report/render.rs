//! Runs as a report: answers, timelines, tables, tests, the page.

use serde_json::json;

use crate::report::{Answer, Explained, Page, Report, Severity, TestResult, TestStatus};

use super::{Call, ChaosReport, Held, Life, Origin, tables, timeline::timeline, words};

/// The page's layout and script.
const TEMPLATE: &str = include_str!("page.html");
/// Lives that the terminal tells of one scenario; the page has all, of all scenarios.
const LIVES: usize = 1;

/// The report of one or several scenarios' runs.
#[must_use]
pub fn report(runs: &[ChaosReport]) -> Report {
    let several = runs.len() > 1;
    let mut answers = Vec::new();
    for run in runs {
        if !several {
            answers.extend(run.lives.iter().take(LIVES).map(|life| told(run, life)));
        }
        answers.push(verdict(run));
    }
    let mut tables = if several {
        vec![tables::scenarios(runs)]
    } else {
        Vec::new()
    };
    tables.extend(tables::all(runs));
    Report {
        stage: "chaos",
        tests: runs.iter().flat_map(tests).collect(),
        tests_in_answers: true,
        lead: Some(tables::steps(runs)),
        page: Some(page(runs)),
        timelines: runs
            .iter()
            .filter(|run| !several || !run.holds())
            .map(timeline)
            .collect(),
        tables,
        answers,
        explained: runs.iter().flat_map(numbers).collect(),
        summary: summary(runs),
        notes: runs.iter().flat_map(|run| run.notes.clone()).collect(),
        ..Report::default()
    }
}

/// The page of one or several runs: it needs nothing but itself.
#[must_use]
pub fn page(runs: &[ChaosReport]) -> Page {
    Page {
        template: TEMPLATE,
        data: json!({ "runs": runs }),
    }
}

/// "friday-afternoon: 36,000 requests simulated over 30:00, seed 7".
fn summary(runs: &[ChaosReport]) -> String {
    let one = |run: &ChaosReport| {
        let how = match run.setting.origin {
            Origin::Simulation => "simulated",
            Origin::LiveRun => "sent",
        };
        format!(
            "{}: {} requests {how} over {}, seed {}",
            run.setting.scenario,
            words::count(run.run.total.requests),
            words::clock(run.setting.seconds),
            run.setting.seed
        )
    };
    match runs {
        [] => "no scenario was run".to_owned(),
        [run] => one(run),
        runs => {
            let held = runs.iter().filter(|run| run.holds()).count();
            let requests = runs.iter().map(|run| run.run.total.requests).sum();
            format!(
                "{} scenarios, {} requests: {held} survived, {} not",
                runs.len(),
                words::count(requests),
                runs.len() - held
            )
        }
    }
}

/// Whether the hypotheses hold, one a line.
fn verdict(run: &ChaosReport) -> Answer {
    let violated = run.hypotheses.iter().filter(|held| !held.holds).count();
    let (headline, severity) = match (violated, run.hypotheses.len()) {
        _ if run.stopped.is_some() => ("no: it was stopped".to_owned(), Some(Severity::Error)),
        (_, 0) => (
            "nothing was expected: the numbers stand for themselves".to_owned(),
            None,
        ),
        (0, 1) => ("yes: the hypothesis holds".to_owned(), None),
        (0, all) => (format!("yes: all {all} hypotheses hold"), None),
        (bad, all) => (
            format!("no: {bad} of {all} hypotheses are violated"),
            Some(Severity::Error),
        ),
    };
    let mut lines: Vec<String> = run.hypotheses.iter().map(line).collect();
    lines.extend(run.stopped.iter().map(|why| format!("stopped before its time: {why}")));
    lines.extend(
        run.recovery_s
            .map(|it| format!("all was well again {} after the last fault", words::seconds(it))),
    );
    Answer {
        question: format!("Does {} survive {}?", run.setting.system, run.setting.scenario),
        headline,
        lines,
        severity,
    }
}

fn line(held: &Held) -> String {
    let mark = if held.holds { "✓" } else { "✗" };
    format!("{mark} {}: {}", held.text, measured(held))
}

/// "83.1%, without faults 99.97%; first violated at 14:00".
fn measured(held: &Held) -> String {
    let base = held
        .baseline
        .as_ref()
        .map_or_else(String::new, |base| format!(", without faults {base}"));
    let first = held.first_violation_s.filter(|_| !held.holds);
    let first = first.map_or_else(String::new, |from| {
        format!("; first violated at {}", words::clock(from))
    });
    let value = if held.value.is_empty() {
        "nothing was measured"
    } else {
        &held.value
    };
    format!("{value}{base}{first}")
}

/// A request's life in lines.
fn told(run: &ChaosReport, life: &Life) -> Answer {
    let mut lines: Vec<String> = life.attempts.iter().map(call).collect();
    if let Some(patience) = life.patience_s {
        lines.push(format!("the user's patience ends at {}", words::seconds(patience)));
    }
    if let Some(deadline) = life.deadline_s {
        lines.push(format!("the deadline is at {}", words::seconds(deadline)));
    }
    lines.extend(life.causes.iter().map(|cause| match &cause.place {
        Some(place) => format!("because: {} ({place})", cause.text),
        None => format!("because: {}", cause.text),
    }));
    let more = run.lives.len().saturating_sub(LIVES);
    if more > 0 {
        let word = if more == 1 { "life" } else { "lives" };
        lines.push(format!("{more} more such {word}: -o report.html"));
    }
    Answer {
        question: format!(
            "What became of request {}, sent at {}?",
            words::count(life.id),
            words::clock(life.at_s)
        ),
        headline: format!("{} after {}", life.seen, words::seconds(life.end_s)),
        lines,
        severity: (!life.good).then_some(Severity::Warning),
    }
}

/// "0 ms to 6 s: openai/gpt-4o, first-token timeout; then 1.5 s of backoff".
pub(super) fn call(call: &Call) -> String {
    let first = call.first_token_s.map_or_else(String::new, |first| {
        format!(", first token at {}", words::seconds(first))
    });
    let end = call.failure.as_deref().unwrap_or("answered");
    let wait = if call.waited_s > 0.0 {
        let why = call.why.as_deref().unwrap_or("wait");
        format!("; then {} waited ({why})", words::seconds(call.waited_s))
    } else {
        String::new()
    };
    format!(
        "{} to {}: {}{first}, {end}{wait}",
        words::seconds(call.begin_s),
        words::seconds(call.end_s),
        call.deployment
    )
}

/// A test for each hypothesis.
fn tests(run: &ChaosReport) -> impl Iterator<Item = TestResult> {
    run.hypotheses.iter().map(|held| {
        let mut facts = vec![("system", run.setting.system.clone())];
        facts.extend(held.place.clone().map(|place| ("place", place)));
        let life = held.unlucky.and_then(|id| run.lives.iter().find(|life| life.id == id));
        facts.extend(life.map(|life| {
            let calls: Vec<String> = life.attempts.iter().map(call).collect();
            ("request", format!("{}: {} ({})", life.id, life.seen, calls.join("; ")))
        }));
        TestResult {
            name: held.text.clone(),
            group: run.setting.scenario.clone(),
            place: None,
            status: if held.holds {
                TestStatus::Passed
            } else {
                TestStatus::Failed
            },
            headline: measured(held),
            facts,
            seconds: None,
        }
    })
}

/// The totals for machines.
fn numbers(run: &ChaosReport) -> Vec<Explained> {
    let sides = [("", Some(&run.run)), (".baseline", run.baseline.as_ref())];
    let sides = sides.into_iter().filter_map(|(side, series)| Some((side, series?)));
    sides
        .flat_map(|(side, series)| {
            tables::MEASURES.iter().map(move |measure| {
                let number = (measure.of)(&series.total);
                Explained {
                    name: format!("{}{side}.{}", run.setting.scenario, measure.name),
                    value: number.map_or_else(String::new, measure.shown),
                    number,
                    unit: measure.unit,
                    terms: Vec::new(),
                }
            })
        })
        .collect()
}
