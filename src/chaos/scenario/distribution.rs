//! How an amount varies from one request to the next.

use std::f64::consts::PI;
use std::time::Duration;

use crate::read::FormError;
use crate::rng::Chance;
use crate::source::Node;

use super::quantity::{Measure, wrong};

/// A distribution of seconds or of counts.
#[derive(Debug, Clone, PartialEq)]
pub enum Distribution {
    /// Always the same.
    Constant(f64),
    /// Evenly between two bounds.
    Uniform {
        /// The lower.
        low: f64,
        /// The upper.
        high: f64,
    },
    /// The waits of a Poisson process, with this mean.
    Exponential {
        /// Its mean.
        mean: f64,
    },
    /// The logarithm is normal: most latencies and lengths of texts are much like it.
    Lognormal {
        /// Half of the values are below.
        median: f64,
        /// The standard deviation of the logarithm.
        sigma: f64,
    },
    /// Ranks from 1 to n, the k-th with a weight of `k^-exponent`: a few are seen often, most seldom.
    Zipf(Ranks),
}

/// Ranks by their weights, summed up.
#[derive(Debug, Clone, PartialEq)]
pub struct Ranks {
    cumulative: Vec<f64>,
}

/// As many ranks as a distribution may have.
const MOST_RANKS: usize = 1_000_000;
const EXPECTED: &str =
    "a number, constant(x), uniform(a, b), exponential(mean), lognormal(median, sigma) or zipf(n, exponent)";

impl Distribution {
    /// One value, never negative.
    pub fn sample(&self, chance: &mut Chance) -> f64 {
        match self {
            Self::Constant(value) => *value,
            Self::Uniform { low, high } => low + (high - low) * chance.unit(),
            Self::Exponential { mean } => -mean * (1.0 - chance.unit()).ln(),
            Self::Lognormal { median, sigma } => median * (sigma * normal(chance)).exp(),
            Self::Zipf(ranks) => ranks.sample(chance),
        }
    }

    /// One value as a duration.
    pub fn sample_duration(&self, chance: &mut Chance) -> Duration {
        Duration::try_from_secs_f64(self.sample(chance)).unwrap_or(Duration::MAX)
    }

    /// One value as a whole number, rounded.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "not negative, and a cast stops at the greatest number"
    )]
    pub fn sample_count(&self, chance: &mut Chance) -> u32 {
        self.sample(chance).round() as u32
    }

    /// What it comes to on average.
    #[must_use]
    pub fn mean(&self) -> f64 {
        match self {
            Self::Constant(value) => *value,
            Self::Uniform { low, high } => f64::midpoint(*low, *high),
            Self::Exponential { mean } => *mean,
            Self::Lognormal { median, sigma } => median * (sigma * sigma / 2.0).exp(),
            Self::Zipf(ranks) => ranks.mean(),
        }
    }

    /// `lognormal(450ms, 0.5)` and its like; a plain amount is constant.
    ///
    /// # Errors
    /// Fails with what may stand there.
    pub fn read(node: &Node, measure: Measure, what: &str) -> Result<Self, FormError> {
        let text = node.scalar_text().ok_or_else(|| wrong(node, what, EXPECTED))?;
        Self::parse(&text, measure).ok_or_else(|| wrong(node, what, EXPECTED))
    }

    /// The same of a text.
    #[must_use]
    pub fn parse(text: &str, measure: Measure) -> Option<Self> {
        let text = text.trim();
        let Some((name, rest)) = text.split_once('(') else {
            return Some(Self::Constant(measure.parse(text)?));
        };
        let arguments: Vec<&str> = rest.strip_suffix(')')?.split(',').map(str::trim).collect();
        let plain = |text: &str| Measure::Count.parse(text);
        match (name.trim(), arguments.as_slice()) {
            ("constant", [value]) => Some(Self::Constant(measure.parse(value)?)),
            ("uniform", [low, high]) => {
                let (low, high) = (measure.parse(low)?, measure.parse(high)?);
                (low <= high).then_some(Self::Uniform { low, high })
            }
            ("exponential", [mean]) => Some(Self::Exponential {
                mean: measure.parse(mean)?,
            }),
            ("lognormal", [median, sigma]) => Some(Self::Lognormal {
                median: measure.parse(median)?,
                sigma: plain(sigma).filter(|sigma| *sigma <= 10.0)?,
            }),
            ("zipf", [n]) => Ranks::new(plain(n)?, 1.0).map(Self::Zipf),
            ("zipf", [n, exponent]) => Ranks::new(plain(n)?, plain(exponent)?).map(Self::Zipf),
            _ => None,
        }
    }
}

