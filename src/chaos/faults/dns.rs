//! A name that does not resolve.

use super::setting::{flag, flag_schema};
use super::{Class, FaultKind};
use crate::chaos::behaviour::Connection;

pub(super) const KIND: FaultKind = FaultKind {
    name: "dns",
    aliases: &[],
    class: Class::Connection,
    title: "the name does not resolve",
    about: "The name of the host does not resolve, as on October 20, 2025 for DynamoDB in us-east-1. Clients see a connection error at once. What resolves no name calls nobody: the emulator closes the connection before it reads, the simulator ends the call at once.",
    example: "{at: 1m, for: 5m, on: provider/openai, dns: true}",
    schema: flag_schema,
    read: |node| flag(node, |behaviour| behaviour.connection = Connection::Dns),
};
