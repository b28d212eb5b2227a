//! A reset in place of an answer.

use super::setting::{flag, flag_schema};
use super::{Class, FaultKind};
use crate::chaos::behaviour::Connection;

pub(super) const KIND: FaultKind = FaultKind {
    name: "reset",
    aliases: &[],
    class: Class::Connection,
    title: "the connection is reset once the request is read",
    about: "The request is read, then the connection is reset. Clients retry it, and cannot know whether the model has worked and is paid for.",
    example: "{at: 1m, for: 5m, on: provider/openai, reset: true}",
    schema: flag_schema,
    read: |node| flag(node, |behaviour| behaviour.connection = Connection::Reset),
};
