//! One request's way through a program: a small machine that is told what happened and says what to do next.
//!
//! It keeps the steps that it is inside of ([`Frame`]s, each with the one around it), the calls that run and
//! the pauses that are served. One thing that happened makes a chain of [`Move`]s, each about one step, until
//! there is something for the driver to do.

mod choose;
mod frames;
mod hedge;
mod limits;
mod moves;

use crate::rng::Chance;

use self::frames::{Frame, FrameId, NONE};
use self::moves::{Move, Pause};
use super::program::StepId;
use super::ways::Blame;
use super::{CallEnd, Failure, Fleet, Program, Request, Semantics, Tick, Treatment};

pub use self::limits::CallLimits;

/// What a path is walked through with: the program, the product's ways, and the state that requests share.
#[derive(Debug)]
pub struct World<'a, S: ?Sized, F: ?Sized> {
    /// Where it leads.
    pub program: &'a Program,
    /// What is made of failures.
    pub semantics: &'a S,
    /// Who may be called.
    pub fleet: &'a mut F,
    /// Weights and jitter.
    pub chance: &'a mut Chance,
}

/// A call's number within its request, from 0 on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallId(pub u32);

/// What the driver must do next.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Action {
    /// Begin to call a deployment, then ask [`Path::next`]; hand in what comes of it by [`Path::ended`].
    Call {
        /// This call's number.
        id: CallId,
        /// Which deployment.
        deployment: usize,
        /// Its limits, which the driver enforces.
        limits: CallLimits,
    },
    /// Cut a call off that still runs, then ask [`Path::next`]. It is not handed in.
    Cancel(CallId),
    /// Do nothing until a call ends, or until then ([`Tick::NEVER`]: no moment): then [`Path::waited`].
    Wait(Tick),
    /// The answer of the call that was handed in last, or the failure that is taken for one, is the caller's
    /// answer. With this and what follows, whatever still runs is cut off and the path is at its end.
    Answer,
    /// The degraded answer is the caller's answer.
    Degrade,
    /// The caller gets this error.
    Fail(Failure),
}

/// What came of a call.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Outcome {
    /// How it failed; `None`: it answered.
    pub failure: Option<Failure>,
    /// When its first token came, when one did. Whole answers have none.
    pub first_token: Option<Tick>,
    /// Whether a piece of this answer has been passed on to the caller already.
    pub passed_on: bool,
}

impl Outcome {
    /// A whole answer.
    #[must_use]
    pub const fn answered(first_token: Option<Tick>) -> Self {
        Self {
            failure: None,
            first_token,
            passed_on: first_token.is_some(),
        }
    }

    /// No answer, and nothing of it was passed on.
    #[must_use]
    pub const fn failed(failure: Failure) -> Self {
        Self {
            failure: Some(failure),
            first_token: None,
            passed_on: false,
        }
    }
}

/// A call that runs.
#[derive(Debug, Clone, Copy)]
struct Running {
    id: CallId,
    deployment: usize,
    frame: FrameId,
    began: Tick,
    /// When it gets a rival if it is still silent.
    hedge_at: Tick,
    /// The other one, of a call and its rival.
    rival: Option<CallId>,
}

/// What has become due and was not said yet.
#[derive(Debug, Clone, Copy)]
enum Due {
    Enter(StepId, FrameId),
    Cancel(CallId),
}

/// One request's place in its program. It is meant to be used again for the next request: after the first
/// few it allocates nothing.
#[derive(Debug, Clone, Default)]
pub struct Path {
    request: Request,
    frames: Vec<Frame>,
    running: Vec<Running>,
    pauses: Vec<Pause>,
    due: Vec<Due>,
    /// The deployments that have failed this request, and what that speaks against.
    failed: Vec<(usize, Blame)>,
    /// The deployments that have been called for it.
    called: Vec<usize>,
    calls: u32,
    hedged: bool,
    passed_on: bool,
    /// Windows up to this many tokens were too small.
    too_small: u64,
}

impl Path {
    /// Starts at the program's beginning. What an earlier request left is forgotten.
    pub fn begin<S: Semantics + ?Sized, F: Fleet + ?Sized>(
        &mut self,
        world: &mut World<'_, S, F>,
        request: Request,
        now: Tick,
    ) -> Action {
        self.request = request;
        self.frames.clear();
        self.running.clear();
        self.pauses.clear();
        self.due.clear();
        self.failed.clear();
        self.called.clear();
        self.calls = 0;
        self.hedged = false;
        self.passed_on = false;
        self.too_small = 0;
        self.go(world, Move::Enter(world.program.root, NONE), now)
    }

    /// What else is to be done now, after a call has begun or was cut off.
    pub fn next<S: Semantics + ?Sized, F: Fleet + ?Sized>(&mut self, world: &mut World<'_, S, F>, now: Tick) -> Action {
        self.go(world, Move::Rest, now)
    }

