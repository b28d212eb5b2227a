//! Words that say the opposite.

use super::setting::{flag, flag_schema};
use super::{Class, FaultKind};
use crate::chaos::behaviour::Words;

pub(super) const KIND: FaultKind = FaultKind {
    name: "contradicted",
    aliases: &[],
    class: Class::Words,
    title: "the answer says the opposite",
    about: "Status 200, well formed, and the words contradict what is right. No error code tells; only an evaluation or a guard can.",
    example: "{at: 1m, for: 30m, on: model/claude-*, share: 0.16, contradicted: true}",
    schema: flag_schema,
    read: |node| flag(node, |behaviour| behaviour.words = Words::Contradicted),
};
