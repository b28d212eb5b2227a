//! One request's way through a program.

use std::time::Duration;

use crate::rng::Chance;
use crate::system::{Backoff, Wait};

use super::program::{Step, StepId};
use super::{Circumstances, Failure, Fleet, Limit, Program, Semantics, Tick, Treatment};

/// The limits of one call. `None`: nothing ends the wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallLimits {
    /// Until the whole answer, when it is not streamed.
    pub total: Option<Duration>,
    /// Until a stream's first token.
    pub first_token: Option<Duration>,
    /// Between two tokens.
    pub idle: Option<Duration>,
    /// When the whole request's time is up: for its first token when it is streamed, else for its answer.
    pub deadline: Tick,
}

/// What the driver must do next.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Action {
    /// Call a deployment, and hand in the [`Outcome`].
    Call {
        /// Which.
        deployment: usize,
        /// Its limits.
        limits: CallLimits,
    },
    /// Do nothing until then, then call [`Path::waited`].
    Wait(Tick),
    /// The last call's answer, or the failure that is taken for one, is the caller's answer.
    Answer,
    /// The degraded answer is the caller's answer.
    Degrade,
    /// The caller gets this error.
    Fail(Failure),
}

/// What came of a call.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Outcome {
    /// A whole answer.
    Answered,
    /// None.
    Failed(Failure, Circumstances),
}

#[derive(Debug, Clone, Copy)]
struct Frame {
    step: StepId,
    /// Retry: failures so far. First, All: the branch that is tried.
    count: u32,
    /// Within: when its time is up.
    until: Tick,
}

/// One request's place in its program.
#[derive(Debug, Clone, Default)]
pub struct Path {
    frames: Vec<Frame>,
    calling: Option<usize>,
    /// A failure whose wait is served before it goes on upward (`Backoff::after_last`).
    pending: Option<(Failure, Treatment)>,
}

impl Path {
    /// Starts at the program's beginning.
    pub fn begin(&mut self, program: &Program, now: Tick, fleet: &mut impl Fleet, chance: &mut Chance) -> Action {
        self.frames.clear();
        self.calling = None;
        self.pending = None;
        self.enter(program, program.root, now, fleet, chance)
    }

    /// Goes on after a call.
    pub fn ended(
        &mut self,
        program: &Program,
        outcome: Outcome,
        now: Tick,
        semantics: &impl Semantics,
        fleet: &mut impl Fleet,
        chance: &mut Chance,
    ) -> Action {
        let called = self.calling.take();
        let failure = match &outcome {
            Outcome::Answered => None,
            Outcome::Failed(failure, _) => Some(failure),
        };
        if let Some(deployment) = called {
            fleet.saw(deployment, now, failure);
        }
        match outcome {
            Outcome::Answered => self.answered(program, now, fleet, chance),
            Outcome::Failed(failure, circumstances) => match semantics.treats(&failure, circumstances) {
                Treatment::Deliver => Action::Answer,
                Treatment::Fail => Action::Fail(failure),
                treatment => self.unwind(program, failure, treatment, now, fleet, chance),
            },
        }
    }

    /// Goes on after a wait.
    pub fn waited(&mut self, program: &Program, now: Tick, fleet: &mut impl Fleet, chance: &mut Chance) -> Action {
        if let Some((failure, treatment)) = self.pending.take() {
            self.frames.pop();
            return self.unwind(program, failure, treatment, now, fleet, chance);
        }
        let body = self.frames.last().and_then(|frame| match &program.steps[frame.step] {
            Step::Retry { body, .. } => Some(*body),
            _ => None,
        });
        match body {
            Some(body) => self.enter(program, body, now, fleet, chance),
            None => Action::Fail(Failure::TimedOut(Limit::Deadline)),
        }
    }

    fn deadline(&self) -> Tick {
        self.frames.iter().map(|frame| frame.until).min().unwrap_or(Tick::NEVER)
    }

    fn push(&mut self, step: StepId, until: Tick) {
        self.frames.push(Frame { step, count: 0, until });
    }

    fn enter(
        &mut self,
        program: &Program,
        mut step: StepId,
        now: Tick,
        fleet: &mut impl Fleet,
        chance: &mut Chance,
    ) -> Action {
        loop {
            step = match &program.steps[step] {
                Step::Try {
                    deployment,
                    timeout,
                    first_token,
                    idle,
                } => {
                    self.calling = Some(*deployment);
                    let limits = CallLimits {
                        total: *timeout,
                        first_token: *first_token,
                        idle: *idle,
                        deadline: self.deadline(),
                    };
                    return Action::Call {
                        deployment: *deployment,
                        limits,
                    };
                }
                Step::Pick { branches, ejects } => match pick(program, branches, *ejects, now, fleet, chance) {
                    Some(branch) => {
                        self.push(step, Tick::NEVER);
                        branch
                    }
                    None => {
                        return self.unwind(program, Failure::NoneAvailable, Treatment::Next, now, fleet, chance);
                    }
                },
                Step::Retry { body, .. } => {
                    self.push(step, Tick::NEVER);
                    *body
                }
                Step::First(branches) | Step::All(branches) => {
                    let Some(first) = branches.first() else {
                        return self.unwind(program, Failure::NoneAvailable, Treatment::Next, now, fleet, chance);
                    };
                    self.push(step, Tick::NEVER);
                    *first
                }
                Step::Within { limit, body } => {
                    self.push(step, limit.map_or(Tick::NEVER, |limit| now.after(limit)));
                    *body
                }
                Step::Degraded => return Action::Degrade,
            };
        }
    }

