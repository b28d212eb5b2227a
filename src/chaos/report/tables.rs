//! Runs as tables: numbers over time, totals, hypotheses, calls.

use crate::report::Table;

use super::{ChaosReport, Figures, Series, words};

/// A number that figures have.
pub(super) struct Measure {
    /// Its name for machines.
    pub name: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// Its unit.
    pub unit: &'static str,
    /// Its value.
    pub of: fn(&Figures) -> Option<f64>,
    /// A value for people.
    pub shown: fn(f64) -> String,
    /// Whether it stands in a table where it is zero.
    pub always: bool,
}

const fn share(name: &'static str, title: &'static str, of: fn(&Figures) -> Option<f64>) -> Measure {
    Measure {
        name,
        title,
        unit: "1",
        of,
        shown: words::share,
        always: false,
    }
}

const fn time(name: &'static str, title: &'static str, of: fn(&Figures) -> Option<f64>) -> Measure {
    Measure {
        name,
        title,
        unit: "s",
        of,
        shown: words::seconds,
        always: true,
    }
}

/// What totals tell, in the order in which they matter.
pub(super) const MEASURES: &[Measure] = &[
    Measure {
        always: true,
        ..share("users_answered", "users answered", |it| it.share(it.good()))
    },
    share("cached", "… of them out of the cache", |it| it.share(it.cached)),
    share("degraded", "degraded answer", |it| it.share(it.degraded)),
    share("truncated", "cut off in silence", |it| it.share(it.truncated)),
    share("empty", "empty answer", |it| it.share(it.empty)),
    share("wrong", "wrong answer", |it| it.share(it.wrong)),
    share("useless", "useless answer", |it| it.share(it.useless)),
    share("failed", "error", |it| it.share(it.failures())),
    share("gave_up", "gave up", |it| it.share(it.gave_up)),
    time("p50_first_token", "p50 to the first token", |it| {
        Some(it.first_token?.p50)
    }),
    time("p99_first_token", "p99 to the first token", |it| {
        Some(it.first_token?.p99)
    }),
    time("p99_end", "p99 to the end", |it| Some(it.end?.p99)),
    Measure {
        name: "calls_per_request",
        title: "calls per request",
        unit: "calls",
        of: Figures::calls_per_request,
        shown: words::ratio,
        always: false,
    },
    Measure {
        name: "cost_per_hour",
        title: "cost per hour",
        unit: "USD/h",
        of: Figures::cost_per_hour,
        shown: words::usd,
        always: false,
    },
    time("p95_first_token", "p95 to the first token", |it| {
        Some(it.first_token?.p95)
    }),
    time("p50_end", "p50 to the end", |it| Some(it.end?.p50)),
    time("p95_end", "p95 to the end", |it| Some(it.end?.p95)),
];

/// The tables of each run. With several runs, only the machine-readable formats have all of them.
pub(super) fn all(runs: &[ChaosReport]) -> Vec<Table> {
    let mut tables = vec![totals(runs), hypotheses(runs), calls(runs)];
    tables.extend(spreads(runs));
    tables
}

/// A row for each scenario.
pub(super) fn scenarios(runs: &[ChaosReport]) -> Table {
    let number = |value: Option<f64>, shown: fn(f64) -> String| value.map_or_else(|| "–".to_owned(), shown);
    let rows = runs.iter().map(|run| {
        let total = &run.run.total;
        let violated = run.hypotheses.iter().filter(|held| !held.holds).count();
        vec![
            run.setting.scenario.clone(),
            if violated == 0 {
                "✓".to_owned()
            } else {
                format!("✗ {violated} of {}", run.hypotheses.len())
            },
            number(total.share(total.good()), words::share),
            number(total.share(total.failures()), words::share),
            number(total.share(total.gave_up), words::share),
            number(total.share(total.hollow()), words::share),
            number(total.first_token.map(|it| it.p99), words::seconds),
            number(total.cost_per_hour(), words::usd),
            run.setting.system.clone(),
        ]
    });
    table(
        "scenarios",
        "What users see",
        &[
            "scenario",
            "holds",
            "answered",
            "errors",
            "gave up",
            "hollow",
            "p99 first token",
            "cost/h",
            "system",
        ],
        8,
        rows.collect(),
    )
}

