//! How often the printed 95 % intervals hold the truth, and how often gates decided early err.
//!
//! `cargo run --release --example coverage [SUITES [WORD]]` simulates so many suites (2,000) of each
//! shape, or of those whose name holds a word. BCa runs on every fourth of them.
//! The figures stand in `benches/README.md`.

#![allow(
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "prints tables; counts are small"
)]

use std::f64::consts::PI;

use aisys::rng::Chance;
use aisys::stats::{
    Decision, Gate, Interval, PairedGate, Question, Sample, Scale, Value, of_mean, of_quantile, of_statistic,
};

const CONFIDENCE: f64 = 0.95;

fn main() {
    let suites = std::env::args().nth(1).and_then(|it| it.parse().ok()).unwrap_or(2_000);
    let word = std::env::args().nth(2).unwrap_or_default();
    intervals(suites, &word);
    if word.is_empty() || word == "gate" {
        println!();
        gates(suites);
    }
}

// --- intervals -------------------------------------------------------------------------------------

/// A kind of suite: what it measures, its size, and the true mean.
struct Shape {
    name: String,
    size: String,
    truth: f64,
    draw: Box<dyn Fn(&mut Chance) -> Drawn>,
    /// The quantile that is estimated instead of the mean.
    quantile: Option<f64>,
}

/// One simulated suite; its own truth where that differs from suite to suite.
struct Drawn {
    sample: Sample,
    truth: Option<f64>,
}

fn intervals(suites: u64, word: &str) {
    println!("| shape | cases | coverage | ± | too low, too high | width | BCa covers |");
    println!("| --- | ---: | ---: | ---: | ---: | ---: | ---: |");
    for shape in shapes().into_iter().filter(|it| it.name.contains(word)) {
        let (mut low, mut high, mut width, mut bca) = (0_u64, 0_u64, 0.0, 0_u64);
        for suite in 0..suites {
            let mut chance = Chance::seeded(suite, &format!("{} {}", shape.name, shape.size));
            let drawn = (shape.draw)(&mut chance);
            let truth = drawn.truth.unwrap_or(shape.truth);
            let interval = match shape.quantile {
                Some(share) => of_quantile(&drawn.sample, share, CONFIDENCE, suite),
                None => of_mean(&drawn.sample, CONFIDENCE, suite),
            };
            let Some(interval) = interval else { continue };
            // The last digits of a sum are no error.
            low += u64::from(interval.high < truth - 1e-12);
            high += u64::from(interval.low > truth + 1e-12);
            width += interval.high - interval.low;
            if shape.quantile.is_none() && suite % 4 == 0 {
                let usual = usual(&drawn.sample, suite);
                bca += u64::from(usual.is_some_and(|it| it.low <= truth + 1e-12 && truth - 1e-12 <= it.high));
            }
        }
        let all = suites as f64;
        let covered = 1.0 - (low + high) as f64 / all;
        let usual = if shape.quantile.is_some() {
            "–".to_owned()
        } else {
            format!("{:.1} %", 100.0 * bca as f64 / suites.div_ceil(4) as f64)
        };
        println!(
            "| {} | {} | {:.1} % | {:.1} | {:.1}, {:.1} | {:.3} | {usual} |",
            shape.name,
            shape.size,
            100.0 * covered,
            100.0 * (covered * (1.0 - covered) / all).sqrt(),
            100.0 * low as f64 / all,
            100.0 * high as f64 / all,
            width / all,
        );
    }
}

/// The bootstrap that most tools use, over clusters.
fn usual(sample: &Sample, seed: u64) -> Option<Interval> {
    let mut clusters: std::collections::BTreeMap<&str, (f64, f64)> = std::collections::BTreeMap::new();
    for value in &sample.values {
        let cluster = clusters.entry(&value.cluster).or_default();
        *cluster = (cluster.0 + value.value, cluster.1 + 1.0);
    }
    let clusters: Vec<(f64, f64)> = clusters.into_values().collect();
    of_statistic(clusters.len(), CONFIDENCE, seed, |units| {
        let (sum, size) = units
            .iter()
            .fold((0.0, 0.0), |all, at| (all.0 + clusters[*at].0, all.1 + clusters[*at].1));
        Some(sum / size)
    })
}

