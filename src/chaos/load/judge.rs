//! Whether what looks like an answer is one.

use crate::chaos::observation::{Hollow, Seen};
use crate::wire::{ChatReply, Finish};

use super::exchange::Ending;

/// An answer with less than this share of the tokens that were asked for is cut off.
const CUT: f64 = 0.8;
/// Answers are measured by what was asked for only when so many of the healthy ones have that length.
const FAITHFUL: f64 = 0.9;

/// What the user saw of a call's ending.
pub(super) fn judge(ending: &Ending) -> Seen {
    match ending {
        Ending::Failed(failure) => Seen::Failed(*failure),
        Ending::Answer { reply, whole } => answer(reply, *whole),
    }
}

fn answer(reply: &ChatReply, whole: bool) -> Seen {
    let is_json = |text: &str| serde_json::from_str::<serde_json::Value>(text).is_ok();
    match reply.finish {
        Some(Finish::ContentFilter | Finish::Refusal) => return Seen::Hollow(Hollow::Useless),
        Some(Finish::Length) => return Seen::Hollow(Hollow::Truncated),
        _ => {}
    }
    if reply.refusal.is_some() || reply.tool_calls.iter().any(|call| !is_json(&call.arguments)) {
        return Seen::Hollow(Hollow::Useless);
    }
    let said = !reply.text.trim().is_empty() || !reply.tool_calls.is_empty();
    match (said, whole) {
        (false, _) => Seen::Hollow(Hollow::Empty),
        // No SDK raises an error here: the half is shown as the whole.
        (true, false) => Seen::Hollow(Hollow::Truncated),
        (true, true) => Seen::Answered,
    }
}

/// How long an answer was meant to be, and how long it is, in tokens.
#[derive(Debug, Clone, Copy)]
pub(in crate::chaos) struct Length {
    pub asked: u32,
    pub got: u32,
}

impl Length {
    fn is_faithful(self) -> bool {
        f64::from(self.got) >= CUT * f64::from(self.asked)
    }
}

/// How many tokens a text has, near enough: words and marks.
pub(super) fn tokens(text: &str) -> u32 {
    let words = text.split_whitespace().count();
    let marks = text.chars().filter(char::is_ascii_punctuation).count();
    u32::try_from(words + marks).unwrap_or(u32::MAX)
}

/// Whether the answers' lengths are what was asked for, as the emulator's are: then a gateway that makes a whole
/// answer of half a one is found out by its length.
pub(super) fn lengths_tell(healthy: &[Length]) -> bool {
    let faithful = healthy.iter().filter(|length| length.is_faithful()).count();
    #[expect(clippy::cast_precision_loss, reason = "counts of requests")]
    let share = faithful as f64 / healthy.len().max(1) as f64;
    healthy.len() >= 5 && share >= FAITHFUL
}

/// What the user saw, where lengths tell.
pub(in crate::chaos) fn by_length(seen: Seen, length: Length) -> Seen {
    match seen {
        Seen::Answered if !length.is_faithful() => Seen::Hollow(Hollow::Truncated),
        seen => seen,
    }
}
