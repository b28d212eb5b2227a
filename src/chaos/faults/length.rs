//! An answer that the cap cut off.

use super::setting::{flag, flag_schema};
use super::{Class, FaultKind};
use crate::chaos::behaviour::Answer;
use crate::pipeline::policy::Useless;

pub(super) const KIND: FaultKind = FaultKind {
    name: "length",
    aliases: &[],
    class: Class::Useless,
    title: "the answer stops at the output cap",
    about: "Status 200 and an answer that stops in the middle with `finish_reason: length`. Few applications look at it.",
    example: "{at: 1m, for: 5m, on: provider/openai, share: 0.2, length: true}",
    schema: flag_schema,
    read: |node| flag(node, |behaviour| behaviour.answer = Answer::Useless(Useless::Length)),
};
