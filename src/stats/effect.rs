//! What a sample is too small to show.

use super::normal::quantile;
use super::sample::Sample;

/// The smallest true difference of means that a paired comparison on these differences would find in
/// four of five tries at a level of 5 % (Cohen, "Statistical Power Analysis", 1988, with the normal
/// approximation). `None` with fewer than two clusters.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "counts are small")]
pub fn smallest_detectable(differences: &Sample) -> Option<f64> {
    let clusters = differences.clusters();
    let count = clusters.len() as f64;
    let cases = differences.values.len() as f64;
    if count < 2.0 {
        return None;
    }
    let mean = differences.mean()?;
    let spread: f64 = clusters.iter().map(|(sum, size)| (sum - mean * size).powi(2)).sum();
    let error = (count / (count - 1.0) * spread).sqrt() / cases;
    Some((quantile(0.975) + quantile(0.8)) * error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_cases_show_smaller_differences() {
        // Standard deviation 1, 100 cases: 2.8016 × 0.1, but for the n - 1.
        let values: Vec<f64> = (0..100).map(|at| if at % 2 == 0 { 1.0 } else { -1.0 }).collect();
        let found = smallest_detectable(&Sample::of(&values)).unwrap();
        assert!((found - 0.280_16 * (100.0_f64 / 99.0).sqrt()).abs() < 1e-4, "{found}");
        assert_eq!(smallest_detectable(&Sample::of(&[1.0])), None);
    }
}
