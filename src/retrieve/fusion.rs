//! One ranking from two.

use std::collections::HashMap;

use super::ranking::{Scored, top};

/// How two rankings become one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Fusion {
    /// Reciprocal ranks: Σ weight / (60 + rank) (Cormack, Clarke and Büttcher, "Reciprocal Rank Fusion
    /// outperforms Condorcet and individual rank learning methods", 2009). It asks for two rankings of
    /// like strength: a weak one pulls its favourites up however small its scores are.
    ReciprocalRank,
    /// Scores, each ranking's candidates first spread from 0 to 1: Σ weight · (s − min) / (max − min).
    /// What one ranking does not hold counts 0 there.
    #[default]
    WeightedSum,
}

/// The constant of reciprocal rank fusion.
const RRF_K: f64 = 60.0;

/// How many candidates each ranking gives, at least.
pub(super) const CANDIDATES: usize = 200;

/// Fuses BM25's candidates with dense ones, both best first; `weight` is the dense share, 0 to 1. With no
/// dense share, or no dense candidate, BM25's order stands as it is.
pub(super) fn fuse(
    bm25: &[Scored],
    dense: &[Scored],
    weight: f64,
    fusion: Fusion,
    top_k: usize,
    ranks: &[u32],
) -> Vec<Scored> {
    let mut fused: HashMap<u32, f64> = HashMap::new();
    for (ranking, share) in [(bm25, 1.0 - weight), (dense, weight)] {
        if share <= 0.0 {
            continue;
        }
        match fusion {
            Fusion::ReciprocalRank => {
                let mut rank = RRF_K;
                for (passage, _) in ranking {
                    rank += 1.0;
                    *fused.entry(*passage).or_default() += share / rank;
                }
            }
            Fusion::WeightedSum => {
                let (high, low) = (
                    ranking.first().map_or(0.0, |it| it.1),
                    ranking.last().map_or(0.0, |it| it.1),
                );
                for (passage, score) in ranking {
                    let spread = if high > low { (score - low) / (high - low) } else { 1.0 };
                    *fused.entry(*passage).or_default() += share * spread;
                }
            }
        }
    }
    top(fused.into_iter().collect(), top_k, ranks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reciprocal_ranks_add_up() {
        let fused = fuse(
            &[(0, 9.0), (1, 1.0)],
            &[(1, 0.9), (2, 0.8)],
            0.5,
            Fusion::ReciprocalRank,
            9,
            &[0, 1, 2],
        );
        let expected = [(1, 0.5 / 62.0 + 0.5 / 61.0), (0, 0.5 / 61.0), (2, 0.5 / 62.0)];
        assert_eq!(fused, expected);
    }

    #[test]
    fn sums_are_spread_first_and_ties_go_by_name() {
        let (bm25, dense) = ([(0, 8.0), (1, 6.0), (2, 4.0)], [(2, 0.9), (3, 0.5)]);
        let fused = fuse(&bm25, &dense, 0.25, Fusion::WeightedSum, 9, &[0, 1, 3, 2]);
        assert_eq!(fused, [(0, 0.75), (1, 0.375), (2, 0.25), (3, 0.0)]);
        let tied = fuse(&[(0, 1.0)], &[(1, 1.0)], 0.5, Fusion::WeightedSum, 9, &[1, 0]);
        assert_eq!(tied, [(1, 0.5), (0, 0.5)]);
    }

    #[test]
    fn without_a_share_bm25_stands() {
        for fusion in [Fusion::ReciprocalRank, Fusion::WeightedSum] {
            let fused = fuse(&[(2, 3.0), (0, 2.0), (1, 1.0)], &[(1, 1.0)], 0.0, fusion, 2, &[0, 1, 2]);
            assert_eq!(fused.iter().map(|it| it.0).collect::<Vec<_>>(), [2, 0]);
        }
    }
}
