//! A rival for a call that is silent for too long.

use super::super::program::Step;
use super::frames::FrameId;
use super::moves::Move;
use super::{CallId, Path, World};
use crate::pipeline::policy::{Fleet, Tick};

impl Path {
    /// When a call that begins now gets a rival, if it is still silent then.
    pub(super) fn hedge_moment<S: ?Sized, F: Fleet + ?Sized>(
        &self,
        world: &mut World<'_, S, F>,
        deployment: usize,
        now: Tick,
    ) -> Tick {
        let hedge = world.program.ways.as_ref().and_then(|ways| ways.hedge);
        let Some(hedge) = hedge.filter(|_| !self.hedged && !self.passed_on) else {
            return Tick::NEVER;
        };
        let streamed = self.request.streamed;
        let silence = world.fleet.latency(deployment, streamed, hedge.quantile);
        silence.map_or(Tick::NEVER, |silence| now.after(silence))
    }

    /// Calls a rival for a call that has been silent, when there is somebody, time and budget for it.
    pub(super) fn hedge<S: ?Sized, F: Fleet + ?Sized>(&mut self, world: &mut World<'_, S, F>, now: Tick) -> Move {
        let Some(at) = self.running.iter().position(|call| call.hedge_at <= now) else {
            return Move::Rest;
        };
        self.running[at].hedge_at = Tick::NEVER;
        let silent = self.running[at];
        let Some((step, rival)) = self.rival(world, silent.frame, silent.deployment, now) else {
            return Move::Rest;
        };
        let limits = self.limits(world, step, silent.frame, now);
        if self.hedged || limits.deadline <= now || !world.fleet.may_hedge(rival, now) {
            return Move::Rest;
        }
        self.hedged = true;
        let call = self.start(world, rival, silent.frame, limits, Tick::NEVER, now);
        if let Some(new) = self.running.last_mut() {
            new.rival = Some(silent.id);
            let id = new.id;
            self.running[at].rival = Some(id);
        }
        Move::Do(call)
    }

    /// Whoever would be tried next, and how.
    fn rival<S: ?Sized, F: Fleet + ?Sized>(
        &self,
        world: &mut World<'_, S, F>,
        frame: FrameId,
        silent: usize,
        now: Tick,
    ) -> Option<(usize, usize)> {
        let mut found = None;
        self.each_rung(world, frame, silent, now, &mut |_, other| {
            found.get_or_insert(other);
        });
        let found = found?;
        let step = (world.program.steps.iter())
            .position(|step| matches!(step, Step::Try { deployment, .. } if *deployment == found))?;
        Some((step, found))
    }

    /// A first token ends the race.
    pub(super) fn speaks<S: ?Sized, F: Fleet + ?Sized>(&mut self, world: &mut World<'_, S, F>, id: CallId, now: Tick) {
        let Some(call) = self.running.iter_mut().find(|call| call.id == id) else {
            return;
        };
        call.hedge_at = Tick::NEVER;
        if let Some(rival) = call.rival.take() {
            self.cut(world.fleet, rival, now);
        }
    }
}
