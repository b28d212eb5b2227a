//! A driver in virtual time: every call does what a script says.

use std::time::Duration;

use super::super::*;
use crate::rng::Chance;

/// What a deployment does with a call.
#[derive(Debug, Clone, Copy)]
pub(super) enum Does {
    /// A whole answer after so long.
    Answers(Duration),
    /// This failure after so long.
    Fails(Failure, Duration),
    /// Nothing, until a limit ends it.
    Hangs,
    /// A stream: its first token, then the failure so much later.
    Breaks(Duration, Failure),
}

/// How a request went.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Went {
    pub(super) end: Action,
    pub(super) at: Tick,
    /// The calls: which deployment, when it began, its limits.
    pub(super) calls: Vec<(usize, Tick, CallLimits)>,
    pub(super) cut: Vec<CallId>,
    /// The most calls at one time.
    pub(super) at_once: usize,
    /// The deployment of the last call that was handed in.
    pub(super) last: Option<usize>,
}

/// Runs one request.
pub(super) fn run(
    path: &mut Path,
    world: &mut World<'_, impl Semantics, impl Fleet>,
    request: Request,
    begin: Tick,
    mut does: impl FnMut(usize, Tick) -> Does,
) -> Went {
    let mut now = begin;
    let mut running: Vec<(CallId, usize, Tick, Outcome)> = Vec::new();
    let mut went = Went {
        end: Action::Degrade,
        at: now,
        calls: Vec::new(),
        cut: Vec::new(),
        at_once: 0,
        last: None,
    };
    let mut action = path.begin(world, request, now);
    for _ in 0..10_000 {
        action = match action {
            Action::Call { id, deployment, limits } => {
                went.calls.push((deployment, now, limits));
                let (end, outcome) = outcome(does(deployment, now), request.streamed, &limits, now);
                running.push((id, deployment, end, outcome));
                went.at_once = went.at_once.max(running.len());
                path.next(world, now)
            }
            Action::Cancel(id) => {
                running.retain(|call| call.0 != id);
                went.cut.push(id);
                path.next(world, now)
            }
            Action::Wait(until) => {
                let first = (0..running.len()).min_by_key(|at| running[*at].2);
                match first {
                    Some(at) if running[at].2 <= until => {
                        let (id, deployment, end, outcome) = running.remove(at);
                        now = end;
                        went.last = Some(deployment);
                        path.ended(world, id, outcome, now)
                    }
                    _ => {
                        assert_ne!(until, Tick::NEVER, "nothing runs and nothing is waited for");
                        now = until;
                        path.waited(world, now)
                    }
                }
            }
            end => {
                went.end = end;
                went.at = now;
                return went;
            }
        };
    }
    panic!("a path without an end: {went:?}")
}

/// When a call ends under its limits, and how.
fn outcome(does: Does, streamed: bool, limits: &CallLimits, now: Tick) -> (Tick, Outcome) {
    let patience = if streamed { limits.first_token } else { limits.total };
    let own = patience.map_or(Tick::NEVER, |patience| now.after(patience));
    let (up, which) = if limits.deadline < own {
        (limits.deadline, Limit::Deadline)
    } else {
        (own, if streamed { Limit::FirstToken } else { Limit::Total })
    };
    let timed_out = (up, Outcome::failed(Failure::TimedOut(which)));
    match does {
        Does::Hangs => timed_out,
        Does::Answers(after) | Does::Fails(_, after) if now.after(after) > up => timed_out,
        Does::Answers(after) => {
            let end = now.after(after);
            (end, Outcome::answered(streamed.then_some(end)))
        }
        Does::Fails(failure, after) => (now.after(after), Outcome::failed(failure)),
        Does::Breaks(after, failure) => {
            let first = now.after(after);
            let outcome = Outcome {
                failure: Some(failure),
                first_token: Some(first),
                passed_on: streamed,
            };
            (first.after(Duration::from_secs(1)), outcome)
        }
    }
}

/// A status.
pub(super) const fn status(status: u16) -> Failure {
    Failure::Status {
        status,
        refusal: Refusal::Plain,
        retry_after: None,
    }
}

pub(super) const fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

pub(super) fn chance() -> Chance {
    Chance::seeded(1, "test")
}
