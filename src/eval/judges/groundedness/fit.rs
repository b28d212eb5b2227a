//! Fits the weights, and measures them.

use crate::embedded::{Embedder, ModelError};
use crate::rng::Chance;

use super::background::Background;
use super::check::{check, measured};
use super::data::Example;
use super::features::{FEATURES, LEXICAL};
use super::made::made;
use super::model::{Engine, Weights};

type Row = [f64; FEATURES.len()];

/// How much all made claims weigh beside all of people's labels.
const MADE: f64 = 0.5;
/// The penalty on squared weights of standardised measures, as so many examples' worth of log loss: it
/// keeps measures that say nearly the same from taking opposite weights.
const PENALTY: f64 = 0.01;
const STEPS: usize = 4_000;

/// Fits the background and one engine for each embedder on labelled data sets, each of which weighs the
/// same whatever its size; within one, supported and unsupported weigh the same. `None` stands for no
/// embedder; the name is what the embedder's identity begins with. The same data and seed give the same
/// weights.
///
/// # Errors
/// Fails when an embedder does.
pub fn fit(
    sets: &[Vec<Example>],
    embedders: &[(&str, Option<&dyn Embedder>)],
    made_by: &str,
    seed: u64,
) -> Result<Weights, ModelError> {
    let mut texts: Vec<&str> = sets
        .iter()
        .flatten()
        .flat_map(|it| &it.evidence)
        .map(String::as_str)
        .collect();
    texts.dedup();
    let background = Background::count(texts.into_iter());
    let mut engines = Vec::new();
    for (name, embedder) in embedders {
        let mut rows: Vec<(Row, bool, f64)> = Vec::new();
        for set in sets {
            rows.extend(weighted(set, 1.0, &background, *embedder)?);
            rows.extend(weighted(&made(set, &background, seed), MADE, &background, *embedder)?);
        }
        let used = if embedder.is_some() { FEATURES.len() } else { LEXICAL };
        engines.push(engine(name, &rows, used));
    }
    Ok(Weights {
        made: made_by.to_owned(),
        background,
        engines,
    })
}

/// The measures of examples, with weights that add up to `total`, half of it for either label.
#[expect(clippy::cast_precision_loss, reason = "counts are small")]
fn weighted(
    examples: &[Example],
    total: f64,
    background: &Background,
    embedder: Option<&dyn Embedder>,
) -> Result<Vec<(Row, bool, f64)>, ModelError> {
    let count = |label| examples.iter().filter(|it| it.supported == label).count().max(1) as f64;
    let (yes, no) = (count(true), count(false));
    let rows = measured(examples, background, embedder)?;
    Ok(rows
        .into_iter()
        .zip(examples)
        .map(|(row, example)| {
            let of = if example.supported { yes } else { no };
            (row, example.supported, total / 2.0 / of)
        })
        .collect())
}

