//! Packets vanish.

use super::setting::{flag, flag_schema};
use super::{Class, FaultKind};
use crate::chaos::behaviour::Connection;

pub(super) const KIND: FaultKind = FaultKind {
    name: "blackhole",
    aliases: &[],
    class: Class::Connection,
    title: "packets vanish",
    about: "The connection attempt is never answered, as behind a dropped route. Only a connect timeout ends it; without one the operating system waits for minutes. On loopback the emulator accepts and stays silent from the first byte on, which a client without a connect timeout cannot tell apart.",
    example: "{at: 1m, for: 5m, on: provider/openai, blackhole: true}",
    schema: flag_schema,
    read: |node| flag(node, |behaviour| behaviour.connection = Connection::Blackhole),
};
