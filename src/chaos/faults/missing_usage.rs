//! An answer without usage.

use super::setting::{flag, flag_schema};
use super::{Class, FaultKind};

pub(super) const KIND: FaultKind = FaultKind {
    name: "missing_usage",
    aliases: &["without_usage"],
    class: Class::Useless,
    title: "usage is left out",
    about: "The answer is good and has no `usage`: whoever counts costs from it counts nothing.",
    example: "{at: 1m, on: provider/openai, missing_usage: true}",
    schema: flag_schema,
    read: |node| flag(node, |behaviour| behaviour.without_usage = true),
};
