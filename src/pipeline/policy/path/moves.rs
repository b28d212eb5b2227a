//! The moves: each is about one step and says which comes next.

use std::time::Duration;

use crate::system::{Backoff, Wait};

use super::super::program::{Step, StepId};
use super::frames::{FrameId, NONE};
use super::{Action, CallId, Due, Path, Running, World};
use crate::pipeline::policy::{Failure, Fleet, Limit, Program, Refusal, Semantics, Tick, Treatment};
use crate::rng::Chance;

/// What happens next.
#[derive(Debug, Clone, Copy)]
pub(super) enum Move {
    /// A step begins inside of a frame.
    Enter(StepId, FrameId),
    /// What is inside of a frame has answered.
    Answered(FrameId),
    /// What is inside of a frame has failed.
    Failed(FrameId, Failure, Treatment),
    /// Nothing more from here: see what else is due.
    Rest,
    /// The driver's turn.
    Do(Action),
}

/// A wait that is served.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pause {
    pub(super) until: Tick,
    pub(super) frame: FrameId,
    then: Then,
}

/// What a pause ends with.
#[derive(Debug, Clone, Copy)]
enum Then {
    /// The frame's step is repeated.
    Again,
    /// The failure goes on upward (`Backoff::after_last`).
    Upward(Failure, Treatment),
}

/// A provider's wish to wait that is longer than this is no reason to keep a user waiting while somebody else
/// could answer.
const WORTH_WAITING: Duration = Duration::from_millis(250);

impl Path {
    /// A step begins.
    pub(super) fn enter<S: Semantics + ?Sized, F: Fleet + ?Sized>(
        &mut self,
        world: &mut World<'_, S, F>,
        step: StepId,
        frame: FrameId,
        now: Tick,
    ) -> Move {
        match &world.program.steps[step] {
            Step::Try { .. } => self.call(world, step, frame, now),
            Step::Pick { branches, ejects } => match self.pick(world, branches, *ejects, now) {
                Some(branch) => Move::Enter(branch, frame),
                None => Move::Failed(frame, Failure::NoneAvailable, Treatment::Next),
            },
            Step::Retry { body, .. } => Move::Enter(*body, self.push(step, frame, Tick::NEVER)),
            Step::First(branches) => {
                let inside = self.push(step, frame, Tick::NEVER);
                match self.first(world, branches, inside, now) {
                    Some(branch) => Move::Enter(branch, inside),
                    None => Move::Failed(self.release(inside), Failure::NoneAvailable, Treatment::Next),
                }
            }
            Step::All(parts) => {
                let Some((last, side_by_side)) = parts.split_last() else {
                    return Move::Failed(frame, Failure::NoneAvailable, Treatment::Next);
                };
                let inside = self.push(step, frame, Tick::NEVER);
                let Some((first, others)) = side_by_side.split_first() else {
                    return Move::Enter(*last, inside);
                };
                self.due
                    .extend(others.iter().rev().map(|part| Due::Enter(*part, inside)));
                Move::Enter(*first, inside)
            }
            Step::Within { limit, body } => {
                let until = limit.map_or(Tick::NEVER, |limit| now.after(limit));
                Move::Enter(*body, self.push(step, frame, until))
            }
            Step::Degraded => Move::Do(Action::Degrade),
        }
    }

    /// A call begins.
    fn call<S: Semantics + ?Sized, F: Fleet + ?Sized>(
        &mut self,
        world: &mut World<'_, S, F>,
        step: StepId,
        frame: FrameId,
        now: Tick,
    ) -> Move {
        let Step::Try { deployment, .. } = &world.program.steps[step] else {
            return Move::Rest;
        };
        let deployment = *deployment;
        if world.program.ways.is_some() && !world.fleet.usable(deployment, now) {
            return Move::Failed(frame, Failure::NoneAvailable, Treatment::Next);
        }
        let limits = self.limits(world, step, frame, now);
        if world.program.ways.is_some() && limits.deadline <= now {
            return Move::Failed(frame, Failure::TimedOut(Limit::Deadline), Treatment::Next);
        }
        let hedge_at = self.hedge_moment(world, deployment, now);
        Move::Do(self.start(world, deployment, frame, limits, hedge_at, now))
    }

