//! The normal distribution.

use std::f64::consts::{PI, SQRT_2};

/// The probability that a standard normal variable is at most `x`.
#[must_use]
pub fn cdf(x: f64) -> f64 {
    0.5 * libm::erfc(-x / SQRT_2)
}

/// The value that a standard normal variable stays below with probability `p`; infinite at 0 and 1.
///
/// Bisection on [`cdf`] to a bracket, then Newton's steps: it is called a few times per report, so it
/// is exact and simple instead of fast.
#[must_use]
pub fn quantile(p: f64) -> f64 {
    if p <= 0.0 {
        return f64::NEG_INFINITY;
    }
    if p >= 1.0 {
        return f64::INFINITY;
    }
    let (mut low, mut high) = (-40.0, 40.0);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if cdf(middle) < p {
            low = middle;
        } else {
            high = middle;
        }
    }
    let mut x = f64::midpoint(low, high);
    for _ in 0..2 {
        let density = (-x * x / 2.0).exp() / (2.0 * PI).sqrt();
        if density > 0.0 {
            x -= (cdf(x) - p) / density;
        }
    }
    x
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values from tables of the normal distribution.
    #[test]
    fn quantiles_are_those_of_the_tables() {
        for (p, x) in [
            (0.5, 0.0),
            (0.975, 1.959_963_984_540_054),
            (0.8, 0.841_621_233_572_914_3),
            (0.001, -3.090_232_306_167_813_7),
        ] {
            assert!((quantile(p) - x).abs() < 1e-12, "{p}: {}", quantile(p));
            assert!((cdf(x) - p).abs() < 1e-12);
        }
        assert_eq!(quantile(0.0), f64::NEG_INFINITY);
    }
}
