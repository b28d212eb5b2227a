//! A page instead of an answer.

use serde_json::json;

use super::setting::{call, status};
use super::{Class, Effect, FaultKind, Moment};
use crate::chaos::Behaviour;
use crate::chaos::behaviour::Answer;
use crate::rng::Chance;
use crate::source::Data;

pub(super) const KIND: FaultKind = FaultKind {
    name: "html",
    aliases: &["html_page"],
    class: Class::Body,
    title: "a page of HTML, with this status",
    about: "A page of HTML instead of JSON, as the edge in front of a provider serves it: `html: 500`, or 200 as some \
            captive proxies do (`html: true`). On a stream LiteLLM 1.106.2 makes a finished, empty answer of a page \
            with status 200.",
    example: "{at: 1m, for: 5m, every: 10m, on: everything, html: 500}",
    schema: || json!({"type": ["integer", "boolean", "null"]}),
    read: |node| {
        let shown = match node.data {
            Data::Bool(true) | Data::Null => 200,
            _ => status(node)?,
        };
        Ok(call(Html(shown)))
    },
};

#[derive(Debug)]
struct Html(u16);

impl Effect for Html {
    fn strike(&self, _moment: Moment, _chance: &mut Chance, behaviour: &mut Behaviour) {
        behaviour.answer = Answer::Html(self.0);
    }
}
