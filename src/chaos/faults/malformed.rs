//! A body that is no JSON.

use super::setting::{flag, flag_schema};
use super::{Class, FaultKind};
use crate::chaos::behaviour::Answer;

pub(super) const KIND: FaultKind = FaultKind {
    name: "malformed",
    aliases: &[],
    class: Class::Body,
    title: "the body is broken JSON",
    about: "Status 200 and JSON that stops in the middle. SDKs raise an error of their JSON parser, which few applications catch.",
    example: "{at: 1m, for: 5m, on: provider/openai, malformed: true}",
    schema: flag_schema,
    read: |node| flag(node, |behaviour| behaviour.answer = Answer::Malformed),
};
