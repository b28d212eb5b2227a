//! A second, dearer look at the best candidates.

use std::sync::Arc;

use super::Hit;
use super::error::RetrieveError;
use crate::embedded::{ModelError, Reranker};

/// What reranks, and how many.
#[derive(Clone)]
pub struct Rerank {
    /// The model.
    pub model: Arc<dyn Reranker>,
    /// How many of the first ranking's hits it sees.
    pub candidates: usize,
}

impl Rerank {
    /// Orders hits by the model's scores; equal scores keep their order, and a score that is no number
    /// goes last.
    ///
    /// # Errors
    /// Fails when the model does.
    pub fn apply(&self, question: &str, hits: Vec<Hit>, top_k: usize) -> Result<Vec<Hit>, RetrieveError> {
        if hits.is_empty() {
            return Ok(hits);
        }
        let texts: Vec<_> = hits.iter().map(|hit| hit.passage.searchable()).collect();
        let texts: Vec<&str> = texts.iter().map(AsRef::as_ref).collect();
        let scores = self.model.score(question, &texts)?;
        if scores.len() != hits.len() {
            let message = format!("the reranker gave {} scores for {} passages", scores.len(), hits.len());
            return Err(ModelError { message }.into());
        }
        let mut hits: Vec<Hit> = hits
            .into_iter()
            .zip(scores)
            .map(|(hit, score)| Hit {
                score: if score.is_nan() {
                    f64::NEG_INFINITY
                } else {
                    f64::from(score)
                },
                ..hit
            })
            .collect();
        hits.sort_by(|a, b| b.score.total_cmp(&a.score));
        hits.truncate(top_k);
        Ok(hits)
    }
}
