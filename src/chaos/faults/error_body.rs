//! Success outside, an error inside.

use serde_json::json;

use super::setting::{amount_or, call};
use super::{Class, Effect, FaultKind, Moment, answer};
use crate::chaos::Behaviour;
use crate::chaos::behaviour::{Answer, Refused};
use crate::rng::Chance;

pub(super) const KIND: FaultKind = FaultKind {
    name: "error_body",
    aliases: &[],
    class: Class::Body,
    title: "status 200 and an error object in the body",
    about: "The status is 200 and the body is an error object of this status, as OpenRouter answers once an upstream \
            provider has begun. SDKs that look at the status alone give an answer without choices.",
    example: "{at: 1m, for: 5m, on: provider/openrouter, error_body: 502}",
    schema: || {
        amount_or(&json!({
            "status": {"type": ["string", "number"]},
            "means": {"type": "string"},
            "retry_after": {"type": ["string", "number"]},
        }))
    },
    read: |node| Ok(call(ErrorBody(answer::read(node)?))),
};

#[derive(Debug)]
struct ErrorBody(Refused);

impl Effect for ErrorBody {
    fn strike(&self, _moment: Moment, _chance: &mut Chance, behaviour: &mut Behaviour) {
        behaviour.answer = Answer::ErrorBody(self.0.clone());
    }
}
