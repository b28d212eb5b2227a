//! Any number of raters, with gaps: Krippendorff's alpha.

use super::super::bootstrap::of_statistic;
use super::super::interval::Interval;

/// What the values are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Names without order.
    Nominal,
    /// Ranks: their order counts, their distance does not.
    Ordinal,
    /// Numbers: their distance counts.
    Interval,
}

/// Krippendorff's alpha ("Computing Krippendorff's Alpha-Reliability", 2011): 1 is full agreement, 0
/// what chance would give. `units` holds each unit's values, one for each rater, `None` where a rater
/// gave none; units with fewer than two values do not count. `None` when there is nothing to disagree
/// on: no such units, or one value throughout.
#[must_use]
pub fn krippendorff(units: &[Vec<Option<f64>>], level: Level) -> Option<f64> {
    let units: Vec<Vec<f64>> = units.iter().map(|unit| present(unit)).collect();
    let every: Vec<usize> = (0..units.len()).collect();
    of_units(&units, &every, level)
}

/// [`krippendorff`] with its BCa bootstrap interval over units.
#[must_use]
pub fn krippendorff_interval(units: &[Vec<Option<f64>>], level: Level, confidence: f64, seed: u64) -> Option<Interval> {
    let units: Vec<Vec<f64>> = units.iter().map(|unit| present(unit)).collect();
    of_statistic(units.len(), confidence, seed, |drawn| of_units(&units, drawn, level))
}

fn present(unit: &[Option<f64>]) -> Vec<f64> {
    unit.iter()
        .copied()
        .flatten()
        .filter(|value| value.is_finite())
        .collect()
}

#[expect(clippy::cast_precision_loss, reason = "counts are small")]
fn of_units(units: &[Vec<f64>], drawn: &[usize], level: Level) -> Option<f64> {
    let paired = || drawn.iter().map(|unit| &units[*unit]).filter(|unit| unit.len() > 1);
    let mut values: Vec<f64> = paired().flatten().copied().collect();
    values.sort_by(f64::total_cmp);
    // The distinct values and how often each comes.
    let mut counts: Vec<(f64, f64)> = Vec::new();
    for value in &values {
        match counts.last_mut() {
            Some((last, count)) if last == value => *count += 1.0,
            _ => counts.push((*value, 1.0)),
        }
    }
    let place = |value: f64| counts.partition_point(|(other, _)| *other < value);
    let distance = |one: usize, other: usize| -> f64 {
        let (low, high) = (one.min(other), one.max(other));
        match level {
            _ if low == high => 0.0,
            Level::Nominal => 1.0,
            Level::Ordinal => {
                let between: f64 = counts[low..=high].iter().map(|it| it.1).sum();
                (between - f64::midpoint(counts[low].1, counts[high].1)).powi(2)
            }
            Level::Interval => (counts[low].0 - counts[high].0).powi(2),
        }
    };
    let mut seen = 0.0;
    for unit in paired() {
        let places: Vec<usize> = unit.iter().map(|value| place(*value)).collect();
        let mut within = 0.0;
        for (at, one) in places.iter().enumerate() {
            within += places[at + 1..].iter().map(|other| distance(*one, *other)).sum::<f64>();
        }
        seen += 2.0 * within / (unit.len() - 1) as f64;
    }
    let mut by_chance = 0.0;
    for one in 0..counts.len() {
        for other in one + 1..counts.len() {
            by_chance += 2.0 * counts[one].1 * counts[other].1 * distance(one, other);
        }
    }
    by_chance /= values.len().saturating_sub(1).max(1) as f64;
    (by_chance > 0.0).then(|| 1.0 - seen / by_chance)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of Krippendorff (2011), section C: four raters, twelve units, gaps as 0.
    fn example() -> Vec<Vec<Option<f64>>> {
        let raters = [
            [1, 2, 3, 3, 2, 1, 4, 1, 2, 0, 0, 0],
            [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, 0, 3],
            [0, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, 0],
            [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, 0],
        ];
        (0..12)
            .map(|unit| {
                raters
                    .iter()
                    .map(|rater| (rater[unit] > 0).then(|| f64::from(rater[unit])))
                    .collect()
            })
            .collect()
    }

    /// 0.743, 0.815 and 0.849 in the paper; all digits by the package `krippendorff` 0.9.0.
    #[test]
    fn alphas_are_those_of_the_paper() {
        for (level, expected) in [
            (Level::Nominal, 0.743_421_052_631_579),
            (Level::Ordinal, 0.815_387_503_754_881_4),
            (Level::Interval, 0.849_107_142_857_142_8),
        ] {
            let got = krippendorff(&example(), level).unwrap();
            assert!((got - expected).abs() < 1e-12, "{level:?}: {got}");
        }
    }

    #[test]
    fn intervals_hold_their_estimate() {
        let interval = krippendorff_interval(&example(), Level::Nominal, 0.95, 1).unwrap();
        assert!(interval.low < 0.65 && interval.high > 0.85, "{interval:?}");
    }

    #[test]
    fn nothing_to_disagree_on_has_no_alpha() {
        assert_eq!(krippendorff(&[], Level::Nominal), None);
        assert_eq!(
            krippendorff(&vec![vec![Some(1.0), Some(1.0)]; 5], Level::Interval),
            None
        );
        assert_eq!(krippendorff(&vec![vec![Some(1.0), None]; 5], Level::Interval), None);
    }
}
