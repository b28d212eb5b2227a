//! A stream falls silent.

use std::time::Duration;

use serde_json::json;

use super::setting::{AFTER, amount_or, call, tokens};
use super::{Class, Effect, FaultKind, Moment};
use crate::chaos::Behaviour;
use crate::chaos::behaviour::{Cut, CutHow};
use crate::read::{Fields, FormError};
use crate::rng::Chance;
use crate::source::{Data, Node};

pub(super) const KIND: FaultKind = FaultKind {
    name: "stall",
    aliases: &[],
    class: Class::Stream,
    title: "a stream falls silent",
    about: "After so many tokens nothing more comes and the connection stays; with `for` it goes on after that time. \
            `after: 0` sends the headers and then nothing. Only a limit between tokens ends it, and most SDKs have \
            none.",
    example: "{at: 1m, for: 5m, on: provider/anthropic, stall: {after: 20 tokens, for: 30s}}",
    schema: || {
        amount_or(&json!({
            "after": {"type": ["string", "number"]},
            "for": {"type": ["string", "number"]},
        }))
    },
    read: |node| read(node).map(call),
};

#[derive(Debug)]
struct Stall {
    after: u32,
    lasts: Option<Duration>,
}

impl Effect for Stall {
    fn strike(&self, _moment: Moment, _chance: &mut Chance, behaviour: &mut Behaviour) {
        behaviour.timing.headers_first |= self.after == 0;
        behaviour.cut = Some(Cut {
            after: self.after,
            pause: Duration::ZERO,
            how: self.lasts.map_or(CutHow::Stall, CutHow::Pause),
        });
    }
}

fn read(node: &Node) -> Result<Stall, FormError> {
    match node.data {
        Data::Bool(true) | Data::Null => Ok(Stall {
            after: AFTER,
            lasts: None,
        }),
        Data::Map(_) => {
            let fields = Fields::new(node, "`stall`", &["after", "for"])?;
            Ok(Stall {
                after: fields.get("after").map_or(Ok(AFTER), |node| tokens(node, "`after`"))?,
                lasts: fields.duration("for")?,
            })
        }
        _ => Ok(Stall {
            after: tokens(node, "`stall`")?,
            lasts: None,
        }),
    }
}
