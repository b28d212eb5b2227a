//! Time that varies.

use std::time::Duration;

use serde_json::json;

use super::setting::call;
use super::{Class, Effect, FaultKind, Moment};
use crate::chaos::Behaviour;
use crate::chaos::scenario::quantity::duration;
use crate::rng::Chance;

pub(super) const KIND: FaultKind = FaultKind {
    name: "jitter",
    aliases: &[],
    class: Class::Time,
    title: "waits vary",
    about: "The first token and each further one come later by up to this much, evenly drawn.",
    example: "{at: 1m, on: everything, jitter: 300ms}",
    schema: || json!({"type": ["string", "number"]}),
    read: |node| Ok(call(Jitter(duration(node, "`jitter`")?))),
};

#[derive(Debug)]
struct Jitter(Duration);

impl Effect for Jitter {
    fn strike(&self, _moment: Moment, chance: &mut Chance, behaviour: &mut Behaviour) {
        let timing = &mut behaviour.timing;
        let drawn = Duration::try_from_secs_f64(self.0.as_secs_f64() * chance.unit()).unwrap_or_default();
        timing.before = timing.before.saturating_add(drawn);
        timing.jitter = timing.jitter.saturating_add(self.0);
    }
}
