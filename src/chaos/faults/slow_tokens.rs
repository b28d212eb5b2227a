//! Tokens come slowly.

use std::time::Duration;

use serde_json::json;

use super::setting::{amount_or, call};
use super::{Class, Effect, FaultKind, Moment};
use crate::chaos::Behaviour;
use crate::chaos::scenario::quantity::{Measure, Ramp};
use crate::read::{Fields, FormError};
use crate::rng::Chance;
use crate::source::{Data, Node};

pub(super) const KIND: FaultKind = FaultKind {
    name: "slow_tokens",
    aliases: &["slow_stream"],
    class: Class::Time,
    title: "tokens come slowly",
    about: "Divides the healthy pace of tokens (`slow_tokens: 10`, `times: 1..20` climbing over the fault's `for`) \
            or adds a wait before each further token (`between: 200ms`). The first token is on time, so that a limit \
            on it does not help; a limit between tokens does only when one gap is longer than it.",
    example: "{at: 5m, for: 10m, on: provider/openai, slow_tokens: {times: 10}}",
    schema: || {
        amount_or(&json!({
            "times": {"type": ["string", "number"]},
            "between": {"type": ["string", "number"]},
        }))
    },
    read: |node| read(node).map(call),
};

#[derive(Debug)]
struct SlowTokens {
    times: Ramp,
    between: Duration,
}

impl Effect for SlowTokens {
    fn strike(&self, moment: Moment, _chance: &mut Chance, behaviour: &mut Behaviour) {
        behaviour.timing.pace_slower *= self.times.at(moment.progress());
        behaviour.timing.between = behaviour.timing.between.saturating_add(self.between);
    }

    fn ramps(&self) -> bool {
        self.times.moves()
    }
}

fn read(node: &Node) -> Result<SlowTokens, FormError> {
    let times = |node: &Node| {
        let parse = |text: &str| Measure::Count.parse(text).filter(|factor| *factor > 0.0);
        Ramp::read(node, "`slow_tokens`", "a factor such as 10, or 1..20", parse)
    };
    if !matches!(node.data, Data::Map(_)) {
        return Ok(SlowTokens {
            times: times(node)?,
            between: Duration::ZERO,
        });
    }
    let fields = Fields::new(node, "`slow_tokens`", &["times", "between"])?;
    Ok(SlowTokens {
        times: fields.get("times").map_or(Ok(Ramp::flat(1.0)), times)?,
        between: fields.duration("between")?.unwrap_or_default(),
    })
}
