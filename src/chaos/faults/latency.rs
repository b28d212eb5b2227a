//! The first token comes late.

use std::time::Duration;

use serde_json::json;

use super::setting::{amount_or, call};
use super::{Class, Effect, FaultKind, Moment};
use crate::chaos::Behaviour;
use crate::chaos::scenario::Distribution;
use crate::chaos::scenario::quantity::{Measure, Ramp};
use crate::read::{Fields, FormError};
use crate::rng::Chance;
use crate::source::{Data, Node};

pub(super) const KIND: FaultKind = FaultKind {
    name: "latency",
    aliases: &["first_token", "slow"],
    class: Class::Time,
    title: "the first token comes late",
    about: "Adds time before the first token, or before a whole answer that is not streamed. `add` is a duration or \
            a distribution, `ramp: 2s..45s` climbs evenly over the fault's `for`, `times: 5` multiplies the healthy \
            wait. `headers_first: true` sends status and headers at once and lets only the tokens wait: limits on \
            the response time do not see it then. Slow is worse than dead: no error is raised, and connections and \
            workers pile up.",
    example: "{at: 10m, for: 12m, on: provider/openai, latency: {ramp: 2s..45s}}",
    schema: || {
        amount_or(&json!({
            "add": {"type": ["string", "number"]},
            "ramp": {"type": "string"},
            "times": {"type": ["string", "number"]},
            "headers_first": {"type": "boolean"},
        }))
    },
    read: |node| read(node).map(call),
};

#[derive(Debug)]
struct Latency {
    add: Option<Distribution>,
    ramp: Option<Ramp>,
    times: Option<Ramp>,
    headers_first: bool,
}

impl Effect for Latency {
    fn strike(&self, moment: Moment, chance: &mut Chance, behaviour: &mut Behaviour) {
        let timing = &mut behaviour.timing;
        let added = self
            .add
            .as_ref()
            .map_or(Duration::ZERO, |add| add.sample_duration(chance));
        let ramped = self.ramp.map_or(0.0, |ramp| ramp.at(moment.progress()));
        let ramped = Duration::try_from_secs_f64(ramped).unwrap_or_default();
        timing.before = timing.before.saturating_add(added).saturating_add(ramped);
        timing.slower *= self.times.map_or(1.0, |times| times.at(moment.progress()));
        timing.headers_first |= self.headers_first;
    }

    fn ramps(&self) -> bool {
        self.ramp.is_some_and(Ramp::moves) || self.times.is_some_and(Ramp::moves)
    }
}

fn read(node: &Node) -> Result<Latency, FormError> {
    if !matches!(node.data, Data::Map(_)) {
        return Ok(Latency {
            add: Some(Distribution::read(node, Measure::Time, "`latency`")?),
            ramp: None,
            times: None,
            headers_first: false,
        });
    }
    let fields = Fields::new(node, "`latency`", &["add", "ramp", "times", "headers_first"])?;
    let ramp = |key: &str, measure: Measure, expected: &str| {
        let node = fields.get(key);
        node.map(|node| Ramp::read(node, &format!("`{key}`"), expected, |text| measure.parse(text)))
            .transpose()
    };
    let latency = Latency {
        add: match fields.get("add") {
            Some(node) => Some(Distribution::read(node, Measure::Time, "`add`")?),
            None => None,
        },
        ramp: ramp("ramp", Measure::Time, "from a duration to another, such as 2s..45s")?,
        times: ramp("times", Measure::Count, "a factor such as 5, or 1..20")?,
        headers_first: fields.flag("headers_first")?.unwrap_or(false),
    };
    if latency.add.is_none() && latency.ramp.is_none() && latency.times.is_none() {
        return Err(FormError::at(&node.place, "`latency` needs `add`, `ramp` or `times`"));
    }
    Ok(latency)
}
