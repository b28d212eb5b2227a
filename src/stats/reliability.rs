//! Whether a suite measures the same thing twice, and the smallest difference it can see.

use crate::rng::Chance;

use super::normal::quantile;

/// Cronbach's alpha (Psychometrika 1951) of what `rows` (who is measured: variants, or repeats) reach on
/// the same items (cases); for passes and failures it is KR-20. `None` with fewer than two rows or two
/// items, rows of unequal length, or rows that all reach the same sum.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "counts are small")]
pub fn cronbach_alpha(rows: &[Vec<f64>]) -> Option<f64> {
    let items = rows.first()?.len();
    if rows.len() < 2 || items < 2 || rows.iter().any(|row| row.len() != items) {
        return None;
    }
    let sums: Vec<f64> = rows.iter().map(|row| row.iter().sum()).collect();
    let whole = variance(&sums);
    let parts: f64 = (0..items)
        .map(|item| variance(&rows.iter().map(|row| row[item]).collect::<Vec<_>>()))
        .sum();
    let items = items as f64;
    (whole > 0.0).then(|| items / (items - 1.0) * (1.0 - parts / whole))
}

/// The split-half reliability: the correlation of the rows' means over two random halves of the items,
/// stepped up to the whole length (Spearman; Brown, British Journal of Psychology 1910), the mean over
/// 200 splits. `None` with fewer than three rows (two always correlate fully) or two items, or when no
/// split has a correlation.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "counts are small")]
pub fn split_half(rows: &[Vec<f64>], seed: u64) -> Option<f64> {
    let items = rows.first()?.len();
    if rows.len() < 3 || items < 2 || rows.iter().any(|row| row.len() != items) {
        return None;
    }
    let mut chance = Chance::seeded(seed, "split half");
    let mut order: Vec<usize> = (0..items).collect();
    let stepped: Vec<f64> = (0..200)
        .filter_map(|_| {
            for at in (1..items).rev() {
                order.swap(at, chance.below(at + 1));
            }
            let half = |part: &[usize]| -> Vec<f64> {
                rows.iter()
                    .map(|row| part.iter().map(|item| row[*item]).sum::<f64>() / part.len() as f64)
                    .collect()
            };
            let (one, other) = order.split_at(items / 2);
            let r = correlation(&half(one), &half(other))?;
            // At -1 the halves rank in reverse: no reliability at all.
            Some(if r > 0.0 { 2.0 * r / (1.0 + r) } else { r })
        })
        .collect();
    (!stepped.is_empty()).then(|| stepped.iter().sum::<f64>() / stepped.len() as f64)
}

/// What makes scores differ: the variances of a fully crossed design variants × cases × repeats
/// (generalizability theory; Brennan, "Generalizability Theory", 2001). Estimates below 0 are 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Components {
    /// Between variants: what the suite is there to see.
    pub variants: f64,
    /// Between cases: easy and hard ones. It cancels when variants run on the same cases.
    pub cases: f64,
    /// Of variants with cases: some cases suit one variant better. More cases shrink it.
    pub interaction: f64,
    /// Between repeats of the same case and variant. More repeats shrink it, more cases too. 0 when there
    /// is one repeat: it is then part of the interaction.
    pub repeats: f64,
}

impl Components {
    /// Estimates the components from scores by variant, case and repeat, by the mean squares of an
    /// analysis of variance. `None` with fewer than two variants or cases, or when numbers differ between
    /// variants or cases.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "counts are small")]
    pub fn of(scores: &[Vec<Vec<f64>>]) -> Option<Self> {
        let cases = scores.first()?.len();
        let repeats = scores.first()?.first()?.len();
        let even = scores
            .iter()
            .all(|variant| variant.len() == cases && variant.iter().all(|case| case.len() == repeats));
        if scores.len() < 2 || cases < 2 || repeats == 0 || !even {
            return None;
        }
        let (v, c, r) = (scores.len() as f64, cases as f64, repeats as f64);
        let cells: Vec<Vec<f64>> = scores
            .iter()
            .map(|variant| variant.iter().map(|case| mean(case)).collect())
            .collect();
        let of_variants: Vec<f64> = cells.iter().map(|row| mean(row)).collect();
        let of_cases: Vec<f64> = (0..cases)
            .map(|case| mean(&cells.iter().map(|row| row[case]).collect::<Vec<_>>()))
            .collect();
        let all = mean(&of_variants);
        let mut crossed = 0.0;
        let mut within = 0.0;
        for (variant, row) in cells.iter().enumerate() {
            for (case, cell) in row.iter().enumerate() {
                crossed += (cell - of_variants[variant] - of_cases[case] + all).powi(2);
                within += scores[variant][case].iter().map(|it| (it - cell).powi(2)).sum::<f64>();
            }
        }
        let of_variant = c * r * variance(&of_variants);
        let of_case = v * r * variance(&of_cases);
        let crossed = r * crossed / ((v - 1.0) * (c - 1.0));
        let within = if repeats > 1 { within / (v * c * (r - 1.0)) } else { 0.0 };
        Some(Self {
            variants: ((of_variant - crossed) / (c * r)).max(0.0),
            cases: ((of_case - crossed) / (v * r)).max(0.0),
            interaction: ((crossed - within) / r).max(0.0),
            repeats: within,
        })
    }

