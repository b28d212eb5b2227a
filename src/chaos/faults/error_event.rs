//! An error inside a stream.

use serde_json::json;

use super::cut::{Ends, place};
use super::setting::{AFTER, PAUSE, amount_or, call, status};
use super::{Class, FaultKind};
use crate::chaos::behaviour::{Cut, CutHow};
use crate::read::{Fields, FormError};
use crate::source::{Data, Node};

pub(super) const KIND: FaultKind = FaultKind {
    name: "error_event",
    aliases: &[],
    class: Class::Stream,
    title: "an error event inside a stream whose status was 200",
    about: "After so many tokens the provider sends the error event of its API, with the meaning of this status (529 \
            where none is said), and ends: `overloaded_error` of Anthropic, a top-level `error` of OpenAI, an exception \
            frame of Bedrock. The status was 200, so that retries and fallbacks of gateways do not see it.",
    example: "{at: 1m, for: 5m, on: provider/anthropic, error_event: {after: 10 tokens, status: 529}}",
    schema: || {
        amount_or(&json!({
            "after": {"type": ["string", "number"]},
            "status": {"type": ["string", "number"]},
            "pause": {"type": ["string", "number"]},
        }))
    },
    read: |node| read(node).map(|cut| call(Ends(cut))),
};

fn read(node: &Node) -> Result<Cut, FormError> {
    const OVERLOADED: u16 = 529;
    let (after, pause, status) = if matches!(node.data, Data::Map(_)) {
        let fields = Fields::new(node, "`error_event`", &["after", "status", "pause"])?;
        let (after, pause) = place(&fields)?;
        (after, pause, fields.get("status").map_or(Ok(OVERLOADED), status)?)
    } else {
        (AFTER, PAUSE, status(node)?)
    };
    Ok(Cut {
        after,
        pause,
        how: CutHow::ErrorEvent(status),
    })
}