fn shapes() -> Vec<Shape> {
    let mut all = Vec::new();
    let mut add = |name: String, scale: Scale, cases: usize, truth: f64, value: Box<dyn Fn(&mut Chance) -> f64>| {
        all.push(Shape {
            name,
            size: cases.to_string(),
            truth,
            draw: Box::new(move |chance| Drawn {
                sample: independent(scale, (0..cases).map(|_| value(chance))),
                truth: None,
            }),
            quantile: None,
        });
    };
    let sizes = [20, 50, 150];
    for p in [0.9, 0.95, 0.98] {
        for n in sizes {
            add(
                format!("share of {p}"),
                Scale::Unit,
                n,
                p,
                Box::new(move |chance| coin(chance, p)),
            );
        }
    }
    for (a, b) in [(9.0, 1.0), (1.9, 0.1)] {
        for n in sizes {
            let name = format!("3 repeats, cases' shares Beta({a}, {b})");
            add(
                name,
                Scale::Unit,
                n,
                a / (a + b),
                Box::new(move |chance| {
                    let p = beta(chance, a, b);
                    (0..3).map(|_| coin(chance, p)).sum::<f64>() / 3.0
                }),
            );
        }
    }
    for (ones, zeros) in [(0.6, 0.1), (0.8, 0.05), (0.9, 0.02)] {
        for n in sizes {
            let name = format!("nDCG, {ones} of cases 1, {zeros} of them 0");
            let truth = ones + (1.0 - ones - zeros) * 2.0 / 3.0;
            add(
                name,
                Scale::Unit,
                n,
                truth,
                Box::new(move |chance| ndcg(chance, ones, zeros)),
            );
        }
    }
    for (better, worse) in [(0.02, 0.06), (0.05, 0.05), (0.1, 0.02)] {
        for n in sizes {
            let name = format!("paired shares, {better} better, {worse} worse");
            add(
                name,
                Scale::Signed,
                n,
                better - worse,
                Box::new(move |chance| {
                    let at = chance.unit();
                    f64::from(u8::from(at < better)) - f64::from(u8::from(at > 1.0 - worse))
                }),
            );
        }
    }
    for (same, a, b) in [(0.6, 6.0, 6.0), (0.3, 5.0, 7.0), (0.8, 5.0, 7.0)] {
        for n in sizes {
            let name = format!("paired nDCG, {same} the same, else Beta({a}, {b})");
            let truth = (1.0 - same) * (2.0 * a / (a + b) - 1.0);
            add(
                name,
                Scale::Signed,
                n,
                truth,
                Box::new(move |chance| {
                    if chance.unit() < same {
                        0.0
                    } else {
                        2.0 * beta(chance, a, b) - 1.0
                    }
                }),
            );
        }
    }
    for sigma in [0.3_f64, 0.6, 1.0] {
        for n in sizes {
            let name = format!("mean latency, lognormal, sigma {sigma}, in s");
            add(
                name,
                Scale::Amount,
                n,
                (sigma * sigma / 2.0).exp(),
                Box::new(move |chance| (sigma * normal(chance)).exp()),
            );
        }
    }
    for n in sizes {
        // A question's own length in both runs, each run's chance, and 10 % slower after.
        let truth = 0.1 * (0.5_f64.powi(2) / 2.0 + 0.3_f64.powi(2) / 2.0).exp();
        add(
            "paired latency, 10 % slower".to_owned(),
            Scale::Open,
            n,
            truth,
            Box::new(|chance| {
                let question = (0.5 * normal(chance)).exp();
                question * (1.1 * (0.3 * normal(chance)).exp() - (0.3 * normal(chance)).exp())
            }),
        );
    }
    for n in [50, 150, 500] {
        let sigma = 0.6_f64;
        all.push(Shape {
            name: "p95 latency, lognormal, sigma 0.6".to_owned(),
            size: n.to_string(),
            truth: (1.644_853_626_951_472_2 * sigma).exp(),
            draw: Box::new(move |chance| Drawn {
                sample: independent(Scale::Amount, (0..n).map(|_| (sigma * normal(chance)).exp())),
                truth: None,
            }),
            quantile: Some(0.95),
        });
    }
    for n in sizes {
        all.push(Shape {
            name: "share, another in each suite, 0.85 to 0.99".to_owned(),
            size: n.to_string(),
            truth: f64::NAN,
            draw: Box::new(move |chance| {
                let p = 0.85 + 0.14 * chance.unit();
                Drawn {
                    sample: independent(Scale::Unit, (0..n).map(|_| coin(chance, p))),
                    truth: Some(p),
                }
            }),
            quantile: None,
        });
    }
    for (documents, least, most) in [(8, 3, 9), (15, 2, 8), (30, 1, 6)] {
        for (p, rho) in [(0.9, 0.2), (0.9, 0.5), (0.95, 0.2), (0.95, 0.5)] {
            all.push(Shape {
                name: format!("share of {p} in {documents} documents, correlation {rho}"),
                size: format!("{documents} × {least}–{most}"),
                truth: p,
                draw: Box::new(move |chance| Drawn {
                    sample: clustered(chance, p, rho, documents, (least, most)),
                    truth: None,
                }),
                quantile: None,
            });
        }
    }
    all
}

