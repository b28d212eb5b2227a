//! What can be wrong with a price table.

use std::path::{Path, PathBuf};

/// A price table that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PricesError {
    /// The file cannot be read.
    #[error("cannot read the price table {}: {error}", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// Text that begins like JSON and is not.
    #[error("the price map is not JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// JSON that holds no model.
    #[error("the price map holds no model: expected an object of models, each with `mode` and `litellm_provider`")]
    NoModels,
    /// A line that is no model, or out of order.
    #[error("line {line} of the price table {problem}: expected what `aisys prices build` writes")]
    Line {
        /// The line, from one.
        line: usize,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// One of the above, in a file.
    #[error("{}: {error}", .path.display())]
    InFile {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        error: Box<PricesError>,
    },
}

impl PricesError {
    pub(crate) fn in_file(self, path: &Path) -> Self {
        Self::InFile {
            path: path.to_owned(),
            error: Box::new(self),
        }
    }
}
