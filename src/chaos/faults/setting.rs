//! What the settings of faults have in common.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::chaos::Behaviour;
use crate::chaos::scenario::quantity::{Measure, wrong};
use crate::read::FormError;
use crate::rng::Chance;
use crate::source::{Data, Node};

use super::{Act, Effect, Moment};

/// After how many tokens a stream breaks where nothing is said.
pub(super) const AFTER: u32 = 20;
/// How long before a break, so that the tokens before it have left.
pub(super) const PAUSE: Duration = Duration::from_millis(100);

/// A change that is always the same.
struct Fixed(fn(&mut Behaviour));

impl Effect for Fixed {
    fn strike(&self, _moment: Moment, _chance: &mut Chance, behaviour: &mut Behaviour) {
        (self.0)(behaviour);
    }
}

impl std::fmt::Debug for Fixed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Fixed")
    }
}

/// A fault of a call.
pub(super) fn call(effect: impl Effect + 'static) -> Act {
    Act::Call(Arc::new(effect))
}

/// A fault without settings: `hang: true`.
pub(super) fn flag(node: &Node, change: fn(&mut Behaviour)) -> Result<Act, FormError> {
    match node.data {
        Data::Bool(true) | Data::Null => Ok(call(Fixed(change))),
        _ => Err(wrong(node, "this fault has no settings: it", "true")),
    }
}

pub(super) fn flag_schema() -> Value {
    json!({"enum": [true, null]})
}

/// How many tokens: `40`, `40 tokens`, `300k`.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to fit")]
pub(super) fn tokens(node: &Node, what: &str) -> Result<u32, FormError> {
    let count = Measure::Count.read(node, what)?;
    if count > f64::from(u32::MAX) || count.fract() != 0.0 {
        return Err(wrong(node, what, "a whole number of tokens"));
    }
    Ok(count as u32)
}

/// Settings that are one amount or a mapping, in a schema.
pub(super) fn amount_or(properties: &Value) -> Value {
    json!({"anyOf": [{"type": ["string", "number"]}, mapping(properties)]})
}

/// A mapping of these keys, in a schema.
pub(super) fn mapping(properties: &Value) -> Value {
    json!({"type": "object", "additionalProperties": false, "properties": properties})
}

/// An HTTP status.
pub(super) fn status(node: &Node) -> Result<u16, FormError> {
    let status = node.scalar_text().and_then(|text| text.parse::<u16>().ok());
    status
        .filter(|status| (200..=599).contains(status))
        .ok_or_else(|| wrong(node, "a status", "a number from 200 to 599"))
}

/// Whether a text can stand in a header: visible ASCII and spaces.
pub(super) fn is_header_text(text: &str) -> bool {
    !text.is_empty() && text.len() <= 200 && text.bytes().all(|byte| (0x20..0x7f).contains(&byte))
}
