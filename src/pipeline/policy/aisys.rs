//! What `aisys serve` makes of failures.

use super::{Circumstances, Failure, Refusal, Semantics, Treatment, Useless};

/// Our own ways: whatever keeps an answer from the user leads on to whoever may still give one, also in the
/// middle of a stream. What a repetition at the same place cannot mend goes elsewhere at once. What the model
/// itself decided is an answer: a refusal, an end at the output cap.
#[derive(Debug, Clone, Copy, Default)]
pub struct Aisys;

impl Semantics for Aisys {
    fn treats(&self, failure: &Failure, circumstances: Circumstances) -> Treatment {
        let treatment = match failure {
            Failure::Useless(Useless::Refused | Useless::Length) => return Treatment::Deliver,
            Failure::Status { status, refusal, .. } => match (refusal, status) {
                (Refusal::Plain, 408 | 409 | 425 | 429 | 500..) => Treatment::Retry,
                // Not mended by waiting; another account, model, window or filter may take it. A plain 400 too:
                // whole deployments have answered so for a day (Azure, 2026-03-09).
                _ => Treatment::Elsewhere,
            },
            // It has cost its whole time already, and would again.
            Failure::TimedOut(_) | Failure::Useless(Useless::Filtered) => Treatment::Elsewhere,
            Failure::Connect
            | Failure::Broken
            | Failure::Unreadable
            | Failure::ErrorEvent
            | Failure::ErrorBody
            | Failure::Unfinished
            | Failure::Useless(
                Useless::NoChoices | Useless::NullContent | Useless::EmptyText | Useless::BrokenArguments,
            ) => Treatment::Retry,
            Failure::NoneAvailable | Failure::OwnLimit => Treatment::Next,
        };
        // A user who reads already waits for no pause.
        if circumstances.passed_on && treatment == Treatment::Retry {
            return Treatment::Elsewhere;
        }
        treatment
    }
}
