//! An answer that a filter ended.

use super::setting::{flag, flag_schema};
use super::{Class, FaultKind};
use crate::chaos::behaviour::Answer;
use crate::pipeline::policy::Useless;

pub(super) const KIND: FaultKind = FaultKind {
    name: "content_filter",
    aliases: &["filtered"],
    class: Class::Useless,
    title: "status 200, ended by a filter",
    about: "Status 200 with `finish_reason: content_filter`, or `promptFeedback.blockReason` and no candidates at Gemini. For the error with status 400 use `answer: 400 content_filter`.",
    example: "{at: 1m, for: 5m, on: provider/openai, share: 0.2, content_filter: true}",
    schema: flag_schema,
    read: |node| flag(node, |behaviour| behaviour.answer = Answer::Useless(Useless::Filtered)),
};
