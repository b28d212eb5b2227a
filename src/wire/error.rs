//! Why a message could not be read.

use super::ApiError;

/// Why an API's message gave no neutral one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// The message is the API's own error, even where the HTTP status was 200.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// The message is not what the API promises.
    #[error("{0}")]
    Malformed(String),
}

impl WireError {
    /// What was expected and is not there.
    pub(super) fn expected(what: &str) -> Self {
        Self::Malformed(format!("expected {what}"))
    }
}
