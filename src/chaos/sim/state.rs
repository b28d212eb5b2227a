//! What there is of users, their requests inside the gateway, and calls while they go on.

use std::collections::VecDeque;

use crate::chaos::observation::{Attempt, Seen};
use crate::chaos::scenario::Request;
use crate::pipeline::policy::health::Bucket;
use crate::pipeline::policy::{CallId, CallLimits, Failure, Path, Tick};
use crate::rng::Chance;

use super::agenda::Mark;
use super::provider::{Met, Pace};

/// Nobody: no place in a slab.
pub(super) const NOBODY: u32 = u32::MAX;

/// A user who waits, or whose calls still go on.
#[derive(Debug)]
pub(super) struct User {
    pub(super) request: Request,
    pub(super) at: Tick,
    /// The request inside the gateway that the user waits for.
    pub(super) job: u32,
    /// Tries of the user's client.
    pub(super) tries: u32,
    pub(super) try_began: Tick,
    /// Patience, or the client's timeout, whichever is looked at next.
    pub(super) timer: Mark,
    pub(super) timer_at: Tick,
    /// The client's next try.
    pub(super) wake: Mark,
    pub(super) first_token: Option<Tick>,
    pub(super) seen: Option<(Seen, Tick)>,
    pub(super) by: Option<usize>,
    pub(super) calls: u32,
    pub(super) cost: f64,
    /// Requests of this user that are inside the gateway.
    pub(super) jobs: u32,
    /// What picks and pauses of its requests are drawn from.
    pub(super) chance: Chance,
    pub(super) traced: bool,
    pub(super) attempts: Vec<Attempt>,
}

/// A request inside the gateway.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) user: u32,
    pub(super) path: Path,
    pub(super) way: WayOf,
    pub(super) wake: Mark,
    pub(super) passed_on: bool,
    /// Its calls that go on.
    pub(super) calls: Vec<u32>,
}

/// Which way a request goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WayOf {
    Entry,
    Context,
    Content,
}

/// A call that goes on.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) job: u32,
    pub(super) id: CallId,
    pub(super) deployment: u32,
    pub(super) number: u64,
    pub(super) began: Tick,
    pub(super) limits: CallLimits,
    pub(super) pace: Pace,
    pub(super) met: Met,
    pub(super) end: Mark,
    pub(super) first: Mark,
    /// Whether it has one of the provider's places.
    pub(super) holds: bool,
    /// Whether it waits for one.
    pub(super) queued: bool,
    /// Its place in the trace.
    pub(super) attempt: usize,
}

/// What is left of an account.
#[derive(Debug)]
pub(super) struct Grants {
    pub(super) rpm: Option<Bucket>,
    pub(super) tpm: Option<Bucket>,
    pub(super) busy: u32,
    pub(super) waiting: VecDeque<(u32, Mark)>,
}

impl Default for User {
    fn default() -> Self {
        Self {
            request: Request {
                id: 0,
                at: std::time::Duration::ZERO,
                prompt_tokens: 0,
                output_tokens: 0,
                tenant: 0,
                question: 0,
                streamed: false,
            },
            at: Tick::ZERO,
            job: NOBODY,
            tries: 0,
            try_began: Tick::ZERO,
            timer: 0,
            timer_at: Tick::NEVER,
            wake: 0,
            first_token: None,
            seen: None,
            by: None,
            calls: 0,
            cost: 0.0,
            jobs: 0,
            chance: Chance::numbered(0, 0, 0),
            traced: false,
            attempts: Vec::new(),
        }
    }
}

impl Default for Job {
    fn default() -> Self {
        Self {
            user: NOBODY,
            path: Path::default(),
            way: WayOf::Entry,
            wake: 0,
            passed_on: false,
            calls: Vec::new(),
        }
    }
}

impl Default for Call {
    fn default() -> Self {
        Self {
            job: NOBODY,
            id: CallId(0),
            deployment: 0,
            number: 0,
            began: Tick::ZERO,
            limits: CallLimits {
                connect: None,
                total: None,
                first_token: None,
                idle: None,
                deadline: Tick::NEVER,
            },
            pace: Pace {
                first: 0,
                gap: 0,
                tokens: 1,
            },
            met: Met::NOTHING,
            end: 0,
            first: 0,
            holds: false,
            queued: false,
            attempt: 0,
        }
    }
}

impl Grants {
    pub(super) fn of(limits: crate::chaos::behaviour::Limits) -> Self {
        let bucket = |amount: f64| Bucket::full(amount, amount / 60.0);
        Self {
            rpm: limits.rpm.map(bucket),
            tpm: limits.tpm.map(bucket),
            busy: 0,
            waiting: VecDeque::new(),
        }
    }

    /// When a request of so many tokens is granted: now, and then it is taken, or later.
    pub(super) fn ask(&mut self, tokens: f64, now: Tick) -> Tick {
        let asked = [(&mut self.rpm, 1.0), (&mut self.tpm, tokens)];
        let granted = asked.iter().fold(now, |granted, (bucket, amount)| match bucket {
            Some(bucket) if bucket.held(now) < *amount => granted.max(bucket.until(now, *amount)),
            _ => granted,
        });
        if granted == now {
            for (bucket, amount) in asked {
                if let Some(bucket) = bucket {
                    bucket.charge(now, amount);
                }
            }
        }
        granted
    }
}

/// What a failure that is handed on as an answer looks like to the user.
pub(super) const fn handed_on(failure: &Failure, tokens: u32) -> Seen {
    use crate::chaos::observation::Hollow;
    use crate::pipeline::policy::Useless;
    match failure {
        Failure::Useless(Useless::NoChoices | Useless::NullContent | Useless::EmptyText) => Seen::Hollow(Hollow::Empty),
        Failure::Useless(Useless::Filtered | Useless::Refused | Useless::BrokenArguments) => {
            Seen::Hollow(Hollow::Useless)
        }
        Failure::Unfinished if tokens == 0 => Seen::Hollow(Hollow::Empty),
        Failure::Unfinished | Failure::Useless(Useless::Length) => Seen::Hollow(Hollow::Truncated),
        other => Seen::Failed(*other),
    }
}
