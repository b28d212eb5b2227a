//! What a product makes of each kind of failure.

use super::{Failure, Limit, Refusal};

/// What surrounds a failure.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Circumstances {
    /// Whether the caller asked for a stream.
    pub streamed: bool,
    /// Whether a piece of this answer has been passed on to the caller already.
    pub passed_on: bool,
}

/// What is done about a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Treatment {
    /// It is taken for an answer and handed on as it is.
    Deliver,
    /// Tried again as far as retries allow, then the next branch.
    Retry,
    /// As [`Retry`](Self::Retry), but only with a deployment that has not failed this request.
    Elsewhere,
    /// Not tried again; the next branch is.
    Next,
    /// Handed to the caller as the error that it is.
    Fail,
}

/// A product's ways.
pub trait Semantics {
    /// What it does about a failure of one call.
    fn treats(&self, failure: &Failure, circumstances: Circumstances) -> Treatment;

    /// How often it repeats after such a failure, where that is not the plan's count.
    fn repeats(&self, _failure: &Failure) -> Option<u32> {
        None
    }
}

/// A client without a gateway, as the official SDKs are: retries what their tables list until an answer has
/// begun, looks at no answer's content (openai-python 2.x, anthropic-sdk-python 0.8x `_should_retry`).
#[derive(Debug, Clone, Copy, Default)]
pub struct Direct;

impl Semantics for Direct {
    fn treats(&self, failure: &Failure, circumstances: Circumstances) -> Treatment {
        if circumstances.passed_on {
            return Treatment::Fail;
        }
        match failure {
            Failure::Useless(_) | Failure::Unfinished => Treatment::Deliver,
            Failure::Connect | Failure::TimedOut(Limit::Connect | Limit::FirstToken | Limit::Idle | Limit::Total) => {
                Treatment::Retry
            }
            Failure::Status {
                refusal: Refusal::Plain | Refusal::Quota,
                status: 408 | 409 | 429 | 500..,
                ..
            } => Treatment::Retry,
            Failure::Status { .. }
            | Failure::TimedOut(Limit::Deadline)
            | Failure::Broken
            | Failure::Unreadable
            | Failure::ErrorEvent
            | Failure::ErrorBody
            | Failure::NoneAvailable
            | Failure::OwnLimit => Treatment::Fail,
        }
    }
}
