//! The report of an audit: findings, tables, the answers to the three questions, traced numbers.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::report::{Answer, Explained, Finding, Report, RuleInfo, Severity, Table};
use crate::system::{FateKind, Plan, Route, RouteId, units};

use super::answers::{Number, RouteAnswers, Unit};
use super::{Audit, Rule};

/// Minutes in a month of 30 days.
const MONTH_MINUTES: f64 = 43_200.0;

/// Joins findings and numbers into a report, with the first `most_rows` of each table. The numbers' terms
/// come with [`explained`], for the outputs that show them: they are most of a large report.
#[must_use]
pub fn report(audit: &Audit<'_>, rules: &[&'static Rule], findings: Vec<Finding>, most_rows: usize) -> Report {
    Report {
        stage: "audit",
        findings,
        tables: vec![routes_table(audit, most_rows), what_if_table(audit, most_rows)],
        answers: vec![single_points(audit), primary_down(audit), cost_controls(audit)],
        rules: rules.iter().map(|rule| info(rule)).collect(),
        ..Report::default()
    }
}

fn info(rule: &Rule) -> RuleInfo {
    RuleInfo {
        name: rule.name,
        title: rule.title,
        why: rule.why,
        how: rule.how.first().map_or("", |(_, text)| text),
        severity: rule.severity,
    }
}

