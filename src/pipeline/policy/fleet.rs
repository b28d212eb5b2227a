//! Which deployments may be called at the moment.

use super::{Failure, Tick};

/// The state that requests share: who is cooling down, whose breaker is open.
pub trait Fleet {
    /// Whether a deployment may be picked now.
    fn usable(&mut self, deployment: usize, now: Tick) -> bool;

    /// A call of a deployment has ended: with an answer (`None`) or a failure. Called once for each call.
    fn saw(&mut self, deployment: usize, now: Tick, failure: Option<&Failure>);
}

/// A fleet in which everybody is always picked.
#[derive(Debug, Clone, Copy, Default)]
pub struct Healthy;

impl Fleet for Healthy {
    fn usable(&mut self, _deployment: usize, _now: Tick) -> bool {
        true
    }

    fn saw(&mut self, _deployment: usize, _now: Tick, _failure: Option<&Failure>) {}
}
