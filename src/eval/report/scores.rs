//! The tables of scores.

use std::collections::{BTreeMap, BTreeSet};

use crate::eval::compare::Change;
use crate::eval::record::RunRecord;
use crate::eval::scores::{self, Score};
use crate::eval::verdict::Verdict;
use crate::report::Table;

use super::words;

/// What people look at first, in this order; then the metrics that the suite names, then what explains them.
const FIRST: &[&str] = &[
    "pass",
    "answered",
    "recall",
    "precision",
    "hit",
    "ndcg",
    "ndcg_exp",
    "mrr",
    "map",
    "rprec",
    "bpref",
    "faithful",
    "correct",
    "relevant",
    "consistent",
];
/// What stands at the end.
const LAST: &[&str] = &[
    "p50_ms",
    "p95_ms",
    "p99_ms",
    "mean_ms",
    "cost_usd",
    "cost_usd_per_case",
    "judge_cost_usd",
];
/// Metrics that only the page and the JSON report show: they explain others.
const QUIET: &[&str] = &[
    "p50_ms",
    "p99_ms",
    "mean_ms",
    "cost_usd_per_case",
    "input_tokens",
    "output_tokens",
    "score",
];

/// A metric's place among the rows of a table.
fn rank(metric: &str) -> (usize, &str) {
    let stem = metric.split('@').next().unwrap_or(metric);
    let middle = FIRST.len();
    let rank = if let Some(at) = FIRST.iter().position(|first| *first == stem) {
        at
    } else if let Some(at) = LAST.iter().position(|last| *last == metric) {
        middle + 2 + at
    } else {
        middle + usize::from(metric.starts_with("context."))
    };
    (rank, metric)
}

/// One variant's scores. The first variant stands beside the last run that passed, the others beside the first.
pub(super) fn table(record: &RunRecord, verdict: &Verdict, at: usize) -> Table {
    let (variant, scores) = &verdict.scores[at];
    let (against, changes): (Option<String>, &[Change]) = if at == 0 {
        match &verdict.against {
            Some(against) => (Some(against.name.clone()), &against.changes),
            None => (None, &[]),
        }
    } else {
        let changes = verdict.variants.get(at - 1).map_or(&[][..], |(_, changes)| changes);
        (Some(verdict.scores[0].0.clone()), changes)
    };
    let percent = crate::system::units::trim(record.confidence * 100.0);
    let mut columns = vec!["metric", "score", "interval", "cases"];
    if against.is_some() {
        columns.push("change");
    }
    let shown = columns.len();
    columns.extend(["value", "low", "high", "p"]);
    let row = |score: &Score| {
        let change = changes.iter().find(|change| change.metric == score.metric);
        let mut row = vec![
            score.metric.clone(),
            words::shown(score.unit, score.interval.estimate),
            words::interval(score.unit, score.interval),
            if score.is_mean {
                score.sample.values.len().to_string()
            } else {
                String::new()
            },
        ];
        if against.is_some() {
            row.push(change.map_or_else(String::new, |change| change.words.clone()));
        }
        row.extend([score.interval.estimate, score.interval.low, score.interval.high].map(|value| value.to_string()));
        row.push(change.map_or_else(String::new, |change| change.adjusted.to_string()));
        row
    };
    // What checks of one kind scored explains `pass`, case by case; it is told when the gate bounds it.
    let bounded = |metric: &str| {
        record
            .gate
            .conditions
            .iter()
            .any(|condition| condition.metric == metric)
    };
    let told = scores.values().filter(|score| {
        let explains = score.metric.starts_with("curve.") || QUIET.contains(&score.metric.as_str());
        let by_kind = score.metric.starts_with("check.") && !bounded(&score.metric);
        let whole = score.metric == "answered" && score.interval.estimate >= 1.0;
        let free = score.unit == scores::Unit::Dollars && score.interval.estimate <= 0.0;
        !(explains || by_kind || whole || free)
    });
    let mut told: Vec<&Score> = told.collect();
    told.sort_by(|a, b| rank(&a.metric).cmp(&rank(&b.metric)));
    let beside = against
        .as_ref()
        .map_or_else(String::new, |name| format!(", beside {name}"));
    Table {
        name: if verdict.scores.len() == 1 {
            "scores".to_owned()
        } else {
            format!("scores-{}", file_name(variant))
        },
        title: format!("{} · {variant} ({percent} % intervals{beside})", record.suite),
        columns: columns.into_iter().map(str::to_owned).collect(),
        rows: told.into_iter().map(row).collect(),
        shown_columns: shown,
        left_out: 0,
    }
}

/// A variant's name as part of a file's name.
fn file_name(name: &str) -> String {
    let kept = |c: char| {
        if c.is_alphanumeric() || c == '-' || c == '_' {
            c
        } else {
            '-'
        }
    };
    name.chars().map(kept).collect()
}

/// How retrieval would do with fewer or more passages: `curve.recall@3` and its kin, when they were measured.
pub(super) fn curve(verdict: &Verdict) -> Option<Table> {
    let mut depths = BTreeSet::new();
    let mut lines: Vec<(String, String, BTreeMap<usize, f64>)> = Vec::new();
    for (variant, scores) in &verdict.scores {
        let mut by_name: BTreeMap<&str, BTreeMap<usize, f64>> = BTreeMap::new();
        for score in scores.values() {
            let parts = score
                .metric
                .strip_prefix("curve.")
                .and_then(|name| name.rsplit_once('@'));
            if let Some((name, Ok(depth))) = parts.map(|(name, depth)| (name, depth.parse())) {
                depths.insert(depth);
                by_name.entry(name).or_default().insert(depth, score.interval.estimate);
            }
        }
        lines.extend(
            by_name
                .into_iter()
                .map(|(name, values)| (variant.clone(), name.to_owned(), values)),
        );
    }
    let cell = |values: &BTreeMap<usize, f64>, depth: &usize| {
        values.get(depth).map(|value| format!("{value:.3}")).unwrap_or_default()
    };
    let rows = lines.iter().map(|(variant, name, values)| {
        let cells = depths.iter().map(|depth| cell(values, depth));
        [variant.clone(), name.clone()].into_iter().chain(cells).collect()
    });
    let columns = ["variant", "metric"].map(str::to_owned).into_iter();
    (!lines.is_empty()).then(|| Table {
        name: "top-k".to_owned(),
        title: "What other numbers of passages would give".to_owned(),
        columns: columns.chain(depths.iter().map(ToString::to_string)).collect(),
        rows: rows.collect(),
        shown_columns: depths.len() + 2,
        left_out: 0,
    })
}