/// Totals with the faults, while they are in force, and without.
fn totals(runs: &[ChaosReport]) -> Table {
    let mut rows = Vec::new();
    for run in runs {
        let cell = |measure: &Measure, figures: Option<&Figures>| {
            let value = figures.and_then(measure.of);
            value.map_or_else(|| "–".to_owned(), measure.shown)
        };
        let columns: [Option<&Figures>; 5] = [
            Some(&run.run.total),
            Some(&run.run.before),
            Some(&run.run.during),
            Some(&run.run.after),
            run.baseline.as_ref().map(|it| &it.total),
        ];
        let present = |measure: &&Measure| {
            measure.always
                || columns
                    .iter()
                    .flatten()
                    .any(|it| (measure.of)(it).is_some_and(|value| value > 0.0))
        };
        let scenario = &run.setting.scenario;
        rows.push(row(
            scenario,
            "requests",
            columns.map(|it| it.map_or_else(String::new, |it| words::count(it.requests))),
        ));
        for measure in MEASURES.iter().filter(present) {
            rows.push(row(scenario, measure.title, columns.map(|it| cell(measure, it))));
            if measure.name == "failed" {
                for kind in run.run.total.failed.keys() {
                    let of = |it: &Figures| it.share(it.failed.get(kind).copied().unwrap_or(0));
                    let cells = columns.map(|it| it.and_then(of).map_or_else(|| "–".to_owned(), words::share));
                    rows.push(row(scenario, &format!("… {kind}"), cells));
                }
            }
        }
        // With one deployment it is no question whose an answer is.
        let several = run.setting.deployments.len() > 1;
        for (at, name) in run.setting.deployments.iter().enumerate().filter(|_| several) {
            let cells = columns.map(|it| {
                it.and_then(|it| it.share_of(at))
                    .map_or_else(|| "–".to_owned(), words::share)
            });
            rows.push(row(scenario, &format!("answers by {name}"), cells));
        }
    }
    // The last column is for machines; the one before it needs a run without faults.
    let shown = match runs {
        [run] => 5 + usize::from(run.baseline.is_some()),
        _ => 0,
    };
    table(
        "totals",
        "What users saw",
        &[
            "",
            "in all",
            "before faults",
            "during",
            "after",
            "without any",
            "scenario",
        ],
        shown,
        rows,
    )
}

fn row(scenario: &str, title: &str, cells: [String; 5]) -> Vec<String> {
    let cells = [title.to_owned()].into_iter().chain(cells);
    cells.chain([scenario.to_owned()]).collect()
}

fn hypotheses(runs: &[ChaosReport]) -> Table {
    let rows = runs.iter().flat_map(|run| {
        run.hypotheses.iter().map(|held| {
            vec![
                run.setting.scenario.clone(),
                held.text.clone(),
                held.holds.to_string(),
                held.value.clone(),
                held.baseline.clone().unwrap_or_default(),
                held.first_violation_s.map(|from| from.to_string()).unwrap_or_default(),
                held.unlucky.map(|id| id.to_string()).unwrap_or_default(),
                held.place.clone().unwrap_or_default(),
            ]
        })
    });
    table(
        "hypotheses",
        "Hypotheses",
        &[
            "scenario",
            "hypothesis",
            "holds",
            "value",
            "baseline",
            "first_violation_s",
            "unlucky",
            "place",
        ],
        0,
        rows.collect(),
    )
}

/// The calls of the traced requests.
fn calls(runs: &[ChaosReport]) -> Table {
    let number = |value: f64| format!("{value:.6}");
    let mut rows = Vec::new();
    for run in runs {
        for life in &run.lives {
            rows.extend(life.attempts.iter().map(|call| {
                vec![
                    run.setting.scenario.clone(),
                    life.id.to_string(),
                    number(life.at_s),
                    call.deployment.clone(),
                    number(call.begin_s),
                    call.first_token_s.map(number).unwrap_or_default(),
                    number(call.end_s),
                    call.failure.clone().unwrap_or_default(),
                    call.status.map(|status| status.to_string()).unwrap_or_default(),
                    number(call.waited_s),
                    call.why.clone().unwrap_or_default(),
                ]
            }));
        }
    }
    table(
        "calls",
        "Calls of the traced requests",
        &[
            "scenario",
            "request",
            "at_s",
            "deployment",
            "begin_s",
            "first_token_s",
            "end_s",
            "failure",
            "status",
            "waited_s",
            "why",
        ],
        0,
        rows,
    )
}

