//! Which branch is taken.

use super::super::program::{Step, StepId};
use super::frames::FrameId;
use super::{Path, World};
use crate::pipeline::policy::{Fleet, Program, Tick};

/// How much there is against a deployment: lower is better. Made of what it fails first by: it has failed this
/// request, it does not fit, it shares so many fates with what has failed.
type Against = u32;

const HAS_FAILED: Against = 1 << 16;
const DOES_NOT_FIT: Against = 1 << 8;
/// Not to be called at all.
const NEVER: Against = Against::MAX;

impl Path {
    /// One of a pick's branches, by weight among the best; `None` when all are left out.
    pub(super) fn pick<S: ?Sized, F: Fleet + ?Sized>(
        &self,
        world: &mut World<'_, S, F>,
        branches: &[(f64, StepId)],
        ejects: bool,
        now: Tick,
    ) -> Option<StepId> {
        // The branches are looked at twice instead of listing those that are left: nothing is allocated.
        let (mut best, mut total, mut count) = (NEVER, 0.0, 0);
        for (weight, branch) in branches {
            let against = self.against(world, *branch, ejects, now);
            if against < best {
                (best, total, count) = (against, 0.0, 0);
            }
            if against == best && against != NEVER {
                total += weight.max(0.0);
                count += 1;
            }
        }
        if count == 0 {
            return None;
        }
        if count == 1 {
            let mut all = branches.iter().map(|(_, branch)| *branch);
            return all.find(|branch| self.against(world, *branch, ejects, now) == best);
        }
        let equal = total <= 0.0;
        let mut left = world.chance.unit() * if equal { f64::from(count) } else { total };
        let mut last = None;
        for (weight, branch) in branches {
            if self.against(world, *branch, ejects, now) != best {
                continue;
            }
            last = Some(*branch);
            left -= if equal { 1.0 } else { weight.max(0.0) };
            if left < 0.0 {
                break;
            }
        }
        last
    }

    /// The branch to begin or to go on with after a failure; `None` when none is left.
    pub(super) fn first<S: ?Sized, F: Fleet + ?Sized>(
        &mut self,
        world: &mut World<'_, S, F>,
        branches: &[StepId],
        frame: FrameId,
        now: Tick,
    ) -> Option<StepId> {
        if world.program.ways.is_none() {
            // In the order in which they are written.
            let next = self.frames[frame].count as usize;
            self.frames[frame].count += 1;
            return branches.get(next).copied();
        }
        let tried = self.frames[frame].tried;
        let mut best: Option<(Against, usize)> = None;
        for (at, branch) in branches.iter().enumerate().take(64) {
            if tried & (1 << at) != 0 {
                continue;
            }
            let against = if world.program.is_degraded(*branch) {
                NEVER - 1
            } else {
                self.against(world, *branch, true, now)
            };
            if against != NEVER && best.is_none_or(|(least, _)| against < least) {
                best = Some((against, at));
            }
            if against == 0 {
                break;
            }
        }
        let (_, at) = best?;
        self.frames[frame].tried |= 1 << at;
        branches.get(at).copied()
    }

    /// How much there is against a branch: what there is against the best deployment in it.
    fn against<S: ?Sized, F: Fleet + ?Sized>(
        &self,
        world: &mut World<'_, S, F>,
        branch: StepId,
        ejects: bool,
        now: Tick,
    ) -> Against {
        let program = world.program;
        if program.ways.is_none() {
            let lives = !ejects || program.lives(branch, &mut |it| world.fleet.usable(it, now));
            return if lives { 0 } else { NEVER };
        }
        if let Step::Try { deployment, .. } = &program.steps[branch] {
            return self.against_one(world, *deployment, now);
        }
        let mut least = NEVER;
        for deployment in program.reached(branch) {
            least = least.min(self.against_one(world, *deployment, now));
            if least == 0 {
                break;
            }
        }
        let lives = least != NEVER && program.lives(branch, &mut |it| self.against_one(world, it, now) != NEVER);
        if lives { least } else { NEVER }
    }

    fn against_one<S: ?Sized, F: Fleet + ?Sized>(
        &self,
        world: &mut World<'_, S, F>,
        deployment: usize,
        now: Tick,
    ) -> Against {
        if !world.fleet.usable(deployment, now) {
            return NEVER;
        }
        let Some(ways) = &world.program.ways else { return 0 };
        if self.too_small > 0 && ways.window(deployment).is_some_and(|window| window <= self.too_small) {
            return NEVER;
        }
        let mut against = 0;
        if !ways.fits(deployment, &self.request, self.too_small) {
            against |= DOES_NOT_FIT;
        }
        for (failed, blame) in &self.failed {
            if *failed == deployment {
                against |= HAS_FAILED;
            }
            against += ways.shared(*failed, deployment, *blame).min(8);
        }
        against
    }

    /// Whether a step can call somebody who has not failed this request.
    pub(super) fn has_another<S: ?Sized, F: Fleet + ?Sized>(
        &self,
        world: &mut World<'_, S, F>,
        step: StepId,
        now: Tick,
    ) -> bool {
        let mut reached = world.program.reached(step).iter();
        reached.any(|it| !self.has_failed(*it) && self.against_one(world, *it, now) != NEVER)
    }

    pub(super) fn has_failed(&self, deployment: usize) -> bool {
        self.failed.iter().any(|(failed, _)| *failed == deployment)
    }

    /// Whether all that a step can call is at the provider of a deployment.
    pub(super) fn all_known(&self, program: &Program, step: StepId, deployment: usize) -> bool {
        let Some(ways) = &program.ways else { return false };
        let mut reached = program.reached(step).iter();
        reached.all(|it| self.has_failed(*it) || ways.same_provider(*it, deployment))
    }

    /// How many more ways there are to an answer when a call of `deployment` inside of `frame` fails.
    pub(super) fn rungs<S: ?Sized, F: Fleet + ?Sized>(
        &self,
        world: &mut World<'_, S, F>,
        frame: FrameId,
        deployment: usize,
        now: Tick,
    ) -> u32 {
        let mut rungs = 0;
        self.each_rung(world, frame, deployment, now, &mut |_, _| rungs += 1);
        rungs
    }

    /// Shows a deployment of each further way to an answer.
    pub(super) fn each_rung<S: ?Sized, F: Fleet + ?Sized>(
        &self,
        world: &mut World<'_, S, F>,
        frame: FrameId,
        deployment: usize,
        now: Tick,
        visit: &mut impl FnMut(&mut World<'_, S, F>, usize),
    ) {
        let program = world.program;
        for around in self.around(frame) {
            match &program.steps[around.step] {
                Step::Retry { body, retries, .. } if around.count < *retries => {
                    if let Some(other) = self.another(world, *body, deployment, now) {
                        visit(world, other);
                    }
                }
                Step::First(branches) => {
                    for (at, branch) in branches.iter().enumerate().take(64) {
                        if around.tried & (1 << at) == 0
                            && let Some(other) = self.another(world, *branch, deployment, now)
                        {
                            visit(world, other);
                        }
                    }
                }
                _ => {}
            }
        }
    }

    /// Somebody that a step can call, who is not `but` and has not failed this request.
    fn another<S: ?Sized, F: Fleet + ?Sized>(
        &self,
        world: &mut World<'_, S, F>,
        step: StepId,
        but: usize,
        now: Tick,
    ) -> Option<usize> {
        let mut reached = world.program.reached(step).iter().copied();
        reached.find(|it| *it != but && !self.has_failed(*it) && self.against_one(world, *it, now) != NEVER)
    }
}
