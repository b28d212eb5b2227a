//! A stream ends early.

use std::time::Duration;

use serde_json::json;

use super::setting::{AFTER, PAUSE, amount_or, call, tokens};
use super::{Class, Effect, FaultKind, Moment};
use crate::chaos::Behaviour;
use crate::chaos::behaviour::{Cut, CutHow};
use crate::read::{Fields, FormError};
use crate::rng::Chance;
use crate::source::{Data, Node};

pub(super) const KIND: FaultKind = FaultKind {
    name: "cut",
    aliases: &["truncate"],
    class: Class::Stream,
    title: "a stream ends early: reset, closed, or in good order without its end",
    about: "After so many tokens the body ends. `how: reset` resets the connection, `close` leaves the chunked body \
            unfinished, `clean` (the worst) ends in good order without a finish reason and without the API's end \
            marker: LiteLLM 1.106.2 adds both, and the user gets half an answer as a whole one. `pause` lets the \
            tokens leave before: the same bytes in one burst are seen as a cut before the first token. A body that \
            is not streamed is cut at the same share of its bytes.",
    example: "{at: 1m, for: 5m, on: provider/openai, share: 0.3, cut: {after: 40 tokens, how: clean}}",
    schema: || {
        amount_or(&json!({
            "after": {"type": ["string", "number"]},
            "how": {"enum": HOW.iter().map(|(word, _)| *word).collect::<Vec<_>>()},
            "pause": {"type": ["string", "number"]},
        }))
    },
    read: |node| read(node).map(|cut| call(Ends(cut))),
};

const HOW: &[(&str, CutHow)] = &[
    ("reset", CutHow::Reset),
    ("close", CutHow::Close),
    ("clean", CutHow::Clean),
];

/// What happens to the stream.
#[derive(Debug)]
pub(super) struct Ends(pub(super) Cut);

impl Effect for Ends {
    fn strike(&self, _moment: Moment, _chance: &mut Chance, behaviour: &mut Behaviour) {
        behaviour.cut = Some(self.0);
    }
}

fn read(node: &Node) -> Result<Cut, FormError> {
    let mut cut = Cut {
        after: AFTER,
        pause: PAUSE,
        how: CutHow::Close,
    };
    match &node.data {
        Data::Str(word) if HOW.iter().any(|(name, _)| name == word) => {
            let found = HOW.iter().find(|(name, _)| name == word);
            cut.how = found.map_or(cut.how, |(_, how)| *how);
        }
        Data::Map(_) => {
            let fields = Fields::new(node, "`cut`", &["after", "how", "pause"])?;
            (cut.after, cut.pause) = place(&fields)?;
            cut.how = fields.word("how", HOW)?.unwrap_or(cut.how);
        }
        _ => cut.after = tokens(node, "`cut`")?,
    }
    Ok(cut)
}

/// After how many tokens, and how long before it.
pub(super) fn place(fields: &Fields<'_>) -> Result<(u32, Duration), FormError> {
    let after = fields.get("after").map_or(Ok(AFTER), |node| tokens(node, "`after`"))?;
    Ok((after, fields.duration("pause")?.unwrap_or(PAUSE)))
}
