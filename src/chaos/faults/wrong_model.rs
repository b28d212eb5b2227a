//! Another model than the one asked for.

use serde_json::json;

use super::setting::{call, is_header_text};
use super::{Class, Effect, FaultKind, Moment};
use crate::chaos::Behaviour;
use crate::chaos::scenario::quantity::wrong;
use crate::rng::Chance;

pub(super) const KIND: FaultKind = FaultKind {
    name: "wrong_model",
    aliases: &[],
    class: Class::Useless,
    title: "the reply names another model",
    about: "The reply names another model: a silent replacement, or an alias that has moved. Whoever pins models and does not look is none the wiser.",
    example: "{at: 1m, on: model/gpt-4o, wrong_model: gpt-4o-mini-2024-07-18}",
    schema: || json!({"type": "string"}),
    read: |node| {
        let text = node.as_str().filter(|text| is_header_text(text));
        let text = text.ok_or_else(|| wrong(node, "`wrong_model`", "a text that a header can hold"))?;
        Ok(call(WrongModel(text.to_owned())))
    },
};

#[derive(Debug)]
struct WrongModel(String);

impl Effect for WrongModel {
    fn strike(&self, _moment: Moment, _chance: &mut Chance, behaviour: &mut Behaviour) {
        behaviour.model = Some(self.0.clone());
    }
}
