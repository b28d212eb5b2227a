//! Distributions as tables of their quantiles: one random number and one look-up give a value.
//!
//! A value grows with the random number that it is made from, so that two variants of a configuration that draw
//! the same numbers see the same users and the same provider.

use std::sync::LazyLock;

use crate::stats;

use super::Distribution;

/// Cells of a table. Between their edges values are interpolated; in the two outermost cells they are computed.
const CELLS: usize = 2_000;

/// A distribution, ready to be drawn from.
#[derive(Debug, Clone)]
pub enum Sampler {
    /// Always the same.
    Constant(f64),
    /// By a table of quantiles.
    Table {
        /// The quantiles at the cells' edges.
        edges: Box<[f64; CELLS + 1]>,
        /// What makes an exact quantile of an outermost cell.
        tail: Tail,
    },
    /// Ranks from 1, by their cumulated weights, with a guess for each of the cells.
    Ranks {
        /// Weights summed up, the last one 1.
        cumulative: Vec<f64>,
        /// The first rank that a cell can hold.
        guide: Vec<u32>,
    },
}

/// How the outermost quantiles are computed.
#[derive(Debug, Clone, Copy)]
pub enum Tail {
    /// `a + (b - a) u`.
    Uniform(f64, f64),
    /// `-mean ln(1 - u)`.
    Exponential(f64),
    /// `median exp(sigma z)`.
    Lognormal(f64, f64),
}

impl Tail {
    fn quantile(self, u: f64) -> f64 {
        match self {
            Self::Uniform(low, high) => low + (high - low) * u,
            Self::Exponential(mean) => -mean * (1.0 - u).ln(),
            Self::Lognormal(median, sigma) => median * (sigma * stats::quantile(u)).exp(),
        }
    }
}

/// Normal quantiles at the inner edges, made once: each by Newton's steps from its neighbour.
static NORMAL: LazyLock<Box<[f64; CELLS + 1]>> = LazyLock::new(|| {
    let mut edges = Box::new([0.0; CELLS + 1]);
    let mut x: f64 = 0.0;
    for at in CELLS / 2 + 1..CELLS {
        let p = share(at);
        for _ in 0..4 {
            let density = (-x * x / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt();
            x -= (stats::cdf(x) - p) / density;
        }
        edges[at] = x;
        edges[CELLS - at] = -x;
    }
    edges[0] = f64::NEG_INFINITY;
    edges[CELLS] = f64::INFINITY;
    edges
});

#[expect(clippy::cast_precision_loss, reason = "a table's cells are few")]
fn share(at: usize) -> f64 {
    at as f64 / CELLS as f64
}

impl Sampler {
    /// The table of a distribution.
    #[must_use]
    pub fn of(distribution: &Distribution) -> Self {
        match distribution {
            Distribution::Constant(value) => Self::Constant(*value),
            Distribution::Uniform { low, high } => Self::uniform(*low, *high),
            Distribution::Exponential { mean } => Self::exponential(*mean),
            Distribution::Lognormal { median, sigma } => Self::lognormal(*median, *sigma),
            Distribution::Zipf(ranks) => Self::ranks(ranks.sums()),
        }
    }

    /// Between two bounds.
    fn uniform(low: f64, high: f64) -> Self {
        Self::table(Tail::Uniform(low, high), |at| low + (high - low) * share(at))
    }

    /// The waits of a Poisson process.
    fn exponential(mean: f64) -> Self {
        Self::table(Tail::Exponential(mean), |at| -mean * (1.0 - share(at)).ln())
    }

    /// A value whose logarithm is normal.
    fn lognormal(median: f64, sigma: f64) -> Self {
        Self::table(Tail::Lognormal(median, sigma), |at| median * (sigma * NORMAL[at]).exp())
    }

    /// Ranks from 1, by their weights summed up.
    fn ranks(sums: &[f64]) -> Self {
        let total = sums.last().copied().unwrap_or(1.0);
        let cumulative: Vec<f64> = sums.iter().map(|sum| sum / total).collect();
        let guide = (0..CELLS)
            .map(|cell| {
                let first = cumulative.partition_point(|edge| *edge <= share(cell));
                u32::try_from(first).unwrap_or(u32::MAX)
            })
            .collect();
        Self::Ranks { cumulative, guide }
    }

    fn table(tail: Tail, quantile: impl Fn(usize) -> f64) -> Self {
        let mut edges = Box::new([0.0; CELLS + 1]);
        for (at, edge) in edges.iter_mut().enumerate() {
            *edge = quantile(at);
        }
        Self::Table { edges, tail }
    }

    /// The value below which the share `u` of all values lies.
    #[must_use]
    #[inline]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a share times the number of cells is a cell"
    )]
    pub fn quantile(&self, u: f64) -> f64 {
        match self {
            Self::Constant(value) => *value,
            Self::Table { edges, tail } => {
                let scaled = u * CELLS as f64;
                let cell = (scaled as usize).min(CELLS - 1);
                if cell == 0 || cell == CELLS - 1 {
                    return tail.quantile(u);
                }
                let (low, high) = (edges[cell], edges[cell + 1]);
                low + (high - low) * (scaled - cell as f64)
            }
            Self::Ranks { cumulative, guide } => {
                let cell = ((u * CELLS as f64) as usize).min(CELLS - 1);
                let mut rank = guide[cell] as usize;
                while rank + 1 < cumulative.len() && cumulative[rank] <= u {
                    rank += 1;
                }
                rank as f64 + 1.0
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chaos::scenario::quantity::Measure;
    use crate::rng::Chance;

    fn mean(sampler: &Sampler) -> f64 {
        let mut chance = Chance::numbered(1, 2, 3);
        (0..400_000).map(|_| sampler.quantile(chance.unit())).sum::<f64>() / 400_000.0
    }

    #[test]
    fn samples_have_the_mean_that_the_formula_gives() {
        for (sampler, expected) in [
            (Sampler::Constant(3.0), 3.0),
            (Sampler::uniform(1.0, 2.0), 1.5),
            (Sampler::exponential(0.5), 0.5),
            (Sampler::lognormal(0.45, 0.5), 0.45 * 0.125_f64.exp()),
            // The mean of Zipf(1) over n ranks is n / H(n), and H(50) = 4.499205338.
            (
                Sampler::of(&Distribution::parse("zipf(50)", Measure::Count).unwrap()),
                50.0 / 4.499_205_338_329_423,
            ),
        ] {
            let mean = mean(&sampler);
            assert!((mean - expected).abs() / expected < 0.01, "{mean} {expected}");
        }
    }

    #[test]
    fn the_table_gives_the_quantiles_that_the_formula_gives() {
        let sampler = Sampler::lognormal(2.0, 1.1);
        for u in [0.0001, 0.001, 0.02, 0.3, 0.5, 0.9, 0.99, 0.999, 0.9999] {
            let exact = 2.0 * (1.1 * stats::quantile(u)).exp();
            let got = sampler.quantile(u);
            assert!((got - exact).abs() / exact < 0.01, "{u}: {got} {exact}");
        }
    }
}
