//! How well scores tell two kinds apart.

use super::super::interval::Interval;
use super::super::normal::quantile;

/// The area under the ROC curve: the probability that a positive unit has a higher score than a
/// negative one, ties counting half. `None` without units of both kinds.
#[must_use]
pub fn auc(scores: &[(f64, bool)]) -> Option<f64> {
    placements(scores).map(|(positive, _)| mean(&positive))
}

/// [`auc`] with the interval of `DeLong`, `DeLong` and Clarke-Pearson (Biometrics 1988), taken on the
/// scale of log odds so that it keeps within 0 and 1. An area of exactly 1 or 0, where that variance is
/// 0, gets the bound at which so clear a separation has a probability of half the error rate, reckoned
/// from the fewer kind (the "rule of three"). `None` with fewer than two of either kind.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "counts are small")]
pub fn auc_interval(scores: &[(f64, bool)], confidence: f64) -> Option<Interval> {
    let (positive, negative) = placements(scores).filter(|(one, other)| one.len() > 1 && other.len() > 1)?;
    let estimate = mean(&positive);
    let tail = (1.0 - confidence) / 2.0;
    if estimate >= 1.0 || estimate <= 0.0 {
        let fewer = positive.len().min(negative.len()) as f64;
        let least = tail.powf(1.0 / fewer);
        return Some(Interval {
            estimate,
            low: if estimate >= 1.0 { least } else { 0.0 },
            high: if estimate >= 1.0 { 1.0 } else { 1.0 - least },
        });
    }
    let variance = variance(&positive) / positive.len() as f64 + variance(&negative) / negative.len() as f64;
    let odds = (estimate / (1.0 - estimate)).ln();
    let half = quantile(1.0 - tail) * variance.sqrt() / (estimate * (1.0 - estimate));
    let back = |odds: f64| 1.0 / (1.0 + (-odds).exp());
    Some(Interval {
        estimate,
        low: back(odds - half),
        high: back(odds + half),
    })
}

/// For each positive unit the share of negatives below it, for each negative the share of positives
/// above it. `None` without both kinds.
#[expect(clippy::cast_precision_loss, reason = "counts are small")]
fn placements(scores: &[(f64, bool)]) -> Option<(Vec<f64>, Vec<f64>)> {
    let of = |kind: bool| {
        let mut these: Vec<f64> = scores.iter().filter(|it| it.1 == kind).map(|it| it.0).collect();
        these.sort_by(f64::total_cmp);
        these
    };
    let (positives, negatives) = (of(true), of(false));
    if positives.is_empty() || negatives.is_empty() {
        return None;
    }
    let below = |score: f64, others: &[f64]| {
        let less = others.partition_point(|other| *other < score);
        let up_to = others.partition_point(|other| *other <= score);
        f64::midpoint(less as f64, up_to as f64) / others.len() as f64
    };
    let positive = positives.iter().map(|score| below(*score, &negatives)).collect();
    let negative = negatives.iter().map(|score| 1.0 - below(*score, &positives)).collect();
    Some((positive, negative))
}

#[expect(clippy::cast_precision_loss, reason = "counts are small")]
fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

#[expect(clippy::cast_precision_loss, reason = "counts are small")]
fn variance(values: &[f64]) -> f64 {
    let mean = mean(values);
    values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (values.len() - 1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scores() -> Vec<(f64, bool)> {
        let kinds = [1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 1, 0];
        let scores = [0.9, 0.8, 0.35, 0.7, 0.6, 0.2, 0.35, 0.1, 0.65, 0.4, 0.5, 0.5];
        scores.into_iter().zip(kinds.map(|kind| kind == 1)).collect()
    }

    /// The area by `sklearn.metrics.roc_auc_score` (scikit-learn 1.9.1); the variance, 0.0148148, by its
    /// definition in numpy.
    #[test]
    fn the_area_is_that_of_scikit_learn() {
        assert!((auc(&scores()).unwrap() - 0.833_333_333_333_333_5).abs() < 1e-12);
        let interval = auc_interval(&scores(), 0.95).unwrap();
        assert!((interval.low - 0.472_979_234_405).abs() < 1e-9, "{interval:?}");
        assert!((interval.high - 0.965_345_694_344).abs() < 1e-9, "{interval:?}");
    }

    #[test]
    fn a_clean_separation_of_few_is_not_certain() {
        let scores: Vec<(f64, bool)> = (0..20).map(|at| (f64::from(at), at >= 10)).collect();
        let interval = auc_interval(&scores, 0.95).unwrap();
        assert_eq!((interval.estimate, interval.high), (1.0, 1.0));
        assert!(interval.low < 0.75, "{interval:?}");
    }

    #[test]
    fn one_kind_alone_has_no_area() {
        assert_eq!(auc(&[(1.0, true), (0.0, true)]), None);
        assert_eq!(auc_interval(&[(1.0, true), (0.0, false)], 0.95), None);
    }
}
