//! An error of the provider's API.

use std::time::Duration;

use serde_json::json;

use super::setting::{amount_or, call, status};
use super::{Class, Effect, FaultKind, Moment};
use crate::chaos::Behaviour;
use crate::chaos::behaviour::{Answer, Refused, RetryAfter};
use crate::chaos::scenario::quantity::{duration, wrong};
use crate::pipeline::policy::Refusal;
use crate::read::{Fields, FormError};
use crate::rng::Chance;
use crate::source::{Data, Node};

pub(super) const KIND: FaultKind = FaultKind {
    name: "answer",
    aliases: &["status", "error"],
    class: Class::Status,
    title: "an error of the provider's API: 400, 401, 403, 404, 408, 409, 413, 429, 500, 502, 503, 504, 529",
    about: "The provider answers with a status and its API's own body and headers. `means` says what the body tells \
            beyond the status: `context_length` or `content_filter` (400), `model_gone` (404), `quota` (429 \
            `insufficient_quota`, which waiting does not mend). `retry_after` is a duration, `{date: 20s}` for an HTTP \
            date, or `absurd` for a day. Short forms: `answer: 529`, `answer: 429 quota`. Routers that take 401 or 400 \
            for the caller's own fault call no fallback.",
    example: "{at: 14m, for: 8m, on: provider/openai, share: 0.6, answer: {status: 429, retry_after: 20s}}",
    schema: || {
        amount_or(&json!({
            "status": {"type": ["string", "number"]},
            "means": {"enum": MEANINGS.iter().map(|(word, _)| *word).collect::<Vec<_>>()},
            "retry_after": {"anyOf": [
                {"type": ["string", "number"]},
                {"type": "object", "additionalProperties": false, "properties": {"date": {"type": ["string", "number"]}}},
            ]},
        }))
    },
    read: |node| Ok(call(Status(read(node)?))),
};

const MEANINGS: &[(&str, Refusal)] = &[
    ("plain", Refusal::Plain),
    ("context_length", Refusal::ContextLength),
    ("content_filter", Refusal::ContentFilter),
    ("quota", Refusal::Quota),
    ("model_gone", Refusal::ModelGone),
];
/// No client waits so long.
const ABSURD: Duration = Duration::from_secs(86_400);

#[derive(Debug)]
struct Status(Refused);

impl Effect for Status {
    fn strike(&self, _moment: Moment, _chance: &mut Chance, behaviour: &mut Behaviour) {
        behaviour.answer = Answer::Error(self.0.clone());
    }
}

/// `529`, `429 quota`, or the long form.
pub(super) fn read(node: &Node) -> Result<Refused, FormError> {
    if !matches!(node.data, Data::Map(_)) {
        return short(node);
    }
    let fields = Fields::new(node, "`answer`", &["status", "means", "retry_after"])?;
    let status = status(fields.required("status")?)?;
    if status < 400 {
        return Err(not_an_error(node));
    }
    Ok(Refused {
        status,
        refusal: fields.word("means", MEANINGS)?.unwrap_or_else(|| usual(status)),
        retry_after: fields.get("retry_after").map(retry_after).transpose()?,
    })
}

fn short(node: &Node) -> Result<Refused, FormError> {
    let text = node.scalar_text().unwrap_or_default();
    let (digits, word) = text.trim().split_once(' ').unwrap_or((text.trim(), ""));
    let status = digits.parse::<u16>().ok().filter(|status| (400..=599).contains(status));
    let status = status.ok_or_else(|| not_an_error(node))?;
    let refusal = match word.trim() {
        "" => usual(status),
        word => {
            let found = MEANINGS.iter().find(|(name, _)| *name == word);
            let names = MEANINGS.iter().map(|(name, _)| *name);
            found
                .ok_or_else(|| FormError::unknown(&node.place, "meaning of a status", word, names))?
                .1
        }
    };
    Ok(Refused {
        status,
        refusal,
        retry_after: None,
    })
}

fn not_an_error(node: &Node) -> FormError {
    wrong(
        node,
        "`answer`",
        "an error's status from 400 to 599, such as 529 or 429 quota",
    )
}

/// What a status usually means at a model's API.
const fn usual(status: u16) -> Refusal {
    match status {
        404 => Refusal::ModelGone,
        _ => Refusal::Plain,
    }
}

fn retry_after(node: &Node) -> Result<RetryAfter, FormError> {
    if node.as_str() == Some("absurd") {
        return Ok(RetryAfter::Seconds(ABSURD));
    }
    if matches!(node.data, Data::Map(_)) {
        let fields = Fields::new(node, "`retry_after`", &["date"])?;
        return Ok(RetryAfter::Date(duration(fields.required("date")?, "`date`")?));
    }
    duration(node, "`retry_after`").map(RetryAfter::Seconds)
}