fn columns(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// One row per route.
fn routes_table(audit: &Audit<'_>, most_rows: usize) -> Table {
    let rows: Vec<_> = audit
        .routes()
        .take(most_rows)
        .map(|(id, route)| route_row(route, audit.answers(id)))
        .collect();
    Table {
        name: "routes".to_owned(),
        title: "Routes".to_owned(),
        columns: columns(&[
            "route",
            "falls with",
            "longest wait",
            "calls",
            "$ a request",
            "$ an hour",
            "answered",
            "down a month",
            "without fallbacks",
            "longest wait, streamed",
            "dialect",
            "file",
            "line",
            "single points",
            "pairs",
            "triples",
            "tokens needed",
            "smallest window",
            "would bound the hour",
        ]),
        left_out: audit.system.routes.len() - rows.len(),
        rows,
        shown_columns: 8,
    }
}

fn route_row(route: &Route, answers: &RouteAnswers) -> Vec<String> {
    let of_order = |order: usize| answers.cut_sets.iter().filter(move |cut| cut.len() == order);
    let joined = |order: usize| {
        of_order(order)
            .map(|cut| cut.iter().map(ToString::to_string).collect::<Vec<_>>().join(" + "))
            .collect::<Vec<_>>()
            .join("; ")
    };
    let start = route.place().start();
    vec![
        route.name.clone(),
        falls_with(answers),
        show(&answers.longest_wait),
        show(&answers.most_calls),
        show(&answers.request_cost),
        show(&answers.hourly_cost),
        show(&answers.availability),
        down_a_month(&answers.availability),
        show(&answers.availability_without_fallbacks),
        show(&answers.longest_wait_stream),
        route.dialect.name().to_owned(),
        route.place().file.path().display().to_string(),
        start.line.to_string(),
        joined(1),
        of_order(2).count().to_string(),
        of_order(3).count().to_string(),
        answers.context_needed.as_ref().map_or_else(String::new, show),
        answers.smallest_window.as_ref().map_or_else(String::new, show),
        answers.would_bound.unwrap_or_default().to_owned(),
    ]
}

/// The single points of failure in short: the widest ones, which cover what is inside them.
fn falls_with(answers: &RouteAnswers) -> String {
    let mut single: Vec<_> = answers
        .cut_sets
        .iter()
        .filter(|cut| cut.len() == 1)
        .map(|cut| &cut[0])
        .collect();
    if single.is_empty() {
        return match answers.cut_sets.first() {
            Some(cut) => format!("{} together", cut.len()),
            None => "nothing here".to_owned(),
        };
    }
    // A provider that is a single point makes its regions, accounts and models ones too.
    if single
        .iter()
        .any(|fate| matches!(fate.kind, FateKind::Provider | FateKind::Host))
    {
        single.retain(|fate| matches!(fate.kind, FateKind::Provider | FateKind::Host | FateKind::Service));
    }
    let names: Vec<String> = single.iter().map(|fate| fate.name.clone()).collect();
    names.join(", ")
}

fn down_a_month(availability: &Number) -> String {
    availability.value.map_or_else(String::new, |share| {
        let minutes = (1.0 - share) * MONTH_MINUTES;
        if minutes >= 120.0 {
            format!("{} h", units::trim(minutes / 60.0))
        } else {
            format!("{} min", units::trim(minutes))
        }
    })
}

/// A number for people.
#[must_use]
pub fn show(number: &Number) -> String {
    let Some(value) = number.value else {
        return "unknown".to_owned();
    };
    if value.is_infinite() {
        return "unbounded".to_owned();
    }
    match number.unit {
        Unit::Seconds => units::show_seconds(value),
        Unit::Calls | Unit::Tokens => units::trim(value),
        Unit::Dollars | Unit::DollarsPerHour => dollars(value),
        Unit::Share => format!("{} %", shown_share(value)),
    }
}

/// Dollars with two digits, or as many as a small sum needs.
#[must_use]
pub fn dollars(value: f64) -> String {
    if value == 0.0 || value >= 0.01 {
        format!("${value:.2}")
    } else {
        format!("${value:.4}")
    }
}

/// A share in percent with enough digits to tell nines apart.
fn shown_share(share: f64) -> String {
    // Beyond six nines the model's own figures say nothing any more.
    if share < 1.0 && share > 0.999_999 {
        return "over 99.9999".to_owned();
    }
    let text = format!("{:.4}", share * 100.0);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// One row per route and fate.
fn what_if_table(audit: &Audit<'_>, most_rows: usize) -> Table {
    let mut outages: Vec<_> = audit
        .routes()
        .flat_map(|(id, route)| audit.answers(id).what_if.iter().map(move |row| (row, route)))
        .collect();
    // The widest outages first: a provider's before those of its keys and models.
    outages.sort_by(|(a, _), (b, _)| a.fate.cmp(&b.fate));
    let rows: Vec<_> = outages
        .iter()
        .take(most_rows)
        .map(|(row, route)| {
            let goes_on = match row.survives {
                share if share >= 1.0 => "goes on".to_owned(),
                share if share <= 0.0 => "stops".to_owned(),
                share => format!("{} % go on", units::trim(share * 100.0)),
            };
            vec![
                row.fate.to_string(),
                route.name.clone(),
                goes_on,
                row.through.clone().unwrap_or_default(),
                row.wait.map_or_else(String::new, |wait| {
                    if wait.is_infinite() {
                        "never, if it hangs".to_owned()
                    } else {
                        units::show_seconds(wait)
                    }
                }),
                row.price_factor
                    .map_or_else(String::new, |factor| format!("× {}", units::trim(factor))),
                row.lost.join(", "),
                row.window.map_or_else(String::new, |window| window.to_string()),
                row.survives.to_string(),
            ]
        })
        .collect();
    Table {
        name: "what-if".to_owned(),
        title: "What if it goes down tomorrow?".to_owned(),
        columns: columns(&[
            "down",
            "route",
            "then",
            "through",
            "after waiting",
            "price",
            "loses",
            "window",
            "survives",
        ]),
        left_out: outages.len() - rows.len(),
        rows,
        shown_columns: 7,
    }
}

/// "a, b, c and 4 more".
#[must_use]
pub fn some_of(names: &[&str], most: usize) -> String {
    let shown = names.iter().take(most).copied().collect::<Vec<_>>().join(", ");
    if names.len() > most {
        format!("{shown} and {} more", names.len() - most)
    } else {
        shown
    }
}

fn single_points(audit: &Audit<'_>) -> Answer {
    let mut by_fate: BTreeMap<(FateKind, String), Vec<&str>> = BTreeMap::new();
    let mut with = 0;
    let mut all = 0;
    for (id, route) in audit.routes() {
        all += 1;
        let single: Vec<_> = audit.answers(id).cut_sets.iter().filter(|cut| cut.len() == 1).collect();
        with += usize::from(!single.is_empty());
        let widest = single
            .iter()
            .any(|cut| matches!(cut[0].kind, FateKind::Provider | FateKind::Host));
        for cut in single {
            let wide = matches!(cut[0].kind, FateKind::Provider | FateKind::Host | FateKind::Service);
            if wide || !widest {
                by_fate
                    .entry((cut[0].kind, cut[0].name.clone()))
                    .or_default()
                    .push(&route.name);
            }
        }
    }
    let mut fates: Vec<_> = by_fate.into_iter().collect();
    fates.sort_by_key(|(fate, routes)| (std::cmp::Reverse(routes.len()), fate.clone()));
    let lines = fates
        .iter()
        .take(6)
        .map(|((kind, name), routes)| format!("{} {name} takes down {}", kind.name(), some_of(routes, 4)))
        .collect();
    Answer {
        question: "Where are my single points of failure?".to_owned(),
        headline: match (with, all) {
            (_, 0) => "no route was found".to_owned(),
            (0, _) => format!("none in {all} routes"),
            _ => format!("{with} of {all} routes have one"),
        },
        lines,
        severity: (with > 0).then_some(Severity::Error),
    }
}

/// The provider or host that most routes call first.
fn primary(audit: &Audit<'_>) -> Option<String> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for (_, route) in audit.chat_routes() {
        if let Some(first) = route.plan.attempts().first() {
            let deployment = audit.system.deployment(first.deployment);
            let fates = deployment.fates();
            if let Some(fate) = fates
                .iter()
                .find(|fate| matches!(fate.kind, FateKind::Provider | FateKind::Host))
            {
                *counts.entry(fate.name.clone()).or_default() += 1;
            }
        }
    }
    counts
        .into_iter()
        .max_by(|a, b| a.1.cmp(&b.1).then_with(|| b.0.cmp(&a.0)))
        .map(|(name, _)| name)
}

fn primary_down(audit: &Audit<'_>) -> Answer {
    let question = "What happens to my application if my primary API goes down tomorrow?".to_owned();
    let Some(primary) = primary(audit) else {
        return Answer {
            question,
            headline: "no chat route was found".to_owned(),
            lines: Vec::new(),
            severity: None,
        };
    };
    let mut stop = Vec::new();
    let mut lines = Vec::new();
    let mut touched = 0;
    for (id, route) in audit.chat_routes() {
        let row = audit
            .answers(id)
            .what_if
            .iter()
            .find(|row| row.fate.name == primary && matches!(row.fate.kind, FateKind::Provider | FateKind::Host));
        let Some(row) = row else { continue };
        touched += 1;
        if row.survives <= 0.0 {
            stop.push(route.name.as_str());
        } else if let Some(through) = &row.through {
            lines.push(survivor(route, through, row));
        }
    }
    if !stop.is_empty() {
        lines.insert(0, format!("stop: {}", some_of(&stop, 6)));
    }
    let more = lines.len().saturating_sub(6);
    lines.truncate(6);
    if more > 0 {
        lines.push(format!("and {more} more"));
    }
    Answer {
        question,
        headline: format!("{primary} down: {} of {touched} routes that use it stop", stop.len()),
        lines,
        severity: (!stop.is_empty()).then_some(Severity::Error),
    }
}

fn survivor(route: &Route, through: &str, row: &super::answers::WhatIf) -> String {
    let mut line = format!("{} goes on through {through}", route.name);
    match row.wait {
        Some(wait) if wait.is_infinite() => line.push_str(", but never while it hangs instead of failing"),
        Some(wait) if wait > 0.0 => {
            let _ = write!(line, ", after {} when it hangs", units::show_seconds(wait));
        }
        _ => {}
    }
    if let Some(factor) = row.price_factor.filter(|factor| (factor - 1.0).abs() >= 0.05) {
        let _ = write!(line, ", at {} times the price", units::trim(factor));
    }
    if !row.lost.is_empty() {
        let _ = write!(line, ", without {}", row.lost.join(", "));
    }
    line
}

fn cost_controls(audit: &Audit<'_>) -> Answer {
    let mut unbounded = Vec::new();
    let mut advice: Vec<&str> = Vec::new();
    let mut dearest: Option<(f64, &str)> = None;
    let mut worst_hour: Option<(f64, &str)> = None;
    let mut all = 0;
    for (id, route) in audit.chat_routes() {
        all += 1;
        let answers = audit.answers(id);
        if let Some(bound) = answers.would_bound {
            unbounded.push(route.name.as_str());
            if !advice.contains(&bound) {
                advice.push(bound);
            }
        } else if let Some(cost) = answers.hourly_cost.value.filter(|cost| cost.is_finite())
            && worst_hour.is_none_or(|(most, _)| cost > most)
        {
            worst_hour = Some((cost, &route.name));
        }
        if let Some(cost) = answers.request_cost.value
            && dearest.is_none_or(|(most, _)| cost > most)
        {
            dearest = Some((cost, &route.name));
        }
    }
    let mut lines = Vec::new();
    if !unbounded.is_empty() {
        lines.push(format!("nothing bounds the spend of {}", some_of(&unbounded, 5)));
    }
    lines.extend(advice.iter().take(3).map(|bound| format!("one line would: {bound}")));
    if let Some((cost, name)) = worst_hour {
        lines.push(format!("the dearest bounded hour: {} on {name}", dollars(cost)));
    }
    if let Some((cost, name)) = dearest.filter(|(cost, _)| *cost > 0.0) {
        lines.push(format!("the dearest single request: {} on {name}", dollars(cost)));
    }
    Answer {
        question: "Do I have programmatic cost controls in place?".to_owned(),
        headline: match (unbounded.len(), all) {
            (_, 0) => "no chat route was found".to_owned(),
            (0, _) => format!("yes, for all {all} routes"),
            (open, all) if open == all => "no: an hour's spend has no bound on any route".to_owned(),
            (open, all) => format!("not for {open} of {all} routes"),
        },
        lines,
        severity: (!unbounded.is_empty()).then_some(Severity::Warning),
    }
}

/// Every number of every route with its terms.
#[must_use]
pub fn explained(audit: &Audit<'_>) -> Vec<Explained> {
    audit
        .routes()
        .flat_map(|(id, route)| explained_route(audit, id, route))
        .collect()
}

fn explained_route(audit: &Audit<'_>, id: RouteId, route: &Route) -> Vec<Explained> {
    let answers = audit.traced(id);
    let mut numbers = vec![
        ("longest-wait", &answers.longest_wait),
        ("longest-wait-stream", &answers.longest_wait_stream),
        ("most-calls", &answers.most_calls),
        ("request-cost", &answers.request_cost),
        ("hourly-cost", &answers.hourly_cost),
        ("availability", &answers.availability),
        (
            "availability-without-fallbacks",
            &answers.availability_without_fallbacks,
        ),
    ];
    numbers.extend(answers.context_needed.as_ref().map(|number| ("context-needed", number)));
    numbers.extend(
        answers
            .smallest_window
            .as_ref()
            .map(|number| ("smallest-window", number)),
    );
    let wrapped = matches!(route.plan, Plan::Degraded(_));
    numbers
        .into_iter()
        .filter(|_| !wrapped)
        .map(|(name, number)| Explained {
            name: format!("{}.{name}", route.name),
            value: show(number),
            number: number.value.filter(|value| value.is_finite()),
            unit: match number.unit {
                Unit::Seconds => "s",
                Unit::Calls => "calls",
                Unit::Dollars => "USD",
                Unit::DollarsPerHour => "USD/h",
                Unit::Tokens => "tokens",
                Unit::Share => "1",
            },
            terms: number.terms.clone(),
        })
        .collect()
}
