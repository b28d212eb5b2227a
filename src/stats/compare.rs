//! Two runs on the same cases.

use crate::rng::Chance;

use super::effect::smallest_detectable;
use super::interval::{self, Interval};
use super::sample::Sample;

/// Up to so many clusters with a difference all signs are tried; above, so many are drawn.
const ALL_SIGNS: usize = 14;
/// Signs that are drawn.
const DRAWS: usize = 10_000;

/// A difference of two runs, paired by case.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// The mean difference and its interval.
    pub delta: Interval,
    /// The probability of a difference at least so large when there is none; two-sided.
    pub p: f64,
    /// The test that gave it.
    pub test: &'static str,
    /// How many cases both runs have.
    pub cases: usize,
    /// How many of them have a higher value after.
    pub higher: usize,
    /// How many have a lower one.
    pub lower: usize,
    /// The smallest difference that these cases would show, in the metric's unit.
    pub smallest: Option<f64>,
}

/// Compares two samples on the cases that both have: `after - before`. `None` when there are none.
#[must_use]
pub fn paired(before: &Sample, after: &Sample, confidence: f64, seed: u64) -> Option<Comparison> {
    let differences = after.minus(before);
    let delta = interval::of_mean(&differences, confidence, seed)?;
    let higher = differences.values.iter().filter(|it| it.value > 0.0).count();
    let lower = differences.values.iter().filter(|it| it.value < 0.0).count();
    let shares = before.is_share() && after.is_share();
    let (p, test) = if shares && !differences.is_clustered() {
        (mcnemar(higher, lower), "McNemar")
    } else {
        (sign_flips(&differences, seed), "permutation")
    };
    Some(Comparison {
        delta,
        p,
        test,
        cases: differences.values.len(),
        higher,
        lower,
        smallest: smallest_detectable(&differences),
    })
}

/// McNemar's exact test: how likely `better` and `worse` are to lie so far apart when either is as
/// likely (McNemar, Psychometrika 1947; the exact form by the binomial distribution).
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "counts are small")]
pub fn mcnemar(better: usize, worse: usize) -> f64 {
    let all = better + worse;
    let fewer = better.min(worse);
    let log_choose =
        |k: usize| libm::lgamma(all as f64 + 1.0) - libm::lgamma(k as f64 + 1.0) - libm::lgamma((all - k) as f64 + 1.0);
    let tail: f64 = (0..=fewer)
        .map(|k| (log_choose(k) - all as f64 * std::f64::consts::LN_2).exp())
        .sum();
    (2.0 * tail).min(1.0)
}

/// The permutation test on paired differences: under no effect each cluster's difference is as likely
/// to have the other sign (Fisher, "The Design of Experiments", 1935).
#[expect(clippy::cast_precision_loss, reason = "counts are small")]
fn sign_flips(differences: &Sample, seed: u64) -> f64 {
    let sums: Vec<f64> = differences
        .clusters()
        .into_iter()
        .map(|(sum, _)| sum)
        .filter(|sum| *sum != 0.0)
        .collect();
    let seen = sums.iter().sum::<f64>().abs();
    // Sums of the same numbers in another order differ in their last digits.
    let as_far = |sum: f64| sum.abs() >= seen - 1e-12 * (1.0 + seen);
    if sums.len() <= ALL_SIGNS {
        let all = 1_usize << sums.len();
        let far = (0..all)
            .filter(|signs| {
                let sum = sums
                    .iter()
                    .enumerate()
                    .map(|(at, value)| if signs >> at & 1 == 1 { -value } else { *value })
                    .sum();
                as_far(sum)
            })
            .count();
        return far as f64 / all as f64;
    }
    let mut chance = Chance::seeded(seed, "permutation");
    let far = (0..DRAWS)
        .filter(|_| {
            as_far(
                sums.iter()
                    .map(|value| if chance.coin() { -value } else { *value })
                    .sum(),
            )
        })
        .count();
    (far + 1) as f64 / (DRAWS + 1) as f64
}

