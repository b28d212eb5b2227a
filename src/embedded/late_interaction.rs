//! Late interaction: each word of the query looks for its best match among the passage's.
//!
//! Khattab and Zaharia, "`ColBERT`" (2020), with the query's words weighted by how rare they are, so that
//! `of the` says little.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest, Sha256};

use super::{Embedder, ModelError, Reranker, StaticTable};

/// The most bytes of passages' tokens that are kept. A passage of 200 tokens of 384 numbers takes 77 kB.
const KEPT: usize = 256 << 20;
/// How many passages are embedded at once: a vector of floats for each token takes memory until it is bytes.
const BATCH: usize = 16;
/// The largest signed byte, which stands for 1.
const ONE: f32 = 127.0;

/// A reranker over the token vectors of any embedder.
pub struct LateInteraction {
    embedder: Arc<dyn Embedder>,
    weights: Arc<StaticTable>,
    /// Passages come back with every question that is like another, and to embed one costs a thousand times what
    /// comparing it does. Whoever embeds holds the lock, so that passages are embedded once, and not by all threads
    /// at once in as many copies.
    passages: Mutex<Passages>,
}

/// Passages' tokens by the hash of their text.
#[derive(Default)]
struct Passages {
    known: HashMap<[u8; 16], Arc<Tokens>>,
    bytes: usize,
}

/// The tokens' unit vectors one after the other, 1 as 127: the error of a cosine is below 0.004.
struct Tokens(Vec<i8>);

impl LateInteraction {
    /// Over an embedder; `weights` tells how much each word counts.
    #[must_use]
    pub fn new(embedder: Arc<dyn Embedder>, weights: Arc<StaticTable>) -> Self {
        Self {
            embedder,
            weights,
            passages: Mutex::default(),
        }
    }

    fn tokens(&self, passages: &[&str]) -> Result<Vec<Arc<Tokens>>, ModelError> {
        let hashes: Vec<[u8; 16]> = passages.iter().map(|text| hash(text)).collect();
        let mut kept = self.passages.lock().unwrap_or_else(PoisonError::into_inner);
        let mut found: Vec<Option<Arc<Tokens>>> = hashes.iter().map(|hash| kept.known.get(hash).cloned()).collect();
        let missing: Vec<usize> = (0..passages.len()).filter(|at| found[*at].is_none()).collect();
        for places in missing.chunks(BATCH) {
            let texts: Vec<&str> = places.iter().map(|at| passages[*at]).collect();
            for (at, vectors) in places.iter().zip(self.embedder.embed_tokens(&texts)?) {
                let tokens = Arc::new(Tokens::of(vectors.iter().map(|(_, vector)| vector.as_slice())));
                if kept.bytes > KEPT {
                    *kept = Passages::default();
                }
                kept.bytes += tokens.0.len();
                kept.known.insert(hashes[*at], Arc::clone(&tokens));
                found[*at] = Some(tokens);
            }
        }
        // An embedder that gave too few vectors gives too few scores, which the caller refuses.
        Ok(found.into_iter().flatten().collect())
    }
}

fn hash(text: &str) -> [u8; 16] {
    let digest = Sha256::digest(text.as_bytes());
    let mut short = [0; 16];
    short.copy_from_slice(&digest[..16]);
    short
}

impl Tokens {
    fn of<'v>(vectors: impl Iterator<Item = &'v [f32]>) -> Self {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the numbers of a unit vector lie between -1 and 1"
        )]
        let byte = |x: &f32| (x * ONE).round() as i8;
        Self(vectors.flatten().map(byte).collect())
    }
}

impl Reranker for LateInteraction {
    fn identity(&self) -> String {
        format!("late-interaction:{}", self.embedder.identity())
    }

    /// Half: its embedder was never taught to rank, and the first ranking knows what it does not.
    fn share(&self) -> f64 {
        0.5
    }

    /// The weighted mean, over the query's tokens, of the best cosine among the passage's: from -1 to 1.
    fn score(&self, query: &str, passages: &[&str]) -> Result<Vec<f32>, ModelError> {
        let query = self.embedder.embed_tokens(&[query])?.pop().unwrap_or_default();
        let weights: Vec<f32> = query.iter().map(|(token, _)| self.weights.weight(token)).collect();
        let vectors: Vec<&[f32]> = query.iter().map(|(_, vector)| vector.as_slice()).collect();
        let passages = self.tokens(passages)?;
        Ok(passages
            .iter()
            .map(|passage| best_matches(&vectors, &weights, passage))
            .collect())
    }
}

/// The weighted mean of each token's best match; 0 when there is nothing to match.
fn best_matches(query: &[&[f32]], weights: &[f32], passage: &Tokens) -> f32 {
    let total: f32 = weights.iter().sum();
    if passage.0.is_empty() || total <= 0.0 {
        return 0.0;
    }
    let matched = query.iter().zip(weights).map(|(token, weight)| {
        let others = passage.0.chunks_exact(token.len().max(1));
        let best = others
            .map(|other| cosine(token, other))
            .fold(f32::NEG_INFINITY, f32::max);
        weight * best
    });
    matched.sum::<f32>() / total
}

/// The dot product in lanes that the compiler turns into vector instructions; the order of additions is fixed.
fn cosine(token: &[f32], other: &[i8]) -> f32 {
    const LANES: usize = 16;
    let mut sums = [0.0_f32; LANES];
    let (ours, our_rest) = token.as_chunks::<LANES>();
    let (theirs, their_rest) = other.as_chunks::<LANES>();
    for (a, b) in ours.iter().zip(theirs) {
        for lane in 0..LANES {
            sums[lane] += a[lane] * f32::from(b[lane]);
        }
    }
    let rest: f32 = our_rest.iter().zip(their_rest).map(|(a, b)| a * f32::from(*b)).sum();
    (sums.iter().sum::<f32>() + rest) / ONE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_match_of_each_token_counts_by_its_weight() {
        let (x, y): (&[f32], &[f32]) = (&[1.0, 0.0], &[0.0, 1.0]);
        let passage = Tokens::of([&[0.6, 0.8][..], x].into_iter());
        // (3 · 1 + 1 · 0.8) / 4.
        assert!((best_matches(&[x, y], &[3.0, 1.0], &passage) - 0.95).abs() < 4e-3);
        assert_eq!(best_matches(&[x, y], &[3.0, 1.0], &Tokens(Vec::new())), 0.0);
        assert_eq!(best_matches(&[], &[], &passage), 0.0);
    }

    #[test]
    fn a_passage_that_is_known_is_not_embedded_again_and_scores_the_same() {
        let table = || Arc::new(StaticTable::shipped().unwrap());
        let reranker = LateInteraction::new(table(), table());
        let passages = [
            "Returns within 30 days.",
            "The shop opens at nine.",
            "Returns within 30 days.",
        ];
        let first = reranker.score("How long may I return it?", &passages).unwrap();
        assert_eq!(reranker.passages.lock().unwrap().known.len(), 2);
        assert_eq!(reranker.score("How long may I return it?", &passages).unwrap(), first);
        assert!(first[0] > first[1] && first[0] == first[2]);
    }
}
