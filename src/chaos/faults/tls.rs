//! A handshake that fails.

use super::setting::{flag, flag_schema};
use super::{Class, FaultKind};
use crate::chaos::behaviour::Connection;

pub(super) const KIND: FaultKind = FaultKind {
    name: "tls",
    aliases: &[],
    class: Class::Connection,
    title: "the TLS handshake fails",
    about: "The TLS handshake fails, as with an expired certificate or an intercepting proxy. Clients see a connection error and retry it.",
    example: "{at: 1m, for: 5m, on: provider/openai, tls: true}",
    schema: flag_schema,
    read: |node| flag(node, |behaviour| behaviour.connection = Connection::Tls),
};
