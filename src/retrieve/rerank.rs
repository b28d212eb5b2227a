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
    /// Orders hits by the model's scores, or by the weighted sum of those and the first ranking's where the model has a
    /// [share](Reranker::share) below 1: both are spread from 0 to 1 over the candidates first. Equal scores keep their
    /// order, and a score that is no number goes last.
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
        let mut scores: Vec<f64> = scores.into_iter().map(f64::from).collect();
        let share = self.model.share().clamp(0.0, 1.0);
        if share < 1.0 {
            let first: Vec<f64> = hits.iter().map(|hit| hit.score).collect();
            let pairs = spread(&scores).into_iter().zip(spread(&first));
            scores = pairs.map(|(own, first)| share * own + (1.0 - share) * first).collect();
        }
        let mut hits: Vec<Hit> = hits
            .into_iter()
            .zip(scores)
            .map(|(hit, score)| Hit {
                score: if score.is_nan() { f64::NEG_INFINITY } else { score },
                ..hit
            })
            .collect();
        hits.sort_by(|a, b| b.score.total_cmp(&a.score));
        hits.truncate(top_k);
        Ok(hits)
    }
}

/// Scores from 0 for the lowest to 1 for the highest; all 1 when they are equal, and what is no number stays so.
fn spread(scores: &[f64]) -> Vec<f64> {
    let low = scores.iter().copied().fold(f64::INFINITY, f64::min);
    let high = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let place = |score: &f64| {
        if high > low {
            (score - low) / (high - low)
        } else if score.is_nan() {
            f64::NAN
        } else {
            1.0
        }
    };
    scores.iter().map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::retrieve::Passage;

    /// Scores as they are given.
    struct Given(Vec<f32>, f64);

    impl Reranker for Given {
        fn identity(&self) -> String {
            "given".to_owned()
        }

        fn share(&self) -> f64 {
            self.1
        }

        fn score(&self, _: &str, _: &[&str]) -> Result<Vec<f32>, ModelError> {
            Ok(self.0.clone())
        }
    }

    fn order(scores: &[f32], share: f64) -> Vec<(String, f64)> {
        let hit = |(id, score): (&str, f64)| Hit {
            passage: Arc::new(Passage {
                id: id.to_owned(),
                document: id.to_owned(),
                headings: Vec::new(),
                text: id.to_owned(),
                bytes: 0..1,
            }),
            score,
        };
        let hits = [("a", 10.0), ("b", 9.0), ("c", 5.0)].map(hit).to_vec();
        let rerank = Rerank {
            model: Arc::new(Given(scores.to_vec(), share)),
            candidates: 3,
        };
        let found = rerank.apply("q", hits, 3).unwrap();
        found.iter().map(|hit| (hit.passage.id.clone(), hit.score)).collect()
    }

    fn named(found: &[(String, f64)]) -> Vec<&str> {
        found.iter().map(|(id, _)| id.as_str()).collect()
    }

    #[test]
    fn a_model_that_ranks_decides_and_one_that_does_not_shares() {
        assert_eq!(named(&order(&[0.0, 0.1, 4.0], 1.0)), ["c", "b", "a"]);
        // Spread: own 0, 0.25, 1; first 1, 0.8, 0.
        let shared = order(&[0.0, 1.0, 4.0], 0.5);
        assert_eq!(named(&shared), ["b", "a", "c"]);
        assert!((shared[0].1 - 0.525).abs() < 1e-12);
        assert_eq!(named(&order(&[f32::NAN, 1.0, 1.0], 0.5)), ["b", "c", "a"]);
        assert_eq!(named(&order(&[1.0, f32::NAN, 1.0], 1.0)), ["a", "c", "b"]);
    }
}