/// The intervals over replications, where there are any.
fn spreads(runs: &[ChaosReport]) -> Option<Table> {
    let mut rows = Vec::new();
    for run in runs {
        for it in run.replications.iter().flat_map(|it| &it.spreads) {
            let shown: fn(f64) -> String = match it.unit.as_str() {
                "share" => words::share,
                "s" => words::seconds,
                "USD/h" => words::usd,
                _ => words::ratio,
            };
            let interval = format!("{} to {}", shown(it.low), shown(it.high));
            rows.push(vec![
                it.name.clone(),
                shown(it.estimate),
                interval,
                run.setting.scenario.clone(),
            ]);
        }
    }
    let first = runs.iter().find_map(|run| run.replications.as_ref())?;
    let title = format!(
        "Over {} seeds, intervals at {}",
        first.runs,
        words::share(first.confidence)
    );
    let shown = if runs.len() > 1 { 0 } else { 3 };
    Some(table(
        "replications",
        &title,
        &["", "mean", "interval", "scenario"],
        shown,
        rows,
    ))
}

/// The numbers of each step: what CSV leads with. Deployments' columns count their answers.
pub(super) fn steps(runs: &[ChaosReport]) -> Table {
    type Count = fn(&Figures) -> u64;
    const COUNTS: &[(&str, Count)] = &[
        ("requests", |it| it.requests),
        ("answered", |it| it.answered),
        ("cached", |it| it.cached),
        ("degraded", |it| it.degraded),
        ("truncated", |it| it.truncated),
        ("empty", |it| it.empty),
        ("wrong", |it| it.wrong),
        ("useless", |it| it.useless),
        ("failed", Figures::failures),
        ("gave_up", |it| it.gave_up),
        ("calls", |it| it.calls),
    ];
    let mut names: Vec<&String> = Vec::new();
    for name in runs.iter().flat_map(|run| &run.setting.deployments) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let mut columns: Vec<String> = ["scenario", "faults", "from_s", "seconds", "in_force"]
        .map(str::to_owned)
        .into();
    columns.extend(COUNTS.iter().map(|(name, _)| (*name).to_owned()));
    columns.push("cost_usd".to_owned());
    for time in ["first_token", "end"] {
        columns.extend(["p50", "p95", "p99"].map(|share| format!("{share}_{time}_s")));
    }
    columns.extend(names.iter().map(|name| format!("by {name}")));
    let one = |run: &ChaosReport, series: &Series, with: bool| -> Vec<Vec<String>> {
        let rows = series.steps.iter().enumerate().map(|(at, figures)| {
            let span = run.span(at);
            let mut row = vec![
                run.setting.scenario.clone(),
                if with { "with" } else { "without" }.to_owned(),
                span.from_s.to_string(),
                figures.seconds.to_string(),
                (with && run.setting.in_force(span)).to_string(),
            ];
            row.extend(COUNTS.iter().map(|(_, of)| of(figures).to_string()));
            row.push(format!("{:.9}", figures.cost_usd));
            for time in [figures.first_token, figures.end] {
                row.extend(match time {
                    Some(it) => [it.p50, it.p95, it.p99].map(|value| format!("{value:.6}")),
                    None => <[String; 3]>::default(),
                });
            }
            row.extend(names.iter().map(|name| {
                let number = run.setting.deployments.iter().position(|own| own == *name);
                let answers = number.map(|number| figures.by.get(number).copied().unwrap_or(0));
                answers.map(|answers| answers.to_string()).unwrap_or_default()
            }));
            row
        });
        rows.collect()
    };
    let mut rows = Vec::new();
    for run in runs {
        rows.extend(one(run, &run.run, true));
        rows.extend(run.baseline.iter().flat_map(|baseline| one(run, baseline, false)));
    }
    Table {
        name: "steps".to_owned(),
        title: "Over time".to_owned(),
        shown_columns: columns.len(),
        columns,
        rows,
        left_out: 0,
    }
}

fn table(name: &str, title: &str, columns: &[&str], shown_columns: usize, rows: Vec<Vec<String>>) -> Table {
    Table {
        name: name.to_owned(),
        title: title.to_owned(),
        columns: columns.iter().map(|column| (*column).to_owned()).collect(),
        rows,
        left_out: 0,
        shown_columns,
    }
}
