//! The steps that a path is inside of.

use super::super::program::StepId;
use super::{Due, Path};
use crate::pipeline::policy::{Fleet, Tick};

/// A frame's place in its path.
pub(super) type FrameId = usize;

/// No frame: outside of everything.
pub(super) const NONE: FrameId = usize::MAX;

/// A frame that is not in use.
const FREE: StepId = usize::MAX;

/// One step that has begun and not ended.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame {
    pub(super) step: StepId,
    /// The frame around it.
    pub(super) parent: FrameId,
    /// Retry: repetitions so far. First: the branch that is tried. All: parts that have answered.
    pub(super) count: u32,
    /// First: the branches that were tried, of the first 64.
    pub(super) tried: u64,
    /// Within: when its time is up.
    pub(super) until: Tick,
}

impl Path {
    /// Begins a step inside of another.
    pub(super) fn push(&mut self, step: StepId, parent: FrameId, until: Tick) -> FrameId {
        let frame = Frame {
            step,
            parent,
            count: 0,
            tried: 0,
            until,
        };
        // Almost always the end of the list is free; what parallel parts leave behind is found by looking.
        if let Some(at) = self.frames.iter().position(|frame| frame.step == FREE) {
            self.frames[at] = frame;
            return at;
        }
        self.frames.push(frame);
        self.frames.len() - 1
    }

    /// Ends a step and gives the frame around it.
    pub(super) fn release(&mut self, frame: FrameId) -> FrameId {
        let parent = self.frames[frame].parent;
        self.frames[frame].step = FREE;
        while self.frames.last().is_some_and(|last| last.step == FREE) {
            self.frames.pop();
        }
        parent
    }

    /// The frame and those around it, the innermost first.
    pub(super) fn around(&self, frame: FrameId) -> impl Iterator<Item = &Frame> {
        let mut at = frame;
        std::iter::from_fn(move || {
            let frame = self.frames.get(at)?;
            at = frame.parent;
            Some(frame)
        })
    }

    fn is_inside(&self, mut frame: FrameId, of: FrameId) -> bool {
        while let Some(it) = self.frames.get(frame) {
            if frame == of {
                return true;
            }
            frame = it.parent;
        }
        false
    }

    /// Ends everything that goes on inside of a frame: calls are cut off, pauses and what is due forgotten.
    pub(super) fn clear_inside<F: Fleet + ?Sized>(&mut self, fleet: &mut F, frame: FrameId, now: Tick) {
        while let Some(id) = (self.running.iter())
            .find(|call| self.is_inside(call.frame, frame))
            .map(|call| call.id)
        {
            self.cut(fleet, id, now);
        }
        let mut pauses = std::mem::take(&mut self.pauses);
        pauses.retain(|pause| !self.is_inside(pause.frame, frame));
        self.pauses = pauses;
        let mut due = std::mem::take(&mut self.due);
        due.retain(|due| match due {
            Due::Enter(_, at) => !self.is_inside(*at, frame),
            Due::Cancel(_) => true,
        });
        self.due = due;
        for at in 0..self.frames.len() {
            if at != frame && self.frames[at].step != FREE && self.is_inside(at, frame) {
                self.frames[at].step = FREE;
            }
        }
    }
}
