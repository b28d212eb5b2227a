//! Envoy AI Gateway (c217da8) on Envoy: a retry is decided when headers come or fail to come. With the headers
//! of an answer the decision is made, and whatever its body holds goes to the client.

use crate::pipeline::policy::{Circumstances, Failure, Limit, Semantics, Treatment};

use super::once_passed_on;

/// Envoy's router filter.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Envoy;

impl Semantics for Envoy {
    fn treats(&self, failure: &Failure, circumstances: Circumstances) -> Treatment {
        if circumstances.passed_on {
            return once_passed_on(failure);
        }
        match failure {
            Failure::Useless(_) | Failure::Unfinished => Treatment::Deliver,
            // The statuses that are tried again stand in the plan; every other goes to the client.
            Failure::Status { .. }
            | Failure::Connect
            | Failure::TimedOut(Limit::Connect | Limit::FirstToken | Limit::Total | Limit::Deadline) => {
                Treatment::Retry
            }
            Failure::NoneAvailable | Failure::OwnLimit => Treatment::Next,
            Failure::TimedOut(Limit::Idle)
            | Failure::Broken
            | Failure::Unreadable
            | Failure::ErrorEvent
            | Failure::ErrorBody => Treatment::Fail,
        }
    }
}
