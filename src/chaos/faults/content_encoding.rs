//! An encoding that is not true.

use serde_json::json;

use super::setting::{call, is_header_text};
use super::{Class, Effect, FaultKind, Moment};
use crate::chaos::Behaviour;
use crate::chaos::scenario::quantity::wrong;
use crate::rng::Chance;

pub(super) const KIND: FaultKind = FaultKind {
    name: "content_encoding",
    aliases: &[],
    class: Class::Body,
    title: "a content encoding that is not true",
    about: "`content-encoding` claims what the body is not, such as `gzip` over plain text. Clients fail while they decompress, outside their own error classes.",
    example: "{at: 1m, for: 5m, on: provider/openai, content_encoding: gzip}",
    schema: || json!({"type": "string"}),
    read: |node| {
        let text = node.as_str().filter(|text| is_header_text(text));
        let text = text.ok_or_else(|| wrong(node, "`content_encoding`", "a text that a header can hold"))?;
        Ok(call(ContentEncoding(text.to_owned())))
    },
};

#[derive(Debug)]
struct ContentEncoding(String);

impl Effect for ContentEncoding {
    fn strike(&self, _moment: Moment, _chance: &mut Chance, behaviour: &mut Behaviour) {
        behaviour.content_encoding = Some(self.0.clone());
    }
}
