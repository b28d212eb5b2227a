//! Models for tests: words hashed into a few numbers, the same for ever.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::embedded::{Embedder, ModelError, Reranker};
use crate::rng::fnv;

/// How many numbers a vector has.
const DIMENSIONS: usize = 64;

/// Each word adds one to a number that its hash picks.
pub(super) struct HashEmbedder;

impl HashEmbedder {
    fn vector(text: &str) -> Vec<f32> {
        let mut vector = vec![0.0; DIMENSIONS];
        for word in text
            .split(|char: char| !char.is_alphanumeric())
            .filter(|word| !word.is_empty())
        {
            let hash = fnv(word.to_lowercase().as_bytes());
            vector[usize::try_from(hash % 61).unwrap()] += 1.0;
        }
        let length = vector.iter().map(|number| number * number).sum::<f32>().sqrt();
        vector
            .iter()
            .map(|number| if length > 0.0 { number / length } else { 0.0 })
            .collect()
    }
}

impl Embedder for HashEmbedder {
    fn identity(&self) -> String {
        "static hash 1".to_owned()
    }

    fn is_contextual(&self) -> bool {
        false
    }

    fn dimensions(&self) -> usize {
        DIMENSIONS
    }

    fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, ModelError> {
        Ok(texts.iter().map(|text| Self::vector(text)).collect())
    }

    fn embed_tokens(&self, texts: &[&str]) -> Result<Vec<Vec<(String, Vec<f32>)>>, ModelError> {
        let tokens = |text: &&str| {
            text.split_whitespace()
                .map(|word| (word.to_owned(), Self::vector(word)))
                .collect()
        };
        Ok(texts.iter().map(tokens).collect())
    }
}

/// Counts the texts that it embeds.
#[derive(Default)]
pub(super) struct CountingEmbedder {
    pub(super) embedded: AtomicUsize,
}

impl Embedder for CountingEmbedder {
    fn identity(&self) -> String {
        HashEmbedder.identity()
    }

    fn dimensions(&self) -> usize {
        DIMENSIONS
    }

    fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, ModelError> {
        self.embedded.fetch_add(texts.len(), Ordering::Relaxed);
        HashEmbedder.embed(texts)
    }

    fn embed_tokens(&self, texts: &[&str]) -> Result<Vec<Vec<(String, Vec<f32>)>>, ModelError> {
        HashEmbedder.embed_tokens(texts)
    }
}

/// Prefers short passages.
pub(super) struct ShortFirst;

impl Reranker for ShortFirst {
    fn identity(&self) -> String {
        "short first".to_owned()
    }

    fn score(&self, _query: &str, passages: &[&str]) -> Result<Vec<f32>, ModelError> {
        Ok(passages
            .iter()
            .map(|passage| -f32::from(u16::try_from(passage.len()).unwrap()))
            .collect())
    }
}
