//! A model that refuses.

use super::setting::{flag, flag_schema};
use super::{Class, FaultKind};
use crate::chaos::behaviour::Answer;
use crate::pipeline::policy::Useless;

pub(super) const KIND: FaultKind = FaultKind {
    name: "refusal",
    aliases: &[],
    class: Class::Useless,
    title: "status 200 and the model refuses",
    about: "Status 200 and the model declines in the words, or in the `refusal` field where the API has one.",
    example: "{at: 1m, for: 5m, on: provider/openai, share: 0.2, refusal: true}",
    schema: flag_schema,
    read: |node| flag(node, |behaviour| behaviour.answer = Answer::Useless(Useless::Refused)),
};
