//! Late interaction: each word of the query looks for its best match among the passage's.
//!
//! Khattab and Zaharia, "`ColBERT`" (2020), with the query's words weighted by how rare they are, so that
//! `of the` says little.

use std::sync::Arc;

use super::traits::TokenVectors;
use super::vector::dot;
use super::{Embedder, ModelError, Reranker, StaticTable};

/// A reranker over the token vectors of any embedder.
pub struct LateInteraction {
    embedder: Arc<dyn Embedder>,
    weights: Arc<StaticTable>,
}

impl LateInteraction {
    /// Over an embedder; `weights` tells how much each word counts.
    #[must_use]
    pub fn new(embedder: Arc<dyn Embedder>, weights: Arc<StaticTable>) -> Self {
        Self { embedder, weights }
    }
}

impl Reranker for LateInteraction {
    fn identity(&self) -> String {
        format!("late-interaction:{}", self.embedder.identity())
    }

    /// The weighted mean, over the query's tokens, of the best cosine among the passage's: from -1 to 1.
    fn score(&self, query: &str, passages: &[&str]) -> Result<Vec<f32>, ModelError> {
        let query = self.embedder.embed_tokens(&[query])?.pop().unwrap_or_default();
        let weights: Vec<f32> = query.iter().map(|(token, _)| self.weights.weight(token)).collect();
        let passages = self.embedder.embed_tokens(passages)?;
        Ok(passages
            .iter()
            .map(|passage| best_matches(&query, &weights, passage))
            .collect())
    }
}

/// The weighted mean of each token's best match; 0 when there is nothing to match.
fn best_matches(query: &TokenVectors, weights: &[f32], passage: &TokenVectors) -> f32 {
    let total: f32 = weights.iter().sum();
    if passage.is_empty() || total <= 0.0 {
        return 0.0;
    }
    let matched = query.iter().zip(weights).map(|((_, token), weight)| {
        let best = passage
            .iter()
            .map(|(_, other)| dot(token, other))
            .fold(f32::NEG_INFINITY, f32::max);
        weight * best
    });
    matched.sum::<f32>() / total
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_match_of_each_token_counts_by_its_weight() {
        let token = |x: f32, y: f32| (String::new(), vec![x, y]);
        let query = vec![token(1.0, 0.0), token(0.0, 1.0)];
        let passage = vec![token(0.6, 0.8), token(1.0, 0.0)];
        // (3 · 1 + 1 · 0.8) / 4.
        assert!((best_matches(&query, &[3.0, 1.0], &passage) - 0.95).abs() < 1e-6);
        assert_eq!(best_matches(&query, &[3.0, 1.0], &vec![]), 0.0);
        assert_eq!(best_matches(&vec![], &[], &passage), 0.0);
    }
}
