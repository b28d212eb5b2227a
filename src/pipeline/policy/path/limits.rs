//! How much of the time that is left a call may take.

use std::time::Duration;

use super::super::program::{Step, StepId};
use super::frames::FrameId;
use super::{Path, World};
use crate::pipeline::policy::{Fleet, Tick};

/// The limits of one call. `None`: nothing ends the wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallLimits {
    /// Until the connection stands.
    pub connect: Option<Duration>,
    /// Until the whole answer, when it is not streamed.
    pub total: Option<Duration>,
    /// Until a stream's first token.
    pub first_token: Option<Duration>,
    /// Between two tokens.
    pub idle: Option<Duration>,
    /// When this call's time is up: for its first token when it is streamed, else for its answer.
    pub deadline: Tick,
}

/// The share of a deployment's calls that must have been able to answer within the time that is kept for it.
const SERVED: f64 = 0.95;

impl Path {
    /// When the time is up of everything around a frame. A stream that has begun has met its deadline.
    pub(super) fn deadline(&self, frame: FrameId) -> Tick {
        if self.passed_on {
            return Tick::NEVER;
        }
        self.around(frame).map(|frame| frame.until).min().unwrap_or(Tick::NEVER)
    }

    /// The limits of a call that begins now.
    ///
    /// Our own middleware divides the time that is left: each further way to an answer keeps what it needs to
    /// answer as a rule, at most an equal share, and the reserve at the end belongs to the degraded answer.
    pub(super) fn limits<S: ?Sized, F: Fleet + ?Sized>(
        &self,
        world: &mut World<'_, S, F>,
        step: StepId,
        frame: FrameId,
        now: Tick,
    ) -> CallLimits {
        let Step::Try {
            deployment,
            timeout,
            first_token,
            idle,
        } = &world.program.steps[step]
        else {
            return CallLimits {
                connect: None,
                total: None,
                first_token: None,
                idle: None,
                deadline: now,
            };
        };
        let mut limits = CallLimits {
            connect: None,
            total: *timeout,
            first_token: *first_token,
            idle: *idle,
            deadline: self.deadline(frame),
        };
        if let Some(ways) = &world.program.ways {
            limits.connect = ways.connect;
            if limits.deadline != Tick::NEVER {
                let left = limits.deadline.since(now).saturating_sub(ways.reserve);
                let kept = self.kept(world, frame, *deployment, left, now);
                limits.deadline = now.after(left.saturating_sub(kept));
            }
        }
        limits
    }

    /// What is kept of `left` for whoever is tried after a call of `deployment`.
    fn kept<S: ?Sized, F: Fleet + ?Sized>(
        &self,
        world: &mut World<'_, S, F>,
        frame: FrameId,
        deployment: usize,
        left: Duration,
        now: Tick,
    ) -> Duration {
        // A deployment of each; of more than eight, the others are not kept for.
        let (mut others, mut rungs) = ([0; 8], 0_u32);
        self.each_rung(world, frame, deployment, now, &mut |_, other| {
            if let Some(place) = others.get_mut(rungs as usize) {
                *place = other;
                rungs += 1;
            }
        });
        let share = left / (rungs + 1);
        let streamed = self.request.streamed;
        let mut kept = Duration::ZERO;
        for other in others.iter().take(rungs as usize) {
            let needs = world.fleet.latency(*other, streamed, SERVED);
            kept += needs.map_or(share, |needs| needs.min(share));
        }
        kept
    }
}