fn independent(scale: Scale, values: impl Iterator<Item = f64>) -> Sample {
    let values = values.enumerate().map(|(at, value)| case(at, at, value)).collect();
    Sample { scale, values }
}

fn clustered(chance: &mut Chance, p: f64, rho: f64, documents: usize, (least, most): (usize, usize)) -> Sample {
    let strength = 1.0 / rho - 1.0;
    let mut values = Vec::new();
    for document in 0..documents {
        let own = beta(chance, p * strength, (1.0 - p) * strength);
        for _ in 0..least + chance.below(most - least + 1) {
            values.push(case(values.len(), document, coin(chance, own)));
        }
    }
    Sample {
        scale: Scale::Unit,
        values,
    }
}

fn case(case: usize, cluster: usize, value: f64) -> Value {
    Value {
        case: case.to_string(),
        cluster: format!("{cluster:06}"),
        value,
    }
}

// --- gates -----------------------------------------------------------------------------------------

fn gates(suites: u64) {
    println!("| gate | cases | true mean | question | wrong | ± | decided | calls saved |");
    println!("| --- | ---: | ---: | --- | ---: | ---: | ---: | ---: |");
    for cases in [50, 100, 300] {
        for passes in [0.75, 0.85, 0.89, 0.90, 0.95, 0.98] {
            let right = if passes >= 0.9 - 1e-9 {
                Decision::Pass
            } else {
                Decision::Fail
            };
            for whole in [true, false] {
                let gate = |question| Gate::new(0.9, CONFIDENCE, question);
                let draw = |chance: &mut Chance| binary(chance, cases, passes, whole);
                row("at least 0.9", cases, passes, whole, suites, right, draw, |question| {
                    let mut gate = gate(question);
                    Box::new(move |score| gate.see(score))
                });
            }
        }
    }
    for cases in [100, 300] {
        for (better, worse) in [(0.03, 0.03), (0.04, 0.09), (0.04, 0.10), (0.02, 0.17)] {
            let difference: f64 = better - worse;
            let right = if difference >= -0.05 - 1e-9 {
                Decision::Pass
            } else {
                Decision::Fail
            };
            for whole in [true, false] {
                let draw = |chance: &mut Chance| changes(chance, cases, better, worse, whole);
                row(
                    "no worse by 0.05",
                    cases,
                    difference,
                    whole,
                    suites,
                    right,
                    draw,
                    |question| {
                        let mut gate = PairedGate::new(0.05, CONFIDENCE, question);
                        Box::new(move |score| gate.see(score))
                    },
                );
            }
        }
    }
}

type See = Box<dyn FnMut(f64) -> Decision>;

