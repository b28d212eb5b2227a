//! An event that is no JSON.

use serde_json::json;

use super::cut::{Ends, place};
use super::setting::{AFTER, PAUSE, amount_or, call, tokens};
use super::{Class, FaultKind};
use crate::chaos::behaviour::{Cut, CutHow};
use crate::read::{Fields, FormError};
use crate::source::{Data, Node};

pub(super) const KIND: FaultKind = FaultKind {
    name: "broken_event",
    aliases: &[],
    class: Class::Stream,
    title: "an event of a stream that is no JSON",
    about: "After so many tokens one event's JSON is broken; then the stream goes on as if nothing were. Some clients \
            raise an error of their JSON parser, some skip the event and lose its words.",
    example: "{at: 1m, for: 5m, on: provider/openai, share: 0.1, broken_event: {after: 20 tokens}}",
    schema: || {
        amount_or(&json!({
            "after": {"type": ["string", "number"]},
            "pause": {"type": ["string", "number"]},
        }))
    },
    read: |node| read(node).map(|cut| call(Ends(cut))),
};

fn read(node: &Node) -> Result<Cut, FormError> {
    let (after, pause) = match node.data {
        Data::Map(_) => place(&Fields::new(node, "`broken_event`", &["after", "pause"])?)?,
        Data::Bool(true) | Data::Null => (AFTER, PAUSE),
        _ => (tokens(node, "`broken_event`")?, PAUSE),
    };
    Ok(Cut {
        after,
        pause,
        how: CutHow::BrokenEvent,
    })
}
