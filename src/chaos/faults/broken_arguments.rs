//! A tool call with broken arguments.

use super::setting::{flag, flag_schema};
use super::{Class, FaultKind};
use crate::chaos::behaviour::Answer;
use crate::pipeline::policy::Useless;

pub(super) const KIND: FaultKind = FaultKind {
    name: "broken_arguments",
    aliases: &["broken_tool_arguments"],
    class: Class::Useless,
    title: "a tool call whose arguments are no JSON",
    about: "Status 200 and a tool call whose arguments stop in the middle of their JSON. Agents that parse without care end there.",
    example: "{at: 1m, for: 5m, on: provider/openai, share: 0.2, broken_arguments: true}",
    schema: flag_schema,
    read: |node| {
        flag(node, |behaviour| {
            behaviour.answer = Answer::Useless(Useless::BrokenArguments)
        })
    },
};