#[expect(clippy::too_many_arguments, reason = "one line of a table")]
fn row(
    name: &str,
    cases: usize,
    truth: f64,
    whole: bool,
    suites: u64,
    right: Decision,
    draw: impl Fn(&mut Chance) -> Vec<f64>,
    gate: impl Fn(Question) -> See,
) {
    let question = if whole {
        Question::Suite { cases }
    } else {
        Question::Population
    };
    let (mut wrong, mut decided, mut calls) = (0_u64, 0_u64, 0_usize);
    for suite in 0..suites {
        let mut chance = Chance::seeded(suite, &format!("{name} {cases} {truth} {whole}"));
        let mut see = gate(question);
        let mut decision = Decision::Undecided;
        for score in draw(&mut chance) {
            calls += 1;
            decision = see(score);
            if decision != Decision::Undecided {
                break;
            }
        }
        decided += u64::from(decision != Decision::Undecided);
        wrong += u64::from(decision != Decision::Undecided && decision != right);
    }
    let all = suites as f64;
    let share = wrong as f64 / all;
    println!(
        "| {name} | {cases} | {truth:.2} | {} | {:.1} % | {:.1} | {:.0} % | {:.0} % |",
        if whole { "suite" } else { "population" },
        100.0 * share,
        100.0 * (share * (1.0 - share) / all).sqrt(),
        100.0 * decided as f64 / all,
        100.0 * (1.0 - calls as f64 / (all * cases as f64)),
    );
}

/// Passes and failures: the suite's in random order, or draws from a population.
fn binary(chance: &mut Chance, cases: usize, share: f64, whole: bool) -> Vec<f64> {
    if !whole {
        return (0..cases).map(|_| coin(chance, share)).collect();
    }
    // A suite that cannot have this share gets the next one on the same side of the threshold.
    let passes = if share < 0.9 - 1e-9 {
        (share * cases as f64 + 1e-9).floor()
    } else {
        (share * cases as f64 - 1e-9).ceil()
    };
    let scores = (0..cases).map(|at| f64::from(u8::from((at as f64) < passes)));
    shuffled(chance, scores.collect())
}

fn changes(chance: &mut Chance, cases: usize, better: f64, worse: f64, whole: bool) -> Vec<f64> {
    let of = |at: f64| f64::from(u8::from(at < better)) - f64::from(u8::from(at >= 1.0 - worse));
    if whole {
        let all = (0..cases).map(|at| of((at as f64 + 0.5) / cases as f64)).collect();
        shuffled(chance, all)
    } else {
        (0..cases).map(|_| of(chance.unit())).collect()
    }
}

fn shuffled(chance: &mut Chance, mut scores: Vec<f64>) -> Vec<f64> {
    for at in (1..scores.len()).rev() {
        scores.swap(at, chance.below(at + 1));
    }
    scores
}

// --- chance ----------------------------------------------------------------------------------------

fn coin(chance: &mut Chance, p: f64) -> f64 {
    f64::from(u8::from(chance.unit() < p))
}

/// Box and Muller.
fn normal(chance: &mut Chance) -> f64 {
    (-2.0 * (1.0 - chance.unit()).ln()).sqrt() * (2.0 * PI * chance.unit()).cos()
}

/// Marsaglia and Tsang (2000); shapes below 1 by the power of a uniform draw.
fn gamma(chance: &mut Chance, shape: f64) -> f64 {
    if shape < 1.0 {
        return gamma(chance, shape + 1.0) * (1.0 - chance.unit()).powf(1.0 / shape);
    }
    let d = shape - 1.0 / 3.0;
    let c = 1.0 / (9.0 * d).sqrt();
    loop {
        let x = normal(chance);
        let v = (1.0 + c * x).powi(3);
        if v > 0.0 && (1.0 - chance.unit()).ln() < 0.5 * x * x + d - d * v + d * v.ln() {
            return d * v;
        }
    }
}

fn beta(chance: &mut Chance, a: f64, b: f64) -> f64 {
    let (x, y) = (gamma(chance, a), gamma(chance, b));
    if x + y > 0.0 { x / (x + y) } else { a / (a + b) }
}

/// Scores with many 1s and some 0s, the rest `Beta(2, 1)`.
fn ndcg(chance: &mut Chance, ones: f64, zeros: f64) -> f64 {
    let at = chance.unit();
    if at < ones {
        1.0
    } else if at < ones + zeros {
        0.0
    } else {
        beta(chance, 2.0, 1.0)
    }
}
