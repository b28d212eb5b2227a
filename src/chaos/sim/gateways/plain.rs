//! A gateway that does what its plan says: it looks at statuses and connections, and at no answer's content
//! (`TensorZero` 7a6159a, Helicone 42d2998, Bifrost 003ecc6, Kong 3.10 as they are documented).

use crate::pipeline::policy::{Circumstances, Failure, Semantics, Treatment};

use super::once_passed_on;

/// A plan followed to the letter.
#[derive(Debug, Clone, Copy, Default)]
pub struct Plain;

impl Semantics for Plain {
    fn treats(&self, failure: &Failure, circumstances: Circumstances) -> Treatment {
        // What is with the user cannot be taken back.
        if circumstances.passed_on {
            return once_passed_on(failure);
        }
        match failure {
            Failure::Useless(_) | Failure::Unfinished => Treatment::Deliver,
            Failure::Status { status, .. } => match status {
                408 | 409 | 429 | 500.. => Treatment::Retry,
                _ => Treatment::Next,
            },
            Failure::NoneAvailable | Failure::OwnLimit => Treatment::Next,
            Failure::Connect
            | Failure::TimedOut(_)
            | Failure::Broken
            | Failure::Unreadable
            | Failure::ErrorEvent
            | Failure::ErrorBody => Treatment::Retry,
        }
    }
}
