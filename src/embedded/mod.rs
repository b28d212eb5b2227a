//! Models that run inside this process, and where their weights come from.

mod traits;

pub use traits::{Embedder, ModelError, Nli, NliScores, Reranker};
