//! Portkey gateway (669825c, `src/handlers/{handlerUtils,retryHandler}.ts`): a target's answer goes on to the
//! next one on the statuses of `strategy.on_status_codes`, on every status that is no success when none are
//! listed; a stream is passed through as it comes.

use crate::pipeline::policy::{Circumstances, Failure, Semantics, Treatment};

use super::once_passed_on;

/// Portkey's ways with one route.
#[derive(Debug, Clone, Copy, Default)]
pub struct Portkey<'a> {
    /// The statuses after which the next target is tried; `None`: all.
    pub statuses: Option<&'a [u16]>,
}

/// Its own time limit is answered with this status, which its retries do not cover.
const TIMED_OUT: u16 = 408;

impl Semantics for Portkey<'_> {
    fn treats(&self, failure: &Failure, circumstances: Circumstances) -> Treatment {
        let goes_on = |status: &u16| self.statuses.is_none_or(|statuses| statuses.contains(status));
        if circumstances.passed_on {
            return once_passed_on(failure);
        }
        match failure {
            Failure::Useless(_) | Failure::Unfinished | Failure::ErrorBody => Treatment::Deliver,
            // What is tried again stands in the plan, and falls through to the next target only where it may.
            Failure::Status { status, .. } if goes_on(status) => Treatment::Retry,
            Failure::TimedOut(_) if goes_on(&TIMED_OUT) => Treatment::Next,
            // A stream's headers were passed on as soon as they came.
            Failure::Broken | Failure::ErrorEvent | Failure::Unreadable if circumstances.streamed => Treatment::Fail,
            Failure::Status { .. } | Failure::TimedOut(_) => Treatment::Fail,
            Failure::NoneAvailable | Failure::OwnLimit => Treatment::Next,
            // Exceptions inside the gateway count as 500.
            Failure::Connect | Failure::Broken | Failure::Unreadable | Failure::ErrorEvent => {
                if goes_on(&500) {
                    Treatment::Retry
                } else {
                    Treatment::Fail
                }
            }
        }
    }
}
