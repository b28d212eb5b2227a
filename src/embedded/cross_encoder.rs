//! Cross-encoders: query and passage through one model (Nogueira and Cho, "Passage Re-ranking with BERT", 2019).

use std::path::Path;

use super::classifier::PairClassifier;
use super::settings::Settings;
use super::{ModelError, Reranker};

/// A cross-encoder of one output, such as ms-marco-MiniLM-L-6-v2; its scores are the raw outputs.
pub struct CrossEncoder {
    classifier: PairClassifier,
    identity: String,
}

impl CrossEncoder {
    /// Loads it from a folder.
    ///
    /// # Errors
    /// Fails when a file is missing or broken, or the model has more than one output.
    pub fn load(folder: &Path, identity: String, settings: Settings) -> Result<Self, ModelError> {
        let classifier = PairClassifier::load(folder, settings)?;
        if classifier.labels.len() != 1 {
            return Err(ModelError::new(format!(
                "a reranker gives one number, this model {} ({})",
                classifier.labels.len(),
                classifier.labels.join(", ")
            )));
        }
        Ok(Self { classifier, identity })
    }
}

impl Reranker for CrossEncoder {
    fn identity(&self) -> String {
        self.identity.clone()
    }

    fn score(&self, query: &str, passages: &[&str]) -> Result<Vec<f32>, ModelError> {
        let pairs: Vec<(&str, &str)> = passages.iter().map(|passage| (query, *passage)).collect();
        let outputs = self.classifier.outputs(&pairs)?;
        Ok(outputs.into_iter().filter_map(|row| row.first().copied()).collect())
    }
}
