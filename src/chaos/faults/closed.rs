//! A closed connection in place of an answer.

use super::setting::{flag, flag_schema};
use super::{Class, FaultKind};
use crate::chaos::behaviour::Connection;

pub(super) const KIND: FaultKind = FaultKind {
    name: "closed",
    aliases: &["close"],
    class: Class::Connection,
    title: "the connection is closed without an answer",
    about: "The request is read, then the connection is closed in good order without a byte of an answer, as by a proxy that restarts.",
    example: "{at: 1m, for: 5m, on: provider/openai, closed: true}",
    schema: flag_schema,
    read: |node| flag(node, |behaviour| behaviour.connection = Connection::Closed),
};
