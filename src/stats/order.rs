//! Confidence intervals of a quantile, as p95 latency is.

use super::bootstrap::at_share;
use super::interval::{Interval, of_mean, wilson};
use super::sample::{Sample, Scale, Value};

/// The interval of a quantile (`share` of 0.95 for p95): that of the share of values up to it, read off
/// at the values in order (Woodruff, JASA 1952). A bound for which there are too few values is the end
/// of the scale: twenty latencies say nothing about how high p95 may be. `None` without values.
///
/// Latencies are of calls, not of cases: give one value for each call, with the case as its cluster.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "counts are small")]
pub fn of_quantile(sample: &Sample, share: f64, confidence: f64, seed: u64) -> Option<Interval> {
    let mut values: Vec<f64> = sample.values.iter().map(|it| it.value).collect();
    values.sort_by(f64::total_cmp);
    let estimate = (!values.is_empty()).then(|| at_share(&values, share))?;
    let count = values.len() as f64;
    let shares = if sample.is_clustered() {
        let up_to = |value: &Value| Value {
            value: f64::from(value.value <= estimate),
            ..value.clone()
        };
        let below = Sample {
            scale: Scale::Unit,
            values: sample.values.iter().map(up_to).collect(),
        };
        // Its own estimate is a step near the share; what matters is how far its bounds lie from it.
        let seen = of_mean(&below, confidence, seed)?;
        Interval {
            estimate: share,
            low: share - (seen.estimate - seen.low),
            high: share + (seen.high - seen.estimate),
        }
    } else {
        wilson(share * count, count, confidence)
    };
    let (least, greatest) = sample.scale.ends();
    // The share below the k-th of n values is k / (n + 1) on average.
    let at = |share: f64| (share * (count + 1.0) - 1.0) / (count - 1.0);
    let bound = |share: f64, end: f64| {
        if (0.0..=1.0).contains(&at(share)) {
            at_share(&values, at(share))
        } else {
            end
        }
    };
    Some(Interval {
        estimate,
        low: bound(shares.low, least).min(estimate),
        high: bound(shares.high, greatest).max(estimate),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_a_hundred_lies_between_the_40th_and_the_60th() {
        // Wilson's interval of 50 of 100 is 0.4038 to 0.5962; times 101.
        let values: Vec<f64> = (1..=100).map(f64::from).collect();
        let interval = of_quantile(&Sample::on(Scale::Amount, &values), 0.5, 0.95, 1).unwrap();
        assert!((interval.estimate - 50.5).abs() < 1e-12);
        assert!(
            (interval.low - 40.79).abs() < 0.01 && (interval.high - 60.21).abs() < 0.01,
            "{interval:?}"
        );
    }

    #[test]
    fn twenty_values_do_not_bound_p95() {
        let values: Vec<f64> = (1..=20).map(f64::from).collect();
        let interval = of_quantile(&Sample::on(Scale::Amount, &values), 0.95, 0.95, 1).unwrap();
        assert_eq!(interval.high, f64::INFINITY);
        assert!(interval.low > 10.0, "{interval:?}");
        assert_eq!(of_quantile(&Sample::default(), 0.95, 0.95, 1), None);
    }

    #[test]
    fn calls_of_one_case_say_less() {
        let values: Vec<f64> = (0..200).map(|at| f64::from(at / 10)).collect();
        let sample = Sample::on(Scale::Amount, &values);
        let alone = of_quantile(&sample, 0.5, 0.95, 1).unwrap();
        let together = of_quantile(&sample.in_clusters_of(10), 0.5, 0.95, 1).unwrap();
        assert!(
            together.high - together.low > alone.high - alone.low,
            "{alone:?} {together:?}"
        );
    }
}
