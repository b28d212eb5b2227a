//! Confidence intervals of a mean.
//!
//! Which method a sample gets was decided by simulation (`examples/coverage.rs`, figures in
//! `benches/README.md`). BCa, the usual choice, covers only 35 to 90 % where suites are small, nearly
//! all right, or clustered by document: what it has not seen it does not draw.

use super::bootstrap;
use super::normal::quantile;
use super::sample::Sample;

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

/// The interval of a sample's mean, over clusters. `None` without values.
///
/// - Shares of independent cases: [`wilson`].
/// - All else: the Bayesian bootstrap with half a pseudo-cluster at each end of the scale; for
///   differences of scores at plus and minus the largest seen, for amounts half their range beyond what
///   was seen. With a single cluster of an amount the interval is unbounded; when amounts are all equal
///   it has no width.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "counts are small")]
pub fn of_mean(sample: &Sample, confidence: f64, seed: u64) -> Option<Interval> {
    let estimate = sample.mean()?;
    let cases = sample.values.len() as f64;
    if sample.is_share() && !sample.is_clustered() {
        return Some(wilson(estimate * cases, cases, confidence));
    }
    let clusters = sample.clusters();
    let ends = sample.ends();
    let (least, greatest) = sample.scale.ends();
    if clusters.len() < 2 && ends.0 < ends.1 && greatest.is_infinite() {
        return Some(Interval {
            estimate,
            low: least,
            high: greatest,
        });
    }
    let interval = bootstrap::with_ends(&clusters, ends, estimate, confidence, seed);
    Some(Interval {
        low: interval.low.max(least).min(estimate),
        ..interval
    })
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::sample::Scale;
    use super::*;

    /// Newcombe, "Two-sided confidence intervals for the single proportion" (1998), table I, method 3;
    /// the last by `statsmodels.stats.proportion.proportion_confint` 0.15.0.
    #[test]
    fn wilson_gives_the_published_intervals() {
        for (successes, cases, low, high) in [
            (81.0, 263.0, 0.2553, 0.3662),
            (15.0, 148.0, 0.0624, 0.1605),
            (0.0, 20.0, 0.0, 0.1611),
            (1.0, 29.0, 0.0061, 0.1718),
            (19.0, 20.0, 0.763_869, 0.991_118),
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
        let clustered = of_mean(&Sample::of(&[1.0; 12]).in_clusters_of(4), 0.95, 1).unwrap();
        assert!(clustered.low < interval.low && clustered.high == 1.0, "{clustered:?}");
    }

    #[test]
    fn values_without_ends_get_the_normal_interval_where_that_holds() {
        let values: Vec<f64> = (0..400).map(|at| f64::from(at % 20) * 3.0).collect();
        let sample = Sample::on(Scale::Open, &values);
        let interval = of_mean(&sample, 0.95, 1).unwrap();
        // Mean 28.5, standard deviation 17.3 over the root of 400 cases, times 1.96.
        assert!((interval.low - (28.5 - 1.695)).abs() < 0.2, "{interval:?}");
        assert!((interval.high - (28.5 + 1.695)).abs() < 0.2, "{interval:?}");
        assert_eq!(of_mean(&sample, 0.95, 1), Some(interval));
    }

    #[test]
    fn cases_that_hang_together_say_less() {
        let sample = Sample::of(&[1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0]);
        let alone = of_mean(&sample, 0.95, 1).unwrap();
        let together = of_mean(&sample.in_clusters_of(4), 0.95, 1).unwrap();
        assert!(together.high - together.low > alone.high - alone.low);
    }

    #[test]
    fn tiny_costs_are_not_held_for_scores() {
        let costs: Vec<f64> = (0..40).map(|at| 0.0003 + f64::from(at % 5) * 1e-5).collect();
        let interval = of_mean(&Sample::on(Scale::Open, &costs), 0.95, 1).unwrap();
        assert!(interval.high < 0.0004, "{interval:?}");
    }

    #[test]
    fn no_values_give_no_interval_and_one_cluster_an_unbounded_one() {
        assert_eq!(of_mean(&Sample::default(), 0.95, 1), None);
        let one = of_mean(&Sample::on(Scale::Open, &[1.0, 2.0]).in_clusters_of(2), 0.95, 1).unwrap();
        assert_eq!((one.low, one.high), (f64::NEG_INFINITY, f64::INFINITY));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn intervals_hold_their_estimate_and_keep_to_the_scale(
            values in prop::collection::vec(0.0_f64..=1.0, 1..30),
            size in 1_usize..5,
            scale in prop::sample::select(vec![Scale::Unit, Scale::Signed, Scale::Amount, Scale::Open]),
            seed: u64,
        ) {
            let sample = Sample::on(scale, &values).in_clusters_of(size);
            let interval = of_mean(&sample, 0.95, seed).unwrap();
            let (least, greatest) = scale.ends();
            prop_assert!(least <= interval.low && interval.low <= interval.estimate);
            prop_assert!(interval.estimate <= interval.high && interval.high <= greatest);
        }
    }
}
