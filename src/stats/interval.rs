//! Confidence intervals of a mean.

use crate::rng::Chance;

use super::normal::{cdf, quantile};
use super::sample::Sample;

/// How often a bootstrap draws. Davison and Hinkley, "Bootstrap Methods and their Application"
/// (1997), want at least 1,000 for an interval at 95 %.
const DRAWS: usize = 2_000;

/// An estimate and the interval around it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// The estimate.
    pub estimate: f64,
    /// The lower bound.
    pub low: f64,
    /// The upper bound.
    pub high: f64,
}

/// The interval of a sample's mean: Wilson's for shares, BCa bootstrap for the rest, both over
/// clusters. `None` without values.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "counts are small")]
pub fn of_mean(sample: &Sample, confidence: f64, seed: u64) -> Option<Interval> {
    let estimate = sample.mean()?;
    let cases = sample.values.len() as f64;
    let clusters = sample.clusters();
    let varies = sample.values.iter().any(|value| value.value != sample.values[0].value);
    if sample.is_share() || (sample.is_bounded() && (!varies || clusters.len() < 2)) {
        let cases = cases / design_effect(&clusters, estimate, cases);
        return Some(wilson(estimate * cases, cases, confidence));
    }
    if !varies || clusters.len() < 2 {
        // Nothing to learn the spread from.
        return Some(Interval {
            estimate,
            low: if varies { f64::NEG_INFINITY } else { estimate },
            high: if varies { f64::INFINITY } else { estimate },
        });
    }
    bootstrap(sample, confidence, seed)
}

/// The BCa bootstrap interval of a sample's mean. `None` with fewer than two clusters.
pub(super) fn bootstrap(sample: &Sample, confidence: f64, seed: u64) -> Option<Interval> {
    let clusters = sample.clusters();
    let estimate = sample.mean().filter(|_| clusters.len() > 1)?;
    Some(bca(&clusters, estimate, confidence, seed))
}

/// Wilson's score interval for a share (Wilson, "Probable Inference", JASA 1927). The counts may be
/// fractions: effective numbers of cases.
#[must_use]
pub fn wilson(successes: f64, cases: f64, confidence: f64) -> Interval {
    let z = quantile(1.0 - (1.0 - confidence) / 2.0);
    let share = successes / cases;
    let middle = share + z * z / (2.0 * cases);
    let half = z
        * (share * (1.0 - share) / cases + z * z / (4.0 * cases * cases))
            .max(0.0)
            .sqrt();
    let scale = 1.0 + z * z / cases;
    Interval {
        estimate: share,
        low: ((middle - half) / scale).clamp(0.0, share),
        high: ((middle + half) / scale).clamp(share, 1.0),
    }
}

/// How much wider clusters make the variance of a share than independent cases would (Kish, "Survey
/// Sampling", 1965); at least 1.
#[expect(clippy::cast_precision_loss, reason = "counts are small")]
fn design_effect(clusters: &[(f64, f64)], share: f64, cases: f64) -> f64 {
    let count = clusters.len() as f64;
    let independent = share * (1.0 - share) / cases;
    if count < 2.0 || count >= cases || independent <= 0.0 {
        return 1.0;
    }
    let spread: f64 = clusters.iter().map(|(sum, size)| (sum - share * size).powi(2)).sum();
    let clustered = count / (count - 1.0) * spread / (cases * cases);
    (clustered / independent).max(1.0)
}

/// The bias-corrected and accelerated bootstrap (Efron, "Better Bootstrap Confidence Intervals",
/// JASA 1987), over clusters.
#[expect(clippy::cast_precision_loss, reason = "counts are small")]
fn bca(clusters: &[(f64, f64)], estimate: f64, confidence: f64, seed: u64) -> Interval {
    let mut chance = Chance::seeded(seed, "bootstrap");
    let mut means: Vec<f64> = (0..DRAWS)
        .map(|_| {
            let (mut sum, mut size) = (0.0, 0.0);
            for _ in clusters {
                let drawn = clusters[chance.below(clusters.len())];
                sum += drawn.0;
                size += drawn.1;
            }
            sum / size
        })
        .collect();
    means.sort_by(f64::total_cmp);
    // Ties with the estimate count half, so that a coarse scale gives no bias of its own.
    let below = means.iter().filter(|mean| **mean < estimate).count() as f64;
    let equal = means.iter().filter(|mean| (**mean - estimate).abs() == 0.0).count() as f64;
    let share = ((below + equal / 2.0) / DRAWS as f64).clamp(1.0 / DRAWS as f64, 1.0 - 1.0 / DRAWS as f64);
    let bias = quantile(share);
    let acceleration = acceleration(clusters);
    let bound = |p: f64| {
        let z = bias + quantile(p);
        let adjusted = cdf(bias + z / (1.0 - acceleration * z));
        at_share(&means, adjusted)
    };
    let tail = (1.0 - confidence) / 2.0;
    Interval {
        estimate,
        low: bound(tail).min(estimate),
        high: bound(1.0 - tail).max(estimate),
    }
}