    /// The generalizability coefficient for ranking variants by so many cases and repeats: the share of
    /// the variance of their means that is real. `None` when nothing varies.
    #[must_use]
    pub fn reliability(&self, cases: usize, repeats: usize) -> Option<f64> {
        let whole = self.variants + self.noise(cases, repeats);
        (whole > 0.0).then(|| self.variants / whole)
    }

    /// The smallest true difference of two variants that so many cases and repeats would show in four of
    /// five tries at a level of 5 % (normal approximation).
    #[must_use]
    pub fn smallest_difference(&self, cases: usize, repeats: usize) -> f64 {
        (quantile(0.975) + quantile(0.8)) * (2.0 * self.noise(cases, repeats)).sqrt()
    }

    /// The variance of a variant's mean over other cases and repeats, but for what all variants share.
    #[expect(clippy::cast_precision_loss, reason = "counts are small")]
    fn noise(&self, cases: usize, repeats: usize) -> f64 {
        (self.interaction + self.repeats / repeats.max(1) as f64) / cases.max(1) as f64
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts are small")]
fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

#[expect(clippy::cast_precision_loss, reason = "counts are small")]
fn variance(values: &[f64]) -> f64 {
    let mean = mean(values);
    values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (values.len() as f64 - 1.0)
}

/// Pearson's correlation; `None` when either side does not vary.
fn correlation(one: &[f64], other: &[f64]) -> Option<f64> {
    let (mine, theirs) = (mean(one), mean(other));
    let (mut both, mut first, mut second) = (0.0, 0.0, 0.0);
    for (a, b) in one.iter().zip(other) {
        both += (a - mine) * (b - theirs);
        first += (a - mine).powi(2);
        second += (b - theirs).powi(2);
    }
    let scale = (first * second).sqrt();
    (scale > 1e-12).then(|| both / scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> Vec<Vec<f64>> {
        [
            [1, 1, 1, 0, 1],
            [1, 1, 0, 0, 1],
            [0, 1, 0, 0, 0],
            [1, 1, 1, 1, 1],
            [0, 0, 0, 0, 1],
            [1, 0, 1, 0, 1],
        ]
        .iter()
        .map(|row| row.iter().map(|it| f64::from(*it)).collect())
        .collect()
    }

    /// By its definition in numpy 2.4.
    #[test]
    fn alpha_is_that_of_its_definition() {
        assert!((cronbach_alpha(&rows()).unwrap() - 0.681_818_181_818_181_8).abs() < 1e-12);
        assert_eq!(cronbach_alpha(&rows()[..1]), None);
    }

    #[test]
    fn halves_come_near_alpha() {
        let half = split_half(&rows(), 1).unwrap();
        assert!((half - 0.68).abs() < 0.15, "{half}");
        assert_eq!(split_half(&rows()[..2], 1), None);
    }

    /// Mean squares by `statsmodels.stats.anova.anova_lm` 0.15.0: variants 0.061667, cases 0.644444,
    /// interaction 0.024444, residual 0.014167.
    #[test]
    fn components_are_those_of_the_analysis_of_variance() {
        let scores = [
            [[0.9, 0.8], [0.4, 0.6], [1.0, 1.0], [0.2, 0.3]],
            [[0.7, 0.9], [0.5, 0.5], [0.9, 1.0], [0.1, 0.0]],
            [[0.5, 0.4], [0.6, 0.2], [0.8, 0.9], [0.3, 0.1]],
        ];
        let scores: Vec<Vec<Vec<f64>>> = scores
            .iter()
            .map(|it| it.iter().map(|it| it.to_vec()).collect())
            .collect();
        let found = Components::of(&scores).unwrap();
        let expected = [
            (found.variants, (0.061_666_667 - 0.024_444_444) / 8.0),
            (found.cases, (0.644_444_444 - 0.024_444_444) / 6.0),
            (found.interaction, (0.024_444_444 - 0.014_166_667) / 2.0),
            (found.repeats, 0.014_166_667),
        ];
        for (got, expected) in expected {
            assert!((got - expected).abs() < 1e-7, "{found:?}");
        }
        // More cases see more; with one repeat the same formula holds.
        assert!(found.smallest_difference(100, 2) < found.smallest_difference(25, 2) / 1.99);
        assert!(found.reliability(100, 2).unwrap() > found.reliability(4, 1).unwrap());
    }

    #[test]
    fn uneven_scores_have_no_components() {
        assert_eq!(Components::of(&[vec![vec![1.0]; 3], vec![vec![1.0]; 2]]), None);
        assert_eq!(Components::of(&[]), None);
    }
}