    /// A stream's first token has come. Only a program that [hedges](Program::hedges) must be told.
    pub fn spoke<S: Semantics + ?Sized, F: Fleet + ?Sized>(
        &mut self,
        world: &mut World<'_, S, F>,
        id: CallId,
        now: Tick,
    ) -> Action {
        self.speaks(world, id, now);
        self.go(world, Move::Rest, now)
    }

    /// Goes on after a call has ended. A call that was cut off meanwhile changes nothing.
    pub fn ended<S: Semantics + ?Sized, F: Fleet + ?Sized>(
        &mut self,
        world: &mut World<'_, S, F>,
        id: CallId,
        outcome: Outcome,
        now: Tick,
    ) -> Action {
        let Some(at) = self.running.iter().position(|call| call.id == id) else {
            return self.go(world, Move::Rest, now);
        };
        let call = self.running.swap_remove(at);
        let end = CallEnd {
            began: call.began,
            first_token: outcome.first_token,
            streamed: self.request.streamed,
            failure: outcome.failure,
            failed_before: !self.failed.is_empty(),
        };
        world.fleet.saw(call.deployment, now, &end);
        let then = self.after(world, &call, outcome, now);
        self.go(world, then, now)
    }

    /// Goes on when the moment of [`Action::Wait`] has come.
    pub fn waited<S: Semantics + ?Sized, F: Fleet + ?Sized>(
        &mut self,
        world: &mut World<'_, S, F>,
        now: Tick,
    ) -> Action {
        let then = match self.pauses.iter().position(|pause| pause.until <= now) {
            Some(at) => {
                let pause = self.pauses.swap_remove(at);
                self.resume(world, pause, now)
            }
            None => self.hedge(world, now),
        };
        self.go(world, then, now)
    }

    /// Gives the request up, as when its caller has gone: calls that run are told to the fleet as cut off.
    pub fn abandon<F: Fleet + ?Sized>(&mut self, fleet: &mut F, now: Tick) {
        for call in self.running.drain(..) {
            fleet.dropped(call.deployment, call.began, now);
        }
        self.pauses.clear();
        self.due.clear();
    }

    /// How many calls have begun.
    #[must_use]
    pub const fn calls(&self) -> u32 {
        self.calls
    }

    /// Makes moves until there is something to do.
    fn go<S: Semantics + ?Sized, F: Fleet + ?Sized>(
        &mut self,
        world: &mut World<'_, S, F>,
        mut step: Move,
        now: Tick,
    ) -> Action {
        loop {
            step = match step {
                Move::Enter(to, frame) => self.enter(world, to, frame, now),
                Move::Answered(frame) => self.answered(world, frame),
                Move::Failed(frame, failure, treatment) => self.failed(world, frame, failure, treatment, now),
                Move::Rest => match self.due.pop() {
                    Some(Due::Enter(to, frame)) => Move::Enter(to, frame),
                    Some(Due::Cancel(id)) => return Action::Cancel(id),
                    None => return Action::Wait(self.next_moment()),
                },
                Move::Do(action) => {
                    if !matches!(action, Action::Call { .. }) {
                        self.abandon(world.fleet, now);
                    }
                    return action;
                }
            };
        }
    }

    fn next_moment(&self) -> Tick {
        let pauses = self.pauses.iter().map(|pause| pause.until);
        let hedges = self.running.iter().map(|call| call.hedge_at);
        pauses.chain(hedges).min().unwrap_or(Tick::NEVER)
    }

    /// What follows from a call's end.
    fn after<S: Semantics + ?Sized, F: Fleet + ?Sized>(
        &mut self,
        world: &mut World<'_, S, F>,
        call: &Running,
        outcome: Outcome,
        now: Tick,
    ) -> Move {
        self.passed_on |= outcome.passed_on;
        let Some(failure) = outcome.failure else {
            if let Some(rival) = call.rival {
                self.cut(world.fleet, rival, now);
            }
            return Move::Answered(call.frame);
        };
        self.failed.push((call.deployment, Blame::for_failure(&failure)));
        self.learn_window(world.program, call.deployment, &failure);
        if let Some(rival) = call.rival
            && let Some(other) = self.running.iter_mut().find(|other| other.id == rival)
        {
            // The other one may still answer.
            other.rival = None;
            return Move::Rest;
        }
        let circumstances = super::Circumstances {
            streamed: self.request.streamed,
            passed_on: self.passed_on,
        };
        match world.semantics.treats(&failure, circumstances) {
            Treatment::Deliver => Move::Answered(call.frame),
            Treatment::Fail => Move::Do(Action::Fail(failure)),
            treatment => Move::Failed(call.frame, failure, treatment),
        }
    }

    /// Cuts a call off.
    fn cut<F: Fleet + ?Sized>(&mut self, fleet: &mut F, id: CallId, now: Tick) {
        if let Some(at) = self.running.iter().position(|call| call.id == id) {
            let call = self.running.swap_remove(at);
            fleet.dropped(call.deployment, call.began, now);
            self.due.push(Due::Cancel(id));
        }
    }
}
