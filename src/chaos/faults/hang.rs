//! A request that is never answered.

use super::setting::{flag, flag_schema};
use super::{Class, FaultKind};
use crate::chaos::behaviour::Connection;

pub(super) const KIND: FaultKind = FaultKind {
    name: "hang",
    aliases: &["hung"],
    class: Class::Connection,
    title: "the request is accepted and nothing ever comes",
    about: "The connection stands, the request is read, and nothing ever comes. No error is raised until a timeout ends it: 600 s a try with the OpenAI and Anthropic SDKs, 6000 s with LiteLLM 1.106.2.",
    example: "{at: 1m, for: 5m, on: provider/openai, hang: true}",
    schema: flag_schema,
    read: |node| flag(node, |behaviour| behaviour.connection = Connection::Hang),
};
