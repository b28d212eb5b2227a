//! A behaviour in a few words, for logs and the view.

use std::fmt::Write as _;

use crate::chaos::Behaviour;
use crate::chaos::behaviour::{Answer, Connection, CutHow, Refused, Timing, Words};
use crate::pipeline::policy::Refusal;

/// What a call met, in words.
#[must_use]
pub fn summary(behaviour: &Behaviour) -> String {
    let mut parts = Vec::new();
    match behaviour.connection {
        Connection::Accepted => {}
        other => return format!("{other:?}").to_lowercase(),
    }
    match &behaviour.answer {
        Answer::Good => {}
        Answer::Error(refused) => parts.push(error(refused)),
        Answer::Html(status) => parts.push(format!("{status} html")),
        Answer::Malformed => parts.push("malformed".to_owned()),
        Answer::ErrorBody(refused) => parts.push(format!("200 with {}", error(refused))),
        Answer::Useless(useless) => parts.push(format!("{useless:?}").to_lowercase()),
    }
    if behaviour.timing != Timing::default() {
        parts.push(timing(&behaviour.timing));
    }
    if let Some(cut) = behaviour.cut {
        let how = match cut.how {
            CutHow::ErrorEvent(status) => format!("error event {status}"),
            CutHow::Pause(wait) => format!("pause of {wait:?}"),
            other => format!("{other:?}").to_lowercase(),
        };
        parts.push(format!("{how} after {} tokens", cut.after));
    }
    if behaviour.without_usage {
        parts.push("no usage".to_owned());
    }
    if let Some(model) = &behaviour.model {
        parts.push(format!("model {model}"));
    }
    if behaviour.words != Words::Right {
        parts.push(format!("{:?} words", behaviour.words).to_lowercase());
    }
    if let Some(kind) = &behaviour.content_type {
        parts.push(format!("content-type {kind}"));
    }
    if let Some(encoding) = &behaviour.content_encoding {
        parts.push(format!("content-encoding {encoding}"));
    }
    if parts.is_empty() {
        "healthy".to_owned()
    } else {
        parts.join(", ")
    }
}

fn error(refused: &Refused) -> String {
    let mut text = refused.status.to_string();
    if refused.refusal != Refusal::Plain {
        text.push_str(&format!(" {:?}", refused.refusal).to_lowercase());
    }
    if let Some(wait) = refused.retry_after {
        let _ = write!(text, ", retry after {:?}", wait.wait());
    }
    text
}

fn timing(timing: &Timing) -> String {
    let usual = Timing::default();
    let mut parts = Vec::new();
    if timing.before != usual.before || timing.slower.to_bits() != usual.slower.to_bits() {
        parts.push(format!(
            "first token {:?} later and {} times slower",
            timing.before, timing.slower
        ));
    }
    if timing.between != usual.between
        || timing.jitter != usual.jitter
        || timing.pace_slower.to_bits() != usual.pace_slower.to_bits()
    {
        parts.push(format!(
            "tokens {:?} apart and {} times slower",
            timing.between, timing.pace_slower
        ));
    }
    if timing.headers_first {
        parts.push("headers first".to_owned());
    }
    parts.join(", ")
}