    /// Notes a call that begins.
    pub(super) fn start<S: ?Sized, F: Fleet + ?Sized>(
        &mut self,
        world: &mut World<'_, S, F>,
        deployment: usize,
        frame: FrameId,
        limits: super::CallLimits,
        hedge_at: Tick,
        now: Tick,
    ) -> Action {
        let again = self.has_called(world.program, deployment);
        world.fleet.began(deployment, now, &self.request, again);
        let id = CallId(self.calls);
        self.calls += 1;
        self.called.push(deployment);
        self.running.push(Running {
            id,
            deployment,
            frame,
            began: now,
            hedge_at,
            rival: None,
        });
        Action::Call { id, deployment, limits }
    }

    /// Whether this request has called the deployment's provider already.
    pub(super) fn has_called(&self, program: &Program, deployment: usize) -> bool {
        self.called.iter().any(|called| match &program.ways {
            Some(ways) => ways.same_provider(*called, deployment),
            None => *called == deployment,
        })
    }

    /// An answer ends everything around it but a step whose parts are all called.
    pub(super) fn answered<S: ?Sized, F: ?Sized>(&mut self, world: &World<'_, S, F>, frame: FrameId) -> Move {
        if frame == NONE {
            return Move::Do(Action::Answer);
        }
        if let Step::All(parts) = &world.program.steps[self.frames[frame].step] {
            let count = &mut self.frames[frame].count;
            *count += 1;
            let answered = *count as usize;
            if answered + 1 < parts.len() {
                return Move::Rest;
            }
            if answered + 1 == parts.len() {
                // The last one works on what the others said.
                return parts.last().map_or(Move::Rest, |last| Move::Enter(*last, frame));
            }
        }
        Move::Answered(self.release(frame))
    }

    /// A failure goes upward until something is left to try.
    pub(super) fn failed<S: Semantics + ?Sized, F: Fleet + ?Sized>(
        &mut self,
        world: &mut World<'_, S, F>,
        frame: FrameId,
        failure: Failure,
        treatment: Treatment,
        now: Tick,
    ) -> Move {
        if frame == NONE {
            return Move::Do(Action::Fail(failure));
        }
        let upward = |path: &mut Self| Move::Failed(path.release(frame), failure, treatment);
        match &world.program.steps[self.frames[frame].step] {
            Step::Retry {
                on_timeout,
                statuses,
                retries,
                ..
            } => {
                let retries = world.semantics.repeats(&failure).unwrap_or(*retries);
                let repeats = matches!(treatment, Treatment::Retry | Treatment::Elsewhere)
                    && applies(&failure, *on_timeout, statuses.as_deref());
                let again = if repeats {
                    self.repeat(world, frame, failure, (treatment, retries), now)
                } else {
                    None
                };
                again.unwrap_or_else(|| upward(self))
            }
            Step::First(branches) => match self.first(world, branches, frame, now) {
                Some(branch) => Move::Enter(branch, frame),
                None => upward(self),
            },
            Step::All(_) => {
                self.clear_inside(world.fleet, frame, now);
                upward(self)
            }
            Step::Within { .. } if now >= self.frames[frame].until && !self.passed_on => {
                // A total limit that ran out inside is a timeout for what is outside.
                let timeout = Failure::TimedOut(Limit::Deadline);
                Move::Failed(self.release(frame), timeout, Treatment::Retry)
            }
            _ => upward(self),
        }
    }

    /// A repetition, when one is left.
    fn repeat<S: ?Sized, F: Fleet + ?Sized>(
        &mut self,
        world: &mut World<'_, S, F>,
        frame: FrameId,
        failure: Failure,
        (treatment, retries): (Treatment, u32),
        now: Tick,
    ) -> Option<Move> {
        let program = world.program;
        let Step::Retry { body, backoff, .. } = &program.steps[self.frames[frame].step] else {
            return None;
        };
        let count = self.frames[frame].count;
        let again = count < retries;
        let ours = program.ways.is_some();
        if again && (ours || treatment == Treatment::Elsewhere) {
            if self.has_another(world, *body, now) {
                let known = self
                    .failed
                    .last()
                    .is_some_and(|(failed, _)| self.all_known(program, *body, *failed));
                let last = self.failed.last().map_or(0, |(failed, _)| *failed);
                if known && !world.fleet.may_repeat(last, now) {
                    return None;
                }
                self.frames[frame].count += 1;
                return Some(Move::Enter(*body, frame));
            }
            if treatment == Treatment::Elsewhere {
                return None;
            }
        }
        if !again && (ours || treatment == Treatment::Elsewhere || !backoff.after_last || retries == 0) {
            return None;
        }
        let wait = if ours {
            self.our_wait(world, frame, backoff, count, &failure, now)?
        } else {
            wait(backoff, count, &failure, world.chance)
        };
        self.frames[frame].count += 1;
        let then = if again {
            Then::Again
        } else {
            Then::Upward(failure, treatment)
        };
        // Whoever counts the time around it is heard first.
        let until = now.after(wait).min(self.deadline(frame));
        self.pauses.push(Pause { until, frame, then });
        Some(Move::Rest)
    }

