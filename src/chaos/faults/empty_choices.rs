//! An answer without choices.

use super::setting::{flag, flag_schema};
use super::{Class, FaultKind};
use crate::chaos::behaviour::Answer;
use crate::pipeline::policy::Useless;

pub(super) const KIND: FaultKind = FaultKind {
    name: "empty_choices",
    aliases: &["no_choices"],
    class: Class::Useless,
    title: "status 200 and no choices",
    about: "Status 200 with `choices: []`, no candidates, or no content blocks, in the form of the API. LiteLLM 1.106.2 hands it on and calls no fallback.",
    example: "{at: 1m, for: 5m, on: provider/openai, share: 0.2, empty_choices: true}",
    schema: flag_schema,
    read: |node| flag(node, |behaviour| behaviour.answer = Answer::Useless(Useless::NoChoices)),
};
