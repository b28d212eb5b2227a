//! What a program or an endpoint answered, in promptfoo's words, as a reply.

use serde_json::Value;

use crate::clock::Moment;
use crate::provider::{CallError, CallErrorKind, Reply};
use crate::wire::{ChatReply, Finish, Usage};

/// A reply of plain text that took no time: the start of all others.
pub(in super::super) fn text_reply(text: &str) -> Reply {
    Reply {
        chat: ChatReply {
            id: String::new(),
            model: String::new(),
            text: text.to_owned(),
            refusal: None,
            tool_calls: Vec::new(),
            finish: Some(Finish::Stop),
            usage: None,
        },
        latency_ms: 0.0,
        first_token_ms: None,
        cost_usd: None,
        attempts: 1,
        raw: None,
        trace: None,
    }
}

/// The reply of a value: text as it is, all else as JSON with the value beside it.
pub(super) fn value_reply(output: Value) -> Reply {
    match output {
        Value::String(text) => text_reply(&text),
        value => {
            let mut reply = text_reply(&value.to_string());
            reply.raw = Some(value);
            reply
        }
    }
}

/// The reply of a provider's answer as promptfoo 0.121.20 has it: `{output, error, tokenUsage, cost, finishReason}`.
///
/// # Errors
/// Fails on an `error`, and when there is no output.
pub(super) fn reply(provider: &str, answer: Value) -> Result<Reply, CallError> {
    let Value::Object(mut map) = answer else {
        return Err(error(
            provider,
            format!("it must answer with an object that has `output` or `error`, and gave {answer}"),
        ));
    };
    if let Some(told) = map
        .get("error")
        .filter(|told| !told.is_null() && **told != Value::String(String::new()))
    {
        let text = told.as_str().map_or_else(|| told.to_string(), str::to_owned);
        return Err(error(provider, text));
    }
    let output = map.remove("output").filter(|output| !output.is_null());
    let mut reply = value_reply(output.ok_or_else(|| error(provider, "it gave no `output`".to_owned()))?);
    let count = |name: &str| {
        map.get("tokenUsage")
            .and_then(|usage| usage.get(name))
            .and_then(Value::as_f64)
    };
    if let (Some(input), Some(output)) = (count("prompt"), count("completion")) {
        reply.chat.usage = Some(Usage {
            input_tokens: whole(input),
            output_tokens: whole(output),
            cached_input_tokens: count("cached").map_or(0, whole),
        });
    }
    reply.cost_usd = map
        .get("cost")
        .and_then(Value::as_f64)
        .filter(|cost| cost.is_finite() && *cost >= 0.0);
    if let Some(reason) = map.get("finishReason").and_then(Value::as_str) {
        reply.chat.finish = Some(finish(reason));
    }
    Ok(reply)
}

fn finish(reason: &str) -> Finish {
    match reason {
        "stop" | "end_turn" | "stop_sequence" => Finish::Stop,
        "length" | "max_tokens" => Finish::Length,
        "tool_calls" | "tool_use" | "function_call" => Finish::ToolCalls,
        "content_filter" => Finish::ContentFilter,
        "refusal" => Finish::Refusal,
        other => Finish::Other(other.to_owned()),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a count of tokens; one below 0 counts as 0"
)]
fn whole(count: f64) -> u64 {
    count.max(0.0) as u64
}

/// A program that failed: the candidate's own failure.
pub(super) fn error(provider: &str, message: String) -> CallError {
    failure(provider, CallErrorKind::Command, message, None)
}

/// A failure of one attempt.
pub(super) fn failure(provider: &str, kind: CallErrorKind, message: String, status: Option<u16>) -> CallError {
    CallError {
        kind,
        provider: provider.to_owned(),
        message,
        status,
        retry_after: None,
        attempts: 1,
    }
}

/// The reply with the time that it took.
pub(super) fn timed(reply: Result<Reply, CallError>, begun: Moment) -> Result<Reply, CallError> {
    let mut reply = reply?;
    reply.latency_ms = begun.elapsed().as_secs_f64() * 1_000.0;
    Ok(reply)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn answers_are_read_as_promptfoo_reads_them() {
        let read = reply("p", json!({"output": "hi", "tokenUsage": {"prompt": 3, "completion": 2, "total": 5}, "cost": 0.5, "finishReason": "length"})).unwrap();
        assert_eq!(
            (read.chat.text.as_str(), read.cost_usd, read.raw),
            ("hi", Some(0.5), None)
        );
        assert_eq!(
            (read.chat.usage.unwrap().input_tokens, read.chat.finish),
            (3, Some(Finish::Length))
        );
        let value = reply("p", json!({"output": {"a": 1}})).unwrap();
        assert_eq!(
            (value.chat.text.as_str(), value.raw),
            ("{\"a\":1}", Some(json!({"a": 1})))
        );
        assert_eq!(reply("p", json!({"output": ""})).unwrap().chat.text, "");
    }

    #[test]
    fn what_is_no_answer_is_the_programs_failure() {
        for (answer, message) in [
            (json!({"error": "no luck"}), "no luck"),
            (json!({"output": null}), "no `output`"),
            (json!({}), "no `output`"),
            (json!("text"), "an object that has `output`"),
        ] {
            let error = reply("p", answer).unwrap_err();
            assert!(error.message.contains(message), "{error}");
            assert_eq!(error.kind, CallErrorKind::Command);
        }
    }
}
