//! Limits that are lower than usual.

use serde_json::json;

use super::setting::{call, mapping};
use super::{Class, Effect, FaultKind, Moment};
use crate::chaos::Behaviour;
use crate::chaos::behaviour::Limits;
use crate::chaos::scenario::read_limits;
use crate::read::FormError;
use crate::rng::Chance;

pub(super) const KIND: FaultKind = FaultKind {
    name: "limits",
    aliases: &["rate_limit"],
    class: Class::Status,
    title: "a provider grants less: token buckets and calls at once",
    about: "While it lasts, the provider grants so many requests a minute, tokens a minute and calls at once instead \
            of its own limits. Each is a bucket that fills evenly; who finds it empty gets 429 with the time until it \
            is filled, in `retry-after` and in the API's rate-limit headers. Retries take from the same bucket: this \
            is how a retry storm keeps itself alive.",
    example: "{at: 5m, for: 10m, on: provider/openai, limits: {rpm: 60, tpm: 40k, parallel: 8}}",
    schema: || {
        mapping(&json!({
            "rpm": {"type": ["string", "number"]},
            "tpm": {"type": ["string", "number"]},
            "parallel": {"type": "integer"},
        }))
    },
    read: |node| {
        let limits = read_limits(node)?;
        if limits.is_empty() {
            return Err(FormError::at(&node.place, "`limits` needs `rpm`, `tpm` or `parallel`"));
        }
        Ok(call(Lower(limits)))
    },
};

#[derive(Debug)]
struct Lower(Limits);

impl Effect for Lower {
    fn strike(&self, _moment: Moment, _chance: &mut Chance, behaviour: &mut Behaviour) {
        behaviour.limits = Some(self.0);
    }
}
