//! Words over and over.

use super::setting::{flag, flag_schema};
use super::{Class, FaultKind};
use crate::chaos::behaviour::Words;

pub(super) const KIND: FaultKind = FaultKind {
    name: "repeated",
    aliases: &[],
    class: Class::Words,
    title: "the same words over and over",
    about: "Status 200 and the same words over and over up to the length asked for: a decoding loop. It costs the whole output.",
    example: "{at: 1m, for: 30m, on: model/claude-*, share: 0.16, repeated: true}",
    schema: flag_schema,
    read: |node| flag(node, |behaviour| behaviour.words = Words::Repeated),
};
