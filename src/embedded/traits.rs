//! What the models of this process can do, whatever runs them.

/// Why a model could not be loaded or run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ModelError {
    /// What is wrong, where, and what to do.
    pub message: String,
}

impl ModelError {
    /// An error with this message.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
        }
    }
}

#[cfg(feature = "models")]
impl From<candle_core::Error> for ModelError {
    fn from(error: candle_core::Error) -> Self {
        Self::new(format!("the model cannot be run: {error}"))
    }
}

/// The tokens of one text, each with its text and a vector of unit length.
pub type TokenVectors = Vec<(String, Vec<f32>)>;

/// Turns texts into vectors.
pub trait Embedder: Send + Sync {
    /// What identifies model and weights, for caches: a name and a hash.
    fn identity(&self) -> String;

    /// The vectors' length.
    fn dimensions(&self) -> usize;

    /// Whether a token's vector depends on its context. Tables of fixed vectors know less, and rankings give them
    /// less weight.
    fn is_contextual(&self) -> bool {
        true
    }

    /// One vector of unit length for each text, in order. A text without a known token gives zeros.
    ///
    /// # Errors
    /// Fails when the model does.
    fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, ModelError>;

    /// Vectors of what is asked rather than of what is found: models trained with other words before a
    /// query (E5, BGE) put them here.
    ///
    /// # Errors
    /// Fails when the model does.
    fn embed_queries(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, ModelError> {
        self.embed(texts)
    }

    /// For late interaction: the tokens of each text, in order, special tokens left out.
    ///
    /// # Errors
    /// Fails when the model does.
    fn embed_tokens(&self, texts: &[&str]) -> Result<Vec<TokenVectors>, ModelError>;
}

/// Scores how well a passage answers a query: a cross-encoder, or late interaction.
pub trait Reranker: Send + Sync {
    /// What identifies model and weights.
    fn identity(&self) -> String;

    /// How much of the last order is its own, from 0 to 1; the rest is the first ranking's. All for a model that was
    /// taught to rank.
    fn share(&self) -> f64 {
        1.0
    }

    /// One score for each passage, higher is better; comparable within one query only.
    ///
    /// # Errors
    /// Fails when the model does.
    fn score(&self, query: &str, passages: &[&str]) -> Result<Vec<f32>, ModelError>;
}

/// What a premise says about a hypothesis; the three sum to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NliScores {
    /// It follows.
    pub entailment: f32,
    /// Neither.
    pub neutral: f32,
    /// It is contradicted.
    pub contradiction: f32,
}

/// Natural-language inference.
pub trait Nli: Send + Sync {
    /// What identifies model and weights.
    fn identity(&self) -> String;

    /// The scores of (premise, hypothesis) pairs, in order.
    ///
    /// # Errors
    /// Fails when the model does.
    fn infer(&self, pairs: &[(&str, &str)]) -> Result<Vec<NliScores>, ModelError>;
}
