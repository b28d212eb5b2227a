//! An answer of no words.

use super::setting::{flag, flag_schema};
use super::{Class, FaultKind};
use crate::chaos::behaviour::Answer;
use crate::pipeline::policy::Useless;

pub(super) const KIND: FaultKind = FaultKind {
    name: "empty_text",
    aliases: &["empty"],
    class: Class::Useless,
    title: "status 200 and an empty text",
    about: "Status 200, a finish in good order, and no text at all.",
    example: "{at: 1m, for: 5m, on: provider/openai, share: 0.2, empty_text: true}",
    schema: flag_schema,
    read: |node| flag(node, |behaviour| behaviour.answer = Answer::Useless(Useless::EmptyText)),
};
