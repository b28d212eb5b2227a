//! From rows to numbers with intervals.

use std::collections::{BTreeMap, BTreeSet};

use crate::stats::{self, Interval, Sample, Scale, Value};

use super::record::{Row, RunRecord};

/// What a metric is counted in, and which way is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// From 0 to 1; higher is better.
    Share,
    /// From 0 to 1; lower is better (redundancy, noise, share of the window).
    Waste,
    /// Milliseconds; lower is better.
    Milliseconds,
    /// US dollars; lower is better.
    Dollars,
    /// Tokens; neither is better.
    Tokens,
    /// A rank; lower is better.
    Number,
}

/// How a variant did by one metric.
#[derive(Debug, Clone, PartialEq)]
pub struct Score {
    /// The metric.
    pub metric: String,
    /// Its unit.
    pub unit: Unit,
    /// The estimate and its interval; a total that is known exactly is its own interval.
    pub interval: Interval,
    /// One value per case; empty for totals.
    pub sample: Sample,
    /// Whether the estimate is the mean of the sample, so that runs can be compared case by case.
    pub is_mean: bool,
}

/// The unit of a metric, by its name.
#[must_use]
pub fn unit(metric: &str) -> Unit {
    match metric {
        "cost_usd" | "cost_usd_per_case" | "judge_cost_usd" => Unit::Dollars,
        "context.noise" | "context.redundancy" | "context.window" | "route.degraded" => Unit::Waste,
        "context.first_relevant" => Unit::Number,
        _ if metric.ends_with("_ms") => Unit::Milliseconds,
        _ if metric.ends_with("_tokens") => Unit::Tokens,
        _ => Unit::Share,
    }
}

/// The values that a metric can have.
fn scale(metric: &str) -> Scale {
    match unit(metric) {
        Unit::Share | Unit::Waste => Scale::Unit,
        Unit::Milliseconds | Unit::Dollars | Unit::Tokens | Unit::Number => Scale::Amount,
    }
}

/// The latency quantiles that are told.
const QUANTILES: &[(&str, f64)] = &[("p50_ms", 0.5), ("p95_ms", 0.95), ("p99_ms", 0.99)];

/// All scores of one variant, by name.
#[must_use]
pub fn of_variant(record: &RunRecord, variant: &str, confidence: f64) -> BTreeMap<String, Score> {
    let rows: Vec<&Row> = record.of(variant).collect();
    let mut scores = BTreeMap::new();
    let mut add = |score: Score| scores.insert(score.metric.clone(), score);
    for metric in metrics(&rows) {
        let sample = sample(scale(metric), &rows, |row| row.metrics.get(metric).copied());
        add_mean(&mut add, metric, sample, confidence, record.seed);
    }
    add_mean(
        &mut add,
        "pass",
        sample(Scale::Unit, &rows, passed),
        confidence,
        record.seed,
    );
    add_mean(
        &mut add,
        "answered",
        sample(Scale::Unit, &rows, answered),
        confidence,
        record.seed,
    );
    let latencies = calls(&rows, |row| row.latency_ms);
    for (name, share) in QUANTILES {
        if let Some(interval) = stats::of_quantile(&latencies, *share, confidence, record.seed) {
            add(exact(name, interval));
        }
    }
    add_mean(
        &mut add,
        "mean_ms",
        sample(Scale::Amount, &rows, |row| row.latency_ms),
        confidence,
        record.seed,
    );
    add_mean(
        &mut add,
        "cost_usd_per_case",
        sample(Scale::Amount, &rows, |row| row.cost_usd),
        confidence,
        record.seed,
    );
    for (name, total) in [
        ("cost_usd", total(&rows, |row| row.cost_usd)),
        ("judge_cost_usd", total(&rows, |row| row.judge_cost_usd)),
    ] {
        if let Some(total) = total {
            add(exact(name, known(total)));
        }
    }
    for (name, read) in [
        (
            "input_tokens",
            (|row: &Row| row.tokens.map(|it| it.0)) as fn(&Row) -> Option<u64>,
        ),
        ("output_tokens", |row| row.tokens.map(|it| it.1)),
    ] {
        let sample = sample(Scale::Amount, &rows, |row| read(row).map(precise));
        add_mean(&mut add, name, sample, confidence, record.seed);
    }
    scores
}

#[expect(clippy::cast_precision_loss, reason = "tokens of one answer")]
fn precise(count: u64) -> f64 {
    count as f64
}

fn passed(row: &Row) -> Option<f64> {
    row.pass.map(|pass| if pass { 1.0 } else { 0.0 })
}

/// 1 with an answer, 0 where the candidate itself gave none; absent where the outside failed.
fn answered(row: &Row) -> Option<f64> {
    match &row.error {
        _ if row.retrieval_error.is_some() => None,
        None => Some(1.0),
        Some(error) => error.kind.is_candidates().then_some(0.0),
    }
}

/// The names of all metrics in some rows.
fn metrics<'a>(rows: &[&'a Row]) -> BTreeSet<&'a str> {
    let names = rows.iter().flat_map(|row| row.metrics.keys());
    names.map(String::as_str).collect()
}

fn add_mean(add: &mut impl FnMut(Score) -> Option<Score>, metric: &str, sample: Sample, confidence: f64, seed: u64) {
    if let Some(interval) = stats::of_mean(&sample, confidence, seed) {
        add(Score {
            metric: metric.to_owned(),
            unit: unit(metric),
            interval,
            sample,
            is_mean: true,
        });
    }
}

fn exact(metric: &str, interval: Interval) -> Score {
    Score {
        metric: metric.to_owned(),
        unit: unit(metric),
        interval,
        sample: Sample::default(),
        is_mean: false,
    }
}

fn known(value: f64) -> Interval {
    Interval {
        estimate: value,
        low: value,
        high: value,
    }
}

fn total(rows: &[&Row], read: impl Fn(&Row) -> Option<f64>) -> Option<f64> {
    let values: Vec<f64> = rows.iter().filter_map(|row| read(row)).collect();
    (!values.is_empty()).then(|| values.iter().sum())
}

/// What the rows measured, as values with their clusters.
fn values(rows: &[&Row], read: impl Fn(&Row) -> Option<f64>) -> Vec<Value> {
    let value = |row: &&Row| {
        Some(Value {
            case: row.case.clone(),
            cluster: row.cluster.clone(),
            value: read(row)?,
        })
    };
    rows.iter().filter_map(value).collect()
}

/// One value per case, its repeats averaged first: repeats of one case are not independent.
fn sample(scale: Scale, rows: &[&Row], read: impl Fn(&Row) -> Option<f64>) -> Sample {
    Sample::averaged(scale, values(rows, read))
}

/// One value for each call, the calls of a case being a cluster.
fn calls(rows: &[&Row], read: impl Fn(&Row) -> Option<f64>) -> Sample {
    let values = values(rows, read).into_iter().map(|value| Value {
        cluster: value.case.clone(),
        ..value
    });
    Sample {
        scale: Scale::Amount,
        values: values.collect(),
    }
}

/// One metric's interval at a confidence of its own.
pub(super) fn one(record: &RunRecord, variant: &str, metric: &str, confidence: f64) -> Option<Interval> {
    let scores = of_variant(record, variant, confidence);
    scores.get(metric).map(|score| score.interval)
}