    /// An answer ends everything but the rest of a step whose parts are all called.
    fn answered(&mut self, program: &Program, now: Tick, fleet: &mut impl Fleet, chance: &mut Chance) -> Action {
        while let Some(frame) = self.frames.last_mut() {
            if let Step::All(parts) = &program.steps[frame.step] {
                frame.count += 1;
                if let Some(part) = parts.get(frame.count as usize) {
                    return self.enter(program, *part, now, fleet, chance);
                }
            }
            self.frames.pop();
        }
        Action::Answer
    }

    /// A failure goes upward until something is left to try.
    fn unwind(
        &mut self,
        program: &Program,
        mut failure: Failure,
        treatment: Treatment,
        now: Tick,
        fleet: &mut impl Fleet,
        chance: &mut Chance,
    ) -> Action {
        // Whether the failure may still be retried: a total limit that ran out inside is a timeout for what is outside.
        let mut retryable = treatment == Treatment::Retry;
        while let Some(frame) = self.frames.last_mut() {
            match &program.steps[frame.step] {
                Step::Retry {
                    retries,
                    backoff,
                    on_timeout,
                    statuses,
                    ..
                } if retryable && applies(&failure, *on_timeout, statuses.as_deref()) => {
                    let again = frame.count < *retries;
                    if again || (backoff.after_last && *retries > 0) {
                        let wait = wait(backoff, frame.count, &failure, chance);
                        frame.count += 1;
                        if !again {
                            self.pending = Some((failure, treatment));
                        }
                        let until = now.after(wait);
                        if until >= self.deadline() {
                            // Nothing that begins after the deadline helps: say so now, not then.
                            self.pending = None;
                            self.frames.pop();
                            continue;
                        }
                        return Action::Wait(until);
                    }
                }
                Step::First(branches) => {
                    frame.count += 1;
                    if let Some(branch) = branches.get(frame.count as usize).copied() {
                        return self.enter(program, branch, now, fleet, chance);
                    }
                }
                Step::Within { .. } if now >= frame.until => {
                    failure = Failure::TimedOut(Limit::Deadline);
                    retryable = true;
                }
                _ => {}
            }
            self.frames.pop();
        }
        Action::Fail(failure)
    }
}

/// Whether a repetition is meant for this failure.
fn applies(failure: &Failure, on_timeout: bool, statuses: Option<&[u16]>) -> bool {
    match (failure, statuses) {
        (Failure::TimedOut(_), _) => on_timeout,
        (Failure::Status { status, .. }, Some(statuses)) => statuses.contains(status),
        _ => true,
    }
}

/// How long to wait before repetition `n`: what the provider asks for where that is obeyed, else the backoff.
fn wait(backoff: &Backoff, n: u32, failure: &Failure, chance: &mut Chance) -> Duration {
    if let Failure::Status {
        retry_after: Some(asked),
        ..
    } = failure
    {
        match backoff.retry_after {
            Some(Wait::Unbounded) => return *asked,
            Some(Wait::AtMost(most)) if *asked <= most => return *asked,
            _ => {}
        }
    }
    let longest = backoff.longest(n);
    if !backoff.jittered {
        return longest;
    }
    if backoff.jitter.is_zero() {
        return longest.mul_f64(chance.unit());
    }
    (longest - backoff.jitter) + backoff.jitter.mul_f64(chance.unit())
}

fn pick(
    program: &Program,
    branches: &[(f64, StepId)],
    ejects: bool,
    now: Tick,
    fleet: &mut impl Fleet,
    chance: &mut Chance,
) -> Option<StepId> {
    let mut usable =
        |branch: StepId| !ejects || program.any_usable(branch, &mut |deployment| fleet.usable(deployment, now));
    let live: Vec<(f64, StepId)> = branches.iter().copied().filter(|(_, branch)| usable(*branch)).collect();
    let total: f64 = live.iter().map(|(weight, _)| weight.max(0.0)).sum();
    if total <= 0.0 {
        return live.get(chance.below(live.len())).map(|(_, branch)| *branch);
    }
    let mut left = chance.unit() * total;
    for (weight, branch) in &live {
        left -= weight.max(0.0);
        if left < 0.0 {
            return Some(*branch);
        }
    }
    live.last().map(|(_, branch)| *branch)
}
