//! What a sample is too small to show.

use super::bootstrap::error_of_mean;
use super::normal::quantile;
use super::sample::{Sample, Scale};

/// At a level of 5 % so many cases must change, all to the same side, before an exact test of signs can
/// find anything: 2 × 0.5⁶ is 0.031, 2 × 0.5⁵ is 0.063.
const FEWEST_CHANGES: f64 = 6.0;

/// The smallest true difference of means that a paired comparison on these differences would find in
/// four of five tries at a level of 5 % (Cohen, "Statistical Power Analysis", 1988, with the normal
/// approximation), but no smaller than six cases that change from fail to pass, where values are
/// differences of such. `None` with fewer than two clusters.
///
/// The spread of scores is taken with half a case at each end of what was seen, as their interval does:
/// runs that never differed on 12 cases do not show that they never will.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "counts are small")]
pub fn smallest_detectable(differences: &Sample) -> Option<f64> {
    let mut clusters = differences.clusters();
    if clusters.len() < 2 {
        return None;
    }
    let cases = differences.values.len() as f64;
    let size = cases / clusters.len() as f64;
    let mean = differences.mean()?;
    if differences.scale == Scale::Signed {
        // Half a case at either end, as one with their spread.
        clusters.push(((mean + differences.ends().1) * size, size));
    }
    let normal = (quantile(0.975) + quantile(0.8)) * error_of_mean(&clusters, mean);
    let all_or_nothing = differences.values.iter().all(|it| [-1.0, 0.0, 1.0].contains(&it.value));
    let least = if differences.scale == Scale::Signed && all_or_nothing {
        FEWEST_CHANGES / cases
    } else {
        0.0
    };
    Some(normal.max(least))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_cases_show_smaller_differences() {
        // Standard deviation 1, 100 cases: 2.8016 × 0.1, but for the n - 1.
        let values: Vec<f64> = (0..100).map(|at| if at % 2 == 0 { 1.0 } else { -1.0 }).collect();
        let found = smallest_detectable(&Sample::on(Scale::Open, &values)).unwrap();
        assert!((found - 0.280_16 * (100.0_f64 / 99.0).sqrt()).abs() < 1e-4, "{found}");
        assert_eq!(smallest_detectable(&Sample::on(Scale::Open, &[1.0])), None);
    }

    #[test]
    fn twelve_cases_show_only_half_the_suite() {
        let found = smallest_detectable(&Sample::on(Scale::Signed, &[0.0; 12])).unwrap();
        assert!((found - 0.5).abs() < 1e-12, "{found}");
    }
}