/// The p-values adjusted for being several, in the order given (Holm, Scandinavian Journal of
/// Statistics 1979).
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "counts are small")]
pub fn holm(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|a, b| p[*a].total_cmp(&p[*b]));
    let mut adjusted = vec![1.0; p.len()];
    let mut least: f64 = 0.0;
    for (rank, at) in order.into_iter().enumerate() {
        least = least.max(((p.len() - rank) as f64 * p[at]).min(1.0));
        adjusted[at] = least;
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::super::sample::Scale;
    use super::*;

    #[test]
    fn mcnemar_is_the_binomial_tail() {
        // 2 * (1 + 10 + 45) / 1024; the last two by `statsmodels.stats.contingency_tables.mcnemar` 0.15.0.
        assert!((mcnemar(8, 2) - 0.109_375).abs() < 1e-12);
        assert!((mcnemar(3, 14) - 0.012_725_830_078_125).abs() < 1e-12);
        assert!((mcnemar(21, 40) - 0.020_414_713_799_634_9).abs() < 1e-12);
        assert!((mcnemar(5, 5) - 1.0).abs() < 1e-12);
        assert!((mcnemar(0, 0) - 1.0).abs() < 1e-12);
        assert!((mcnemar(0, 6) - 0.031_25).abs() < 1e-12);
    }

    #[test]
    fn holm_adjusts_as_the_worked_example() {
        // Holm's step-down by hand: 4 × 0.005, 3 × 0.01, 2 × 0.03, then 0.04 raised to 0.06.
        let adjusted = holm(&[0.01, 0.04, 0.03, 0.005]);
        for (got, expected) in adjusted.iter().zip([0.03, 0.06, 0.06, 0.02]) {
            assert!((got - expected).abs() < 1e-12, "{adjusted:?}");
        }
    }

    #[test]
    fn all_signs_of_a_few_differences_are_tried() {
        // All five cases better: only all plus and all minus are as far, 2 of 32.
        let before = Sample::of(&[0.1, 0.2, 0.3, 0.4, 0.5]);
        let after = Sample::of(&[0.2, 0.35, 0.5, 0.6, 0.9]);
        let comparison = paired(&before, &after, 0.95, 1).unwrap();
        assert!((comparison.p - 2.0 / 32.0).abs() < 1e-12);
        assert_eq!(comparison.test, "permutation");
        // The interval agrees: five cases are too few.
        assert!(comparison.delta.low < 0.0 && comparison.delta.estimate > 0.19);
    }

    /// `scipy.stats.permutation_test(…, permutation_type="samples")` of scipy 1.17.1, all signs.
    #[test]
    fn the_permutation_test_is_that_of_scipy() {
        let before = Sample::on(Scale::Open, &[0.0; 12]);
        let differences = [0.1, -0.05, 0.3, 0.2, -0.02, 0.15, 0.08, -0.1, 0.25, 0.12, 0.05, 0.3];
        let comparison = paired(&before, &Sample::on(Scale::Open, &differences), 0.95, 1).unwrap();
        assert!((comparison.p - 0.015_625).abs() < 1e-12, "{comparison:?}");
    }

    #[test]
    fn drawn_signs_come_near_all_signs() {
        // Sixteen differences of one size, four of them negative: the binomial tail, 2 × 2517 / 65536.
        let values: Vec<f64> = (0..16).map(|at| if at < 4 { -0.5 } else { 0.5 }).collect();
        let comparison = paired(
            &Sample::of(&[0.5; 16]),
            &Sample::of(&values.iter().map(|it| 0.5 + it).collect::<Vec<_>>()),
            0.95,
            1,
        )
        .unwrap();
        assert_eq!(comparison.test, "permutation");
        assert!((comparison.p - 5034.0 / 65536.0).abs() < 0.01, "{comparison:?}");
    }

    #[test]
    fn the_same_runs_do_not_differ() {
        let sample = Sample::of(&[1.0, 0.0, 1.0]);
        let comparison = paired(&sample, &sample, 0.95, 1).unwrap();
        assert_eq!((comparison.p, comparison.delta.estimate), (1.0, 0.0));
        assert_eq!(comparison.test, "McNemar");
    }

    #[test]
    fn pass_and_fail_are_compared_by_the_cases_that_changed() {
        let before = Sample::of(&[1.0; 30]);
        let mut after = before.clone();
        for value in after.values.iter_mut().take(9) {
            value.value = 0.0;
        }
        let comparison = paired(&before, &after, 0.95, 1).unwrap();
        assert!((comparison.p - 2.0 / 512.0).abs() < 1e-12);
        assert!(comparison.delta.high < 0.0);
    }
}
