//! A content type that is not true.

use serde_json::json;

use super::setting::{call, is_header_text};
use super::{Class, Effect, FaultKind, Moment};
use crate::chaos::Behaviour;
use crate::chaos::scenario::quantity::wrong;
use crate::rng::Chance;

pub(super) const KIND: FaultKind = FaultKind {
    name: "content_type",
    aliases: &[],
    class: Class::Body,
    title: "a wrong content type",
    about: "The body is right and `content-type` is not: `text/html`, `text/plain`. Some clients refuse it, some guess.",
    example: "{at: 1m, for: 5m, on: provider/openai, content_type: text/html}",
    schema: || json!({"type": "string"}),
    read: |node| {
        let text = node.as_str().filter(|text| is_header_text(text));
        let text = text.ok_or_else(|| wrong(node, "`content_type`", "a text that a header can hold"))?;
        Ok(call(ContentType(text.to_owned())))
    },
};

#[derive(Debug)]
struct ContentType(String);

impl Effect for ContentType {
    fn strike(&self, _moment: Moment, _chance: &mut Chance, behaviour: &mut Behaviour) {
        behaviour.content_type = Some(self.0.clone());
    }
}
