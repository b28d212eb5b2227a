//! Natural-language inference by a model of three labels (or two: entailment and not).

use std::path::Path;

use super::classifier::PairClassifier;
use super::settings::Settings;
use super::{ModelError, Nli, NliScores};

/// An inference model. Which output means what comes from `id2label` of `config.json`: models differ.
pub struct NliModel {
    classifier: PairClassifier,
    entailment: usize,
    neutral: usize,
    /// Models that only tell entailment from the rest have none.
    contradiction: Option<usize>,
    identity: String,
}

impl NliModel {
    /// Loads it from a folder.
    ///
    /// # Errors
    /// Fails when a file is missing or broken, or its labels are not those of inference.
    pub fn load(folder: &Path, identity: String, settings: Settings) -> Result<Self, ModelError> {
        let classifier = PairClassifier::load(folder, settings)?;
        let labels = &classifier.labels;
        let place = |names: &[&str]| labels.iter().position(|label| names.contains(&label.as_str()));
        let entailment = place(&["entailment", "entails"]);
        let neutral = place(&["neutral", "not_entailment"]);
        let contradiction = place(&["contradiction", "contradicts"]);
        let (Some(entailment), Some(neutral)) = (entailment, neutral) else {
            return Err(ModelError::new(format!(
                "an inference model has the labels entailment, neutral and contradiction in id2label of config.json; \
                 this one has {}",
                labels.join(", ")
            )));
        };
        Ok(Self {
            classifier,
            entailment,
            neutral,
            contradiction,
            identity,
        })
    }
}

impl Nli for NliModel {
    fn identity(&self) -> String {
        self.identity.clone()
    }

    fn infer(&self, pairs: &[(&str, &str)]) -> Result<Vec<NliScores>, ModelError> {
        let outputs = self.classifier.outputs(pairs)?;
        let scores = outputs.into_iter().map(|row| {
            let largest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            let weights: Vec<f32> = row.iter().map(|x| libm::expf(x - largest)).collect();
            let total: f32 = weights.iter().sum();
            let share = |at: usize| weights.get(at).copied().unwrap_or(0.0) / total;
            NliScores {
                entailment: share(self.entailment),
                neutral: share(self.neutral),
                contradiction: self.contradiction.map_or(0.0, share),
            }
        });
        Ok(scores.collect())
    }
}
