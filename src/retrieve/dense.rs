//! Dense retrieval: exact search over all vectors.
//!
//! An approximate index would make an eval measure the index and not the retriever, and on two cores a
//! hundred thousand vectors of 384 numbers take some ten milliseconds without one.

use std::path::Path;
use std::sync::Arc;

use rayon::prelude::*;

use super::Passage;
use super::error::RetrieveError;
use super::ranking::{Scored, ranks, top};
use super::vectors::{TextHash, Vectors, text_hash};
use crate::embedded::{Embedder, ModelError};

/// How many texts are embedded, and stored, at once.
const BATCH: usize = 256;

/// Passages as vectors.
pub struct Dense {
    embedder: Arc<dyn Embedder>,
    /// Row after row, each of the embedder's dimensions.
    matrix: Vec<f32>,
    /// Each passage's place in the order of identifiers.
    ranks: Vec<u32>,
}

impl Dense {
    /// Embeds the passages with their headings. With a cache folder, texts that this model has embedded
    /// before are taken from there, and new ones stored. `progress` hears how many of the new texts are
    /// done, and of how many.
    ///
    /// # Errors
    /// Fails when the model does or gives vectors of another length, or when the cache cannot be written.
    pub fn new(
        passages: &[Arc<Passage>],
        embedder: Arc<dyn Embedder>,
        cache: Option<&Path>,
        progress: &dyn Fn(usize, usize),
    ) -> Result<Self, RetrieveError> {
        let dimensions = embedder.dimensions().max(1);
        let failed = |error: std::io::Error| {
            RetrieveError::Settings(format!(
                "the vectors' cache cannot be used: {error}; free the folder, or go without"
            ))
        };
        let mut cache = cache
            .map(|folder| Vectors::open(folder, &embedder.identity(), dimensions))
            .transpose();
        let cache = cache
            .as_mut()
            .map_err(|error| failed(std::io::Error::other(error.to_string())))?;
        let hashes: Vec<TextHash> = passages
            .par_iter()
            .map(|passage| text_hash(&passage.searchable()))
            .collect();
        let mut matrix = vec![0.0; passages.len() * dimensions];
        let mut missing = Vec::new();
        for (at, row) in matrix.chunks_exact_mut(dimensions).enumerate() {
            match cache.as_ref().and_then(|cache| cache.get(&hashes[at])) {
                Some(vector) => row.copy_from_slice(vector),
                None => missing.push(at),
            }
        }
        for (batch, places) in missing.chunks(BATCH).enumerate() {
            progress(batch * BATCH, missing.len());
            let texts: Vec<_> = places.iter().map(|at| passages[*at].searchable()).collect();
            let texts: Vec<&str> = texts.iter().map(AsRef::as_ref).collect();
            let vectors = embedder.embed(&texts)?;
            check(&vectors, texts.len(), dimensions)?;
            for (at, vector) in places.iter().zip(&vectors) {
                matrix[at * dimensions..(at + 1) * dimensions].copy_from_slice(vector);
            }
            if let Some(cache) = cache.as_mut() {
                let new: Vec<_> = places.iter().map(|at| hashes[*at]).zip(vectors).collect();
                cache.add(&new).map_err(failed)?;
            }
        }
        progress(missing.len(), missing.len());
        Ok(Self {
            embedder,
            matrix,
            ranks: ranks(passages.iter().map(|passage| passage.id.as_str())),
        })
    }

    /// The `top_k` passages of highest cosine with the question, by their place in the index; none when
    /// the model knows no word of the question.
    ///
    /// # Errors
    /// Fails when the model does.
    pub(super) fn search(&self, question: &str, top_k: usize) -> Result<Vec<Scored>, RetrieveError> {
        let vectors = self.embedder.embed(&[question])?;
        let dimensions = self.embedder.dimensions().max(1);
        check(&vectors, 1, dimensions)?;
        let query = &vectors[0];
        if query.iter().all(|number| *number == 0.0) {
            return Ok(Vec::new());
        }
        let rows = self.matrix.par_chunks_exact(dimensions).with_min_len(1_024);
        let scores: Vec<f64> = rows.map(|row| f64::from(dot(row, query))).collect();
        Ok(top((0..).zip(scores).collect(), top_k, &self.ranks))
    }
}

fn check(vectors: &[Vec<f32>], count: usize, dimensions: usize) -> Result<(), ModelError> {
    let good = vectors.len() == count && vectors.iter().all(|vector| vector.len() == dimensions);
    if good {
        return Ok(());
    }
    let message = format!("the embedder did not give {count} vectors of {dimensions} numbers");
    Err(ModelError { message })
}

/// The dot product with sixteen sums side by side, which the compiler turns into vector instructions; the
/// order of additions is fixed, so the result is the same everywhere.
pub(super) fn dot(a: &[f32], b: &[f32]) -> f32 {
    const LANES: usize = 16;
    let mut sums = [0.0_f32; LANES];
    let (a_lanes, a_rest) = a.as_chunks::<LANES>();
    let (b_lanes, b_rest) = b.as_chunks::<LANES>();
    for (a, b) in a_lanes.iter().zip(b_lanes) {
        for lane in 0..LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f32>() + rest
}
