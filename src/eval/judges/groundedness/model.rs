//! The small model that turns measures into a probability.

use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use crate::embedded::ModelError;

use super::background::Background;
use super::features::FEATURES;

/// A logistic model over the measures for one embedder, or for none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Engine {
    /// What the embedder's identity begins with; empty: for use without one.
    pub embedder: String,
    /// The constant term.
    pub bias: f64,
    /// The weight of each measure, by name.
    pub weights: Vec<(String, f64)>,
}

/// What was fitted: the weights of words, and an engine for each embedder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Weights {
    /// How it was made.
    pub made: String,
    /// How much a word tells.
    pub background: Background,
    /// The engines; the first whose embedder fits is used.
    pub engines: Vec<Engine>,
}

/// The fitted weights as they ship.
const SHIPPED: &str = include_str!("weights.json");

impl Weights {
    /// The weights that ship.
    ///
    /// # Errors
    /// Fails when the file in the source is broken, which a test rules out.
    pub fn shipped() -> Result<&'static Self, ModelError> {
        static READ: OnceLock<Result<Weights, ModelError>> = OnceLock::new();
        let read = || {
            serde_json::from_str(SHIPPED).map_err(|error| ModelError {
                message: format!("the weights that ship are broken: {error}"),
            })
        };
        READ.get_or_init(read).as_ref().map_err(Clone::clone)
    }

    /// The engine for an embedder's identity.
    #[must_use]
    pub fn engine(&self, identity: Option<&str>) -> Option<&Engine> {
        self.engines.iter().find(|engine| match identity {
            None => engine.embedder.is_empty(),
            Some(identity) => !engine.embedder.is_empty() && identity.starts_with(&engine.embedder),
        })
    }
}

impl Engine {
    /// The probability that people call a claim with these measures supported.
    pub(super) fn probability(&self, values: &[f64; FEATURES.len()]) -> f64 {
        let sum: f64 = FEATURES
            .iter()
            .zip(values)
            .filter_map(|((name, _), value)| {
                let (_, weight) = self.weights.iter().find(|(known, _)| known == name)?;
                Some(weight * value)
            })
            .sum();
        1.0 / (1.0 + (-(self.bias + sum)).exp())
    }
}
