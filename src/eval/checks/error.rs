//! A check that could not be read.

use crate::source::Place;

/// A check that is not what promptfoo or a native suite would accept, or that is not supported.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message} at {place}")]
pub struct CheckError {
    /// What is wrong and what to do, as a lower-case fragment.
    pub message: String,
    /// Where.
    pub place: Place,
}

impl CheckError {
    pub(super) fn new(place: &Place, message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            place: place.clone(),
        }
    }
}

impl From<CheckError> for crate::read::FormError {
    fn from(error: CheckError) -> Self {
        Self::at(&error.place, error.message)
    }
}
