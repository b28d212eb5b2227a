//! A brown-out: part errors, part slow.

use std::time::Duration;

use serde_json::json;

use super::setting::{call, mapping, status};
use super::{Class, Effect, FaultKind, Moment};
use crate::chaos::Behaviour;
use crate::chaos::behaviour::{Answer, Refused};
use crate::chaos::scenario::Distribution;
use crate::chaos::scenario::quantity::{Measure, Ramp, parse_share};
use crate::pipeline::policy::Refusal;
use crate::read::{Fields, FormError};
use crate::rng::Chance;
use crate::source::Node;

pub(super) const KIND: FaultKind = FaultKind {
    name: "brownout",
    aliases: &["brown_out"],
    class: Class::Time,
    title: "a region is half down: some errors, the rest slow",
    about: "Of the calls that it strikes, `errors` end with `status` (503), and the others wait `latency` more. \
            Health checks pass, breakers that count errors stay closed, and users wait. Meant for `on: region/…`.",
    example: "{at: 5m, for: 20m, on: region/swedencentral, brownout: {errors: 0.3, latency: 'lognormal(8s, 0.6)'}}",
    schema: || {
        mapping(&json!({
            "errors": {"type": ["string", "number"]},
            "status": {"type": ["string", "number"]},
            "latency": {"type": ["string", "number"]},
        }))
    },
    read: |node| read(node).map(call),
};

#[derive(Debug)]
struct Brownout {
    errors: Ramp,
    status: u16,
    latency: Distribution,
}

impl Effect for Brownout {
    fn strike(&self, moment: Moment, chance: &mut Chance, behaviour: &mut Behaviour) {
        if chance.unit() < self.errors.at(moment.progress()) {
            behaviour.answer = Answer::Error(Refused {
                status: self.status,
                refusal: Refusal::Plain,
                retry_after: None,
            });
        } else {
            let wait = self.latency.sample_duration(chance);
            behaviour.timing.before = behaviour.timing.before.saturating_add(wait);
        }
    }

    fn ramps(&self) -> bool {
        self.errors.moves()
    }
}

fn read(node: &Node) -> Result<Brownout, FormError> {
    const ERRORS: f64 = 0.3;
    let fields = Fields::new(node, "`brownout`", &["errors", "status", "latency"])?;
    Ok(Brownout {
        errors: match fields.get("errors") {
            Some(node) => Ramp::read(node, "`errors`", "a share such as 0.3, or 0..0.6", parse_share)?,
            None => Ramp::flat(ERRORS),
        },
        status: fields.get("status").map_or(Ok(503), status)?,
        latency: match fields.get("latency") {
            Some(node) => Distribution::read(node, Measure::Time, "`latency`")?,
            None => Distribution::Constant(Duration::from_secs(5).as_secs_f64()),
        },
    })
}