    /// How long our own middleware waits before it calls the same deployment again; `None`: it does not.
    fn our_wait<S: ?Sized, F: Fleet + ?Sized>(
        &self,
        world: &mut World<'_, S, F>,
        frame: FrameId,
        backoff: &Backoff,
        count: u32,
        failure: &Failure,
        now: Tick,
    ) -> Option<Duration> {
        let deployment = self.failed.last()?.0;
        let asked = asked(failure);
        if asked.is_some_and(|asked| asked > WORTH_WAITING) && self.rungs(world, frame, deployment, now) > 0 {
            return None;
        }
        // Never before the provider wants it, and with nobody else left also longer than the backoff.
        let wait = jittered(backoff, count, world.chance).max(asked.unwrap_or_default());
        let then = now.after(wait);
        let reserve = world.program.ways.as_ref().map_or(Duration::ZERO, |ways| ways.reserve);
        let in_time = then.after(reserve) < self.deadline(frame);
        (in_time && world.fleet.usable(deployment, then) && world.fleet.may_repeat(deployment, now)).then_some(wait)
    }

    /// A pause is over.
    pub(super) fn resume<S: ?Sized, F: ?Sized>(&mut self, world: &World<'_, S, F>, pause: Pause, now: Tick) -> Move {
        if now >= self.deadline(pause.frame) {
            return Move::Failed(
                self.release(pause.frame),
                Failure::TimedOut(Limit::Deadline),
                Treatment::Next,
            );
        }
        match (pause.then, &world.program.steps[self.frames[pause.frame].step]) {
            (Then::Again, Step::Retry { body, .. }) => Move::Enter(*body, pause.frame),
            (Then::Again, _) => Move::Rest,
            (Then::Upward(failure, treatment), _) => Move::Failed(self.release(pause.frame), failure, treatment),
        }
    }

    /// A window that was too small is not met again by a smaller one.
    pub(super) fn learn_window(&mut self, program: &Program, deployment: usize, failure: &Failure) {
        if let Failure::Status {
            refusal: Refusal::ContextLength,
            ..
        } = failure
        {
            let window = program.ways.as_ref().and_then(|ways| ways.window(deployment));
            self.too_small = self.too_small.max(window.unwrap_or(0));
        }
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

/// The wait that a provider asks for.
const fn asked(failure: &Failure) -> Option<Duration> {
    match failure {
        Failure::Status { retry_after, .. } => *retry_after,
        _ => None,
    }
}

/// How long to wait before repetition `n`: what the provider asks for where that is obeyed, else the backoff.
fn wait(backoff: &Backoff, n: u32, failure: &Failure, chance: &mut Chance) -> Duration {
    match (asked(failure), backoff.retry_after) {
        // What is added by chance is added to the provider's wish too (`LiteLLM`'s `calculate_retry_after`).
        (Some(asked), Some(Wait::Unbounded)) => asked.saturating_add(added(backoff, chance)),
        (Some(asked), Some(Wait::AtMost(most))) if asked <= most => asked.saturating_add(added(backoff, chance)),
        _ => jittered(backoff, n, chance),
    }
}

fn added(backoff: &Backoff, chance: &mut Chance) -> Duration {
    if backoff.jitter.is_zero() {
        Duration::ZERO
    } else {
        backoff.jitter.mul_f64(chance.unit())
    }
}

fn jittered(backoff: &Backoff, n: u32, chance: &mut Chance) -> Duration {
    let longest = backoff.longest(n);
    if !backoff.jittered {
        return longest;
    }
    if backoff.jitter.is_zero() {
        // Full jitter (AWS, "Exponential Backoff And Jitter", 2015).
        return longest.mul_f64(chance.unit());
    }
    longest.saturating_sub(backoff.jitter) + backoff.jitter.mul_f64(chance.unit())
}
