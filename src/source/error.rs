//! Text that could not be read.

use super::file::Place;

/// Text that is not what its format demands, and where.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{message}")]
pub struct ParseError {
    /// What is wrong, as a lower-case fragment.
    pub message: String,
    /// Where, when the parser could tell.
    pub place: Option<Place>,
}
