//! The answer to an earlier question.

use super::setting::{flag, flag_schema};
use super::{Class, FaultKind};
use crate::chaos::behaviour::Words;

pub(super) const KIND: FaultKind = FaultKind {
    name: "stale",
    aliases: &[],
    class: Class::Words,
    title: "the answer to an earlier question",
    about: "Status 200 and the answer to an earlier question, as from a cache with a wrong key. Between tenants it is a leak.",
    example: "{at: 1m, for: 30m, on: model/claude-*, share: 0.16, stale: true}",
    schema: flag_schema,
    read: |node| flag(node, |behaviour| behaviour.words = Words::Stale),
};