/// The acceleration by leaving out one cluster at a time.
#[expect(clippy::cast_precision_loss, reason = "counts are small")]
fn acceleration(clusters: &[(f64, f64)]) -> f64 {
    let (sum, size) = clusters.iter().fold((0.0, 0.0), |all, it| (all.0 + it.0, all.1 + it.1));
    let without: Vec<f64> = clusters.iter().map(|it| (sum - it.0) / (size - it.1)).collect();
    let mean = without.iter().sum::<f64>() / without.len() as f64;
    let second: f64 = without.iter().map(|it| (mean - it).powi(2)).sum();
    let third: f64 = without.iter().map(|it| (mean - it).powi(3)).sum();
    if second == 0.0 {
        0.0
    } else {
        third / (6.0 * second.powf(1.5))
    }
}

/// The value below which a share of sorted values lies, between its neighbours in proportion.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a position within the values, clamped to them"
)]
fn at_share(sorted: &[f64], share: f64) -> f64 {
    let position = share.clamp(0.0, 1.0) * (sorted.len() - 1) as f64;
    let low = position.floor() as usize;
    let high = (low + 1).min(sorted.len() - 1);
    sorted[low] + (sorted[high] - sorted[low]) * position.fract()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Newcombe, "Two-sided confidence intervals for the single proportion" (1998), table I, method 3.
    #[test]
    fn wilson_gives_the_published_intervals() {
        for (successes, cases, low, high) in [
            (81.0, 263.0, 0.2553, 0.3662),
            (15.0, 148.0, 0.0624, 0.1605),
            (0.0, 20.0, 0.0, 0.1611),
            (1.0, 29.0, 0.0061, 0.1718),
        ] {
            let interval = wilson(successes, cases, 0.95);
            assert!((interval.low - low).abs() < 5e-5, "{interval:?}");
            assert!((interval.high - high).abs() < 5e-5, "{interval:?}");
        }
    }

    #[test]
    fn a_share_of_all_right_is_not_certain() {
        let interval = of_mean(&Sample::of(&[1.0; 12]), 0.95, 1).unwrap();
        assert!(interval.low < 0.8 && interval.high == 1.0, "{interval:?}");
    }

    #[test]
    fn the_bootstrap_is_near_the_normal_interval_where_that_holds() {
        let values: Vec<f64> = (0..400).map(|at| f64::from(at % 20) * 3.0).collect();
        let interval = of_mean(&Sample::of(&values), 0.95, 1).unwrap();
        // Mean 28.5, standard deviation 17.3 over the root of 400 cases, times 1.96.
        assert!((interval.low - (28.5 - 1.695)).abs() < 0.15, "{interval:?}");
        assert!((interval.high - (28.5 + 1.695)).abs() < 0.15, "{interval:?}");
        assert_eq!(of_mean(&Sample::of(&values), 0.95, 1), Some(interval));
    }

    #[test]
    fn cases_that_hang_together_say_less() {
        let mut sample = Sample::of(&[1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0]);
        let alone = of_mean(&sample, 0.95, 1).unwrap();
        for (at, value) in sample.values.iter_mut().enumerate() {
            value.cluster = (at / 4).to_string();
        }
        let together = of_mean(&sample, 0.95, 1).unwrap();
        assert!(together.high - together.low > alone.high - alone.low);
    }

    #[test]
    fn no_values_give_no_interval() {
        assert_eq!(of_mean(&Sample::default(), 0.95, 1), None);
    }
}
