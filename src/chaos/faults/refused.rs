//! Nobody listens.

use super::setting::{flag, flag_schema};
use super::{Class, FaultKind};
use crate::chaos::behaviour::Connection;

pub(super) const KIND: FaultKind = FaultKind {
    name: "refused",
    aliases: &["refuse"],
    class: Class::Connection,
    title: "nobody listens",
    about: "The connection is refused at once, as when a process is gone or a load balancer has no backend. Clients retry it with backoff; it costs them milliseconds.",
    example: "{at: 1m, for: 5m, on: provider/openai, refused: true}",
    schema: flag_schema,
    read: |node| flag(node, |behaviour| behaviour.connection = Connection::Refused),
};
