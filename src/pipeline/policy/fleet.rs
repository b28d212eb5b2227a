//! Which deployments may be called at the moment.

use std::time::Duration;

use super::{Failure, Request, Tick};

/// The state that requests share: who is cooling down, whose breaker is open, what is left of limits and
/// budgets. A [`Path`](super::Path) asks and tells; whoever drives several paths at once lends it the fleet
/// for one step at a time.
///
/// A product whose state is only who may be picked needs the first two; the rest has defaults.
pub trait Fleet {
    /// Whether a deployment may be called now. It reserves nothing: [`began`](Self::began) does.
    fn usable(&mut self, deployment: usize, now: Tick) -> bool;

    /// A call has ended, with an answer or a failure. Once for each call that began and was not dropped.
    fn saw(&mut self, deployment: usize, now: Tick, end: &CallEnd);

    /// A call begins. `again`: the same request has called this deployment's provider before.
    fn began(&mut self, _deployment: usize, _now: Tick, _request: &Request, _again: bool) {}

    /// A call that began at `began` was cut off before its end.
    fn dropped(&mut self, _deployment: usize, _began: Tick, _now: Tick) {}

    /// Takes the right to call a provider once more for the same request out of its budget.
    fn may_repeat(&mut self, _deployment: usize, _now: Tick) -> bool {
        true
    }

    /// Takes the right to make a second call beside one that is silent out of the budget for such.
    fn may_hedge(&mut self, _deployment: usize, _now: Tick) -> bool {
        true
    }

    /// The time within which this share of a deployment's calls has answered (streams: has begun to), when
    /// enough of them have been seen.
    fn latency(&mut self, _deployment: usize, _streamed: bool, _share: f64) -> Option<Duration> {
        None
    }
}

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CallEnd {
    /// When it began.
    pub began: Tick,
    /// When its first token came, when one did and somebody looked.
    pub first_token: Option<Tick>,
    /// Whether it was streamed.
    pub streamed: bool,
    /// How it failed; `None`: it answered.
    pub failure: Option<Failure>,
    /// Whether an earlier call of the same request has failed.
    pub failed_before: bool,
}

/// A fleet in which everybody is always picked.
#[derive(Debug, Clone, Copy, Default)]
pub struct Healthy;

impl Fleet for Healthy {
    fn usable(&mut self, _deployment: usize, _now: Tick) -> bool {
        true
    }

    fn saw(&mut self, _deployment: usize, _now: Tick, _end: &CallEnd) {}
}