impl Ranks {
    /// The weights summed up, rank by rank.
    pub(super) fn sums(&self) -> &[f64] {
        &self.cumulative
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "checked to be within a million"
    )]
    fn new(n: f64, exponent: f64) -> Option<Self> {
        if !(1.0..=MOST_RANKS as f64).contains(&n) || n.fract() != 0.0 || exponent > 10.0 {
            return None;
        }
        let mut sum = 0.0;
        let cumulative = (1..=n as usize)
            .map(|rank| {
                sum += (rank as f64).powf(-exponent);
                sum
            })
            .collect();
        Some(Self { cumulative })
    }

    #[expect(clippy::cast_precision_loss, reason = "at most a million ranks")]
    fn sample(&self, chance: &mut Chance) -> f64 {
        let total = self.cumulative.last().copied().unwrap_or(0.0);
        let drawn = chance.unit() * total;
        let index = self.cumulative.partition_point(|sum| *sum <= drawn);
        index.min(self.cumulative.len() - 1) as f64 + 1.0
    }

    #[expect(clippy::cast_precision_loss, reason = "at most a million ranks")]
    fn mean(&self) -> f64 {
        let total = self.cumulative.last().copied().unwrap_or(1.0);
        let mut before = 0.0;
        let weighted = self.cumulative.iter().enumerate().map(|(index, sum)| {
            let weight = sum - before;
            before = *sum;
            (index + 1) as f64 * weight
        });
        weighted.sum::<f64>() / total
    }
}

/// A standard normal value (Box and Muller, 1958).
fn normal(chance: &mut Chance) -> f64 {
    let radius = (-2.0 * (1.0 - chance.unit()).ln()).sqrt();
    radius * (2.0 * PI * chance.unit()).cos()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sampled_mean(distribution: &Distribution) -> f64 {
        let mut chance = Chance::seeded(1, "mean");
        (0..200_000).map(|_| distribution.sample(&mut chance)).sum::<f64>() / 200_000.0
    }

    #[test]
    fn samples_have_the_mean_that_the_formula_gives() {
        for text in [
            "constant(3s)",
            "uniform(1s, 2s)",
            "exponential(500ms)",
            "lognormal(450ms, 0.5)",
        ] {
            let distribution = Distribution::parse(text, Measure::Time).unwrap();
            let (sampled, mean) = (sampled_mean(&distribution), distribution.mean());
            assert!((sampled - mean).abs() / mean < 0.01, "{text}: {sampled} {mean}");
        }
        let zipf = Distribution::parse("zipf(50)", Measure::Count).unwrap();
        // The mean of Zipf(1) over n ranks is n / H(n), and H(50) = 4.499205338…
        assert!((zipf.mean() - 50.0 / 4.499_205_338_329_423).abs() < 1e-9);
        assert!((sampled_mean(&zipf) - zipf.mean()).abs() < 0.1);
    }

    #[test]
    fn half_of_a_lognormal_is_below_its_median() {
        let distribution = Distribution::parse("lognormal(800, 1.1)", Measure::Count).unwrap();
        let mut chance = Chance::seeded(2, "median");
        let below = (0..100_000)
            .filter(|_| distribution.sample(&mut chance) < 800.0)
            .count();
        assert!((49_000..51_000).contains(&below), "{below}");
    }

    #[test]
    fn what_is_none_is_refused() {
        for text in [
            "",
            "lognormal(1s)",
            "lognormal(1s, 0.5",
            "zipf(0)",
            "zipf(1e9)",
            "uniform(2s, 1s)",
            "gamma(1, 2)",
            "lognormal(-1s, 1)",
            "lognormal(1s, 99)",
        ] {
            assert_eq!(Distribution::parse(text, Measure::Time), None, "{text}");
        }
    }
}