/// A logistic regression whose weights may not turn a measure's meaning round: accelerated projected
/// gradient (Beck and Teboulle, "FISTA", 2009) on standardised measures.
#[expect(clippy::cast_precision_loss, reason = "counts are small")]
fn engine(name: &str, rows: &[(Row, bool, f64)], used: usize) -> Engine {
    let total: f64 = rows
        .iter()
        .map(|(.., weight)| weight)
        .sum::<f64>()
        .max(f64::MIN_POSITIVE);
    let mean = |of: &dyn Fn(&Row) -> f64| rows.iter().map(|(row, _, weight)| weight * of(row)).sum::<f64>() / total;
    let means: Vec<f64> = (0..used).map(|at| mean(&|row| row[at])).collect();
    let spreads: Vec<f64> = (0..used)
        .map(|at| mean(&|row| (row[at] - means[at]).powi(2)).sqrt().max(1e-6))
        .collect();
    let scaled: Vec<Vec<f64>> = rows
        .iter()
        .map(|(row, ..)| (0..used).map(|at| (row[at] - means[at]) / spreads[at]).collect())
        .collect();
    // The log loss is at most this curved.
    let step = 1.0 / (0.25 * (used + 1) as f64 + PENALTY);
    let mut weights = vec![0.0; used + 1];
    let mut ahead = weights.clone();
    let mut momentum = 1.0_f64;
    for _ in 0..STEPS {
        let mut gradient = vec![0.0; used + 1];
        for ((_, label, share), row) in rows.iter().zip(&scaled) {
            let sum: f64 = ahead[used] + row.iter().zip(&ahead).map(|(x, w)| x * w).sum::<f64>();
            let wrong = (1.0 / (1.0 + (-sum).exp()) - f64::from(u8::from(*label))) * share / total;
            for (at, x) in row.iter().enumerate() {
                gradient[at] += wrong * x;
            }
            gradient[used] += wrong;
        }
        let before = weights.clone();
        for at in 0..=used {
            let penalty = if at < used { PENALTY * ahead[at] } else { 0.0 };
            weights[at] = ahead[at] - step * (gradient[at] + penalty);
            if at < used && weights[at] * FEATURES[at].1 < 0.0 {
                weights[at] = 0.0;
            }
        }
        let next = f64::midpoint(1.0, (1.0 + 4.0 * momentum * momentum).sqrt());
        for at in 0..=used {
            ahead[at] = weights[at] + (momentum - 1.0) / next * (weights[at] - before[at]);
        }
        momentum = next;
    }
    let raw: Vec<f64> = (0..used).map(|at| weights[at] / spreads[at]).collect();
    let bias = weights[used] - raw.iter().zip(&means).map(|(w, mean)| w * mean).sum::<f64>();
    let round = |value: f64| (value * 1e4).round() / 1e4;
    Engine {
        embedder: name.to_owned(),
        bias: round(bias),
        weights: FEATURES
            .iter()
            .zip(&raw)
            .map(|((name, _), w)| ((*name).to_owned(), round(*w)))
            .collect(),
    }
}

/// How well scores tell supported from unsupported: the area under the ROC curve with its interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Auc {
    /// The share of pairs of a supported and an unsupported example that are ranked right; ties count half.
    pub estimate: f64,
    /// The lower bound at 95 %.
    pub low: f64,
    /// The upper bound.
    pub high: f64,
}

/// Scores examples as answers are scored, and measures the ranking; the interval is the bootstrap's over
/// groups (percentiles of 1,000 draws).
///
/// # Errors
/// Fails when the embedder does.
pub fn auc(
    weights: &Weights,
    examples: &[Example],
    embedder: Option<&dyn Embedder>,
    seed: u64,
) -> Result<Auc, ModelError> {
    let mut scored: Vec<(usize, f64, bool)> = Vec::new();
    for example in examples {
        let passages: Vec<&str> = example.evidence.iter().map(String::as_str).collect();
        let score = check(weights, &example.claim, &example.question, &passages, embedder)?.score;
        scored.push((example.group, score, example.supported));
    }
    let groups: Vec<&[(usize, f64, bool)]> = scored.chunk_by(|a, b| a.0 == b.0).collect();
    let mut chance = Chance::seeded(seed, "auc");
    let mut draws: Vec<f64> = (0..1_000)
        .map(|_| {
            let drawn = (0..groups.len()).flat_map(|_| groups[chance.below(groups.len())]);
            area(&drawn.map(|(_, score, label)| (*score, *label)).collect::<Vec<_>>())
        })
        .collect();
    draws.sort_by(f64::total_cmp);
    Ok(Auc {
        estimate: area(
            &scored
                .iter()
                .map(|(_, score, label)| (*score, *label))
                .collect::<Vec<_>>(),
        ),
        low: draws[25],
        high: draws[974],
    })
}

/// The area under the ROC curve (Mann and Whitney's U over the number of pairs); one half without pairs.
#[expect(clippy::cast_precision_loss, reason = "counts are small")]
fn area(scored: &[(f64, bool)]) -> f64 {
    let mut sorted = scored.to_vec();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut below, mut won) = (0.0, 0.0);
    for ties in sorted.chunk_by(|a, b| a.0.total_cmp(&b.0).is_eq()) {
        let yes = ties.iter().filter(|(_, label)| *label).count() as f64;
        let no = ties.len() as f64 - yes;
        won += yes * (below + no / 2.0);
        below += no;
    }
    let pairs = below * (scored.len() as f64 - below);
    if pairs > 0.0 { won / pairs } else { 0.5 }
}
