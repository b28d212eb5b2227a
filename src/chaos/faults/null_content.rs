//! An answer whose content is null.

use super::setting::{flag, flag_schema};
use super::{Class, FaultKind};
use crate::chaos::behaviour::Answer;
use crate::pipeline::policy::Useless;

pub(super) const KIND: FaultKind = FaultKind {
    name: "null_content",
    aliases: &[],
    class: Class::Useless,
    title: "status 200 and null for content",
    about: "Status 200 with `content: null` and no tool call. Code that takes the text without a look breaks; a gateway calls it success.",
    example: "{at: 1m, for: 5m, on: provider/openai, share: 0.2, null_content: true}",
    schema: flag_schema,
    read: |node| {
        flag(node, |behaviour| {
            behaviour.answer = Answer::Useless(Useless::NullContent)
        })
    },
};
