//! Sweeps and what-ifs as reports.

use crate::chaos::report::{Figures, words};
use crate::report::{Answer, Report, Severity, Table};

use super::setup::Setup;
use super::sweep::Tried;
use super::what_if::Outage;

/// Columns that the terminal shows.
const NUMBERS: [&str; 7] = [
    "answered",
    "degraded",
    "hollow",
    "failed",
    "gave up",
    "p99 first token",
    "calls/request",
];

/// A sweep: the combination to take, how to write it, and the table.
#[must_use]
pub fn of_sweep(setup: &Setup<'_>, name: &str, all: &[Tried], edits: &dyn Fn(&Tried) -> Vec<String>) -> Report {
    let settings = |tried: &Tried| {
        if tried.knobs.is_empty() {
            return "as it is".to_owned();
        }
        let knobs = tried
            .knobs
            .iter()
            .map(|it| format!("{} {}", it.knob.name(), it.knob.show(it.to)));
        knobs.collect::<Vec<_>>().join(", ")
    };
    let mut sorted: Vec<&Tried> = all.iter().collect();
    sorted.sort_by(|a, b| {
        let rank = |tried: &Tried| (tried.recommended, tried.undominated);
        let share = |tried: &Tried| tried.figures.share(tried.figures.good()).unwrap_or(0.0);
        rank(b).cmp(&rank(a)).then(share(b).total_cmp(&share(a)))
    });
    let rows = sorted.iter().map(|tried| {
        let mark = match (tried.recommended, tried.undominated) {
            (true, _) => "take this",
            (_, true) => "undominated",
            _ => "",
        };
        let mut row = vec![settings(tried), mark.to_owned()];
        row.extend(numbers(&tried.figures));
        row.push(words::usd(tried.figures.cost_usd));
        row
    });
    let mut columns = vec!["settings", "verdict"];
    columns.extend(NUMBERS);
    columns.push("cost");
    let mut answers = Vec::new();
    if let (Some(best), Some(now)) = (all.iter().find(|it| it.recommended), all.first()) {
        let stays = best.knobs.is_empty();
        let line = |tried: &Tried| {
            let figures = &tried.figures;
            format!(
                "{}: {} answered, p99 to the first token {}, {}",
                settings(tried),
                words::share(figures.share(figures.good()).unwrap_or(0.0)),
                figures
                    .first_token
                    .map_or_else(|| "-".to_owned(), |it| words::seconds(it.p99)),
                words::usd(figures.cost_usd)
            )
        };
        let mut lines = vec![line(now)];
        if !stays {
            lines.push(line(best));
            lines.extend(edits(best));
        }
        answers.push(Answer {
            question: format!("Which settings of {name} serve users best in {}?", setup.scenario.name),
            headline: if stays {
                "it is best as it is, of what was tried".to_owned()
            } else {
                settings(best)
            },
            lines,
            severity: (!stays).then_some(Severity::Note),
        });
    }
    let table = Table {
        name: "sweep".to_owned(),
        title: "Settings, the same users and faults under each".to_owned(),
        shown_columns: columns.len(),
        columns: columns.into_iter().map(str::to_owned).collect(),
        rows: rows.collect(),
        left_out: 0,
    };
    let requests: u64 = all.iter().map(|it| it.figures.requests).sum();
    Report {
        stage: "chaos",
        lead: Some(table.clone()),
        tables: vec![table],
        answers,
        summary: format!(
            "{} combinations, {} requests simulated, seed {}",
            all.len().saturating_sub(1),
            words::count(requests),
            setup.scenario.seed
        ),
        ..Report::default()
    }
}

/// Every outage in a table.
#[must_use]
pub fn of_outages(outages: &[Outage]) -> Report {
    let mut columns = vec!["route", "down", "how"];
    columns.extend(NUMBERS);
    columns.push("cost");
    let rows = outages.iter().map(|outage| {
        let mut row = vec![
            outage.route.clone(),
            outage.fate.to_string(),
            if outage.hangs { "hung" } else { "dead" }.to_owned(),
        ];
        row.extend(numbers(&outage.figures));
        let usual = outage.usual.cost_usd;
        row.push(if usual > 0.0 {
            format!("× {}", words::ratio(outage.figures.cost_usd / usual))
        } else {
            "-".to_owned()
        });
        row
    });
    let good = |outage: &&Outage| outage.figures.good() == outage.figures.requests;
    let survived = outages.iter().filter(good).count();
    let table = Table {
        name: "what-if".to_owned(),
        title: "Each outage alone, from the beginning to the end".to_owned(),
        shown_columns: columns.len(),
        columns: columns.into_iter().map(str::to_owned).collect(),
        rows: rows.collect(),
        left_out: 0,
    };
    let worst = outages.iter().filter(|it| it.hangs).max_by(|a, b| {
        let wait = |it: &Outage| it.figures.first_token.map_or(0.0, |times| times.p50);
        wait(a).total_cmp(&wait(b))
    });
    let lines = worst.map(|outage| {
        let wait = outage.figures.first_token.map_or(0.0, |it| it.p50);
        format!(
            "the longest: with {} hung, half of the users of {} see nothing for {}",
            outage.fate,
            outage.route,
            words::seconds(wait)
        )
    });
    Report {
        stage: "chaos",
        lead: Some(table.clone()),
        tables: vec![table],
        answers: vec![Answer {
            question: "What happens when one thing goes down?".to_owned(),
            headline: format!("{survived} of {} outages go unseen by users", outages.len()),
            lines: lines.into_iter().collect(),
            severity: (survived < outages.len()).then_some(Severity::Warning),
        }],
        summary: format!("{} outages simulated", outages.len()),
        ..Report::default()
    }
}

fn numbers(figures: &Figures) -> Vec<String> {
    let share = |part: u64| words::share(figures.share(part).unwrap_or(0.0));
    vec![
        share(figures.answered + figures.cached),
        share(figures.degraded),
        share(figures.hollow()),
        share(figures.failures()),
        share(figures.gave_up),
        figures
            .first_token
            .map_or_else(|| "-".to_owned(), |it| words::seconds(it.p99)),
        words::ratio(figures.calls_per_request().unwrap_or(0.0)),
    ]
}
