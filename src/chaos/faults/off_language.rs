//! Words in another language.

use super::setting::{flag, flag_schema};
use super::{Class, FaultKind};
use crate::chaos::behaviour::Words;

pub(super) const KIND: FaultKind = FaultKind {
    name: "off_language",
    aliases: &["wrong_language"],
    class: Class::Words,
    title: "the answer is in another language or script",
    about: "Status 200 and words of another language or script, as for users of Anthropic between August 25 and September 2, 2025.",
    example: "{at: 1m, for: 30m, on: model/claude-*, share: 0.16, off_language: true}",
    schema: flag_schema,
    read: |node| flag(node, |behaviour| behaviour.words = Words::OffLanguage),
};
