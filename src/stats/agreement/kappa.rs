//! Two raters: the share on which they agree, and Cohen's kappa.

use super::super::bootstrap::of_statistic;
use super::super::interval::{Interval, wilson};

/// How much a disagreement between two ordered categories counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weights {
    /// All disagreements count the same: categories without order.
    Equal,
    /// By the distance of the categories.
    Linear,
    /// By its square.
    Quadratic,
}

impl Weights {
    #[expect(clippy::cast_precision_loss, reason = "a few categories")]
    fn of(self, one: usize, other: usize) -> f64 {
        let distance = one.abs_diff(other) as f64;
        match self {
            Self::Equal => f64::from(u8::from(one != other)),
            Self::Linear => distance,
            Self::Quadratic => distance * distance,
        }
    }
}

/// The share of units on which two raters chose the same category, with Wilson's interval. `None`
/// without units.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "counts are small")]
pub fn agreement(pairs: &[(usize, usize)], confidence: f64) -> Option<Interval> {
    let same = pairs.iter().filter(|(one, other)| one == other).count();
    (!pairs.is_empty()).then(|| wilson(same as f64, pairs.len() as f64, confidence))
}

/// Cohen's kappa (Educational and Psychological Measurement 1960; weighted: Psychological Bulletin
/// 1968) of two raters' categories `0, 1, …`: 1 is full agreement, 0 what chance would give. `None`
/// when chance leaves nothing to disagree on: no units, or one category throughout.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "counts are small")]
pub fn kappa(pairs: &[(usize, usize)], weights: Weights) -> Option<f64> {
    let categories = 1 + pairs.iter().map(|(one, other)| *one.max(other)).max()?;
    let (mut ones, mut others) = (vec![0.0; categories], vec![0.0; categories]);
    for (one, other) in pairs {
        ones[*one] += 1.0;
        others[*other] += 1.0;
    }
    let seen: f64 = pairs.iter().map(|(one, other)| weights.of(*one, *other)).sum();
    let mut by_chance = 0.0;
    for (one, row) in ones.iter().enumerate() {
        for (other, column) in others.iter().enumerate() {
            by_chance += row * column * weights.of(one, other);
        }
    }
    by_chance /= pairs.len() as f64;
    (by_chance > 0.0).then(|| 1.0 - seen / by_chance)
}

/// [`kappa`] with its BCa bootstrap interval over units.
#[must_use]
pub fn kappa_interval(pairs: &[(usize, usize)], weights: Weights, confidence: f64, seed: u64) -> Option<Interval> {
    of_statistic(pairs.len(), confidence, seed, |units| {
        let drawn: Vec<_> = units.iter().map(|unit| pairs[*unit]).collect();
        kappa(&drawn, weights)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs() -> Vec<(usize, usize)> {
        let one = [0, 1, 2, 2, 1, 0, 0, 2, 1, 1, 0, 2, 2, 1, 0];
        let other = [0, 1, 1, 2, 1, 0, 1, 2, 1, 2, 0, 2, 1, 1, 0];
        one.into_iter().zip(other).collect()
    }

    /// `sklearn.metrics.cohen_kappa_score` of scikit-learn 1.9.1.
    #[test]
    fn kappas_are_those_of_scikit_learn() {
        for (weights, expected) in [
            (Weights::Equal, 0.6),
            (Weights::Linear, 0.684_210_526_315_789_5),
            (Weights::Quadratic, 0.777_777_777_777_777_8),
        ] {
            let got = kappa(&pairs(), weights).unwrap();
            assert!((got - expected).abs() < 1e-12, "{weights:?}: {got}");
        }
    }

    #[test]
    fn intervals_hold_their_estimate() {
        let interval = kappa_interval(&pairs(), Weights::Equal, 0.95, 1).unwrap();
        assert!(
            interval.low > 0.0 && interval.low < 0.4 && interval.high > 0.8,
            "{interval:?}"
        );
        let share = agreement(&pairs(), 0.95).unwrap();
        assert!((share.estimate - 11.0 / 15.0).abs() < 1e-12 && share.low < 0.5);
    }

    #[test]
    fn one_category_says_nothing_beyond_chance() {
        assert_eq!(kappa(&[(1, 1); 9], Weights::Equal), None);
        assert_eq!(kappa(&[], Weights::Equal), None);
        assert_eq!(agreement(&[], 0.95), None);
    }
}
