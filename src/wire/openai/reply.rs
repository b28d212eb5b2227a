//! Whole answers.

use serde_json::{Map, Value, json};

use super::error::in_body;
use super::request::{call_from_json, call_to_json};
use crate::wire::json::{count, items, owned, put, text};
use crate::wire::{ApiError, ChatReply, Finish, Usage, WireError};

pub(in crate::wire) fn to_json(reply: &ChatReply, created: u64) -> Value {
    let mut message = Map::new();
    message.insert("role".into(), "assistant".into());
    let no_text = reply.text.is_empty() && (!reply.tool_calls.is_empty() || reply.refusal.is_some());
    let content = if no_text {
        Value::Null
    } else {
        reply.text.as_str().into()
    };
    message.insert("content".into(), content);
    message.insert("refusal".into(), reply.refusal.clone().into());
    if !reply.tool_calls.is_empty() {
        message.insert("tool_calls".into(), reply.tool_calls.iter().map(call_to_json).collect());
    }
    let mut map = Map::new();
    map.insert("id".into(), reply.id.clone().into());
    map.insert("object".into(), "chat.completion".into());
    map.insert("created".into(), created.into());
    map.insert("model".into(), reply.model.clone().into());
    let finish = reply.finish.as_ref().map(finish_to_text);
    map.insert(
        "choices".into(),
        json!([{ "index": 0, "message": message, "logprobs": null, "finish_reason": finish }]),
    );
    put(&mut map, "usage", reply.usage.map(usage_to_json));
    Value::Object(map)
}

pub(in crate::wire) fn from_json(value: &Value) -> Result<ChatReply, WireError> {
    if let Some(error) = in_body(value) {
        return Err(error.into());
    }
    let choice = items(value, "choices")
        .first()
        .ok_or_else(|| WireError::expected("`choices` with at least one choice"))?;
    if let Some(error) = in_body(choice) {
        return Err(error.into());
    }
    let message = choice
        .get("message")
        .filter(|it| it.is_object())
        .ok_or_else(|| WireError::expected("`choices[0].message`"))?;
    Ok(ChatReply {
        id: owned(value, "id"),
        model: owned(value, "model"),
        text: content(message.get("content")),
        refusal: text(message, "refusal").map(ToOwned::to_owned),
        tool_calls: items(message, "tool_calls").iter().map(call_from_json).collect(),
        finish: text(choice, "finish_reason").map(finish_from_text).transpose()?,
        usage: value.get("usage").and_then(usage_from_json),
    })
}

/// A text, or parts as Mistral writes them; thinking is left out.
pub(super) fn content(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(parts)) => parts.iter().filter_map(|part| text(part, "text")).collect(),
        _ => String::new(),
    }
}

pub(super) fn finish_to_text(finish: &Finish) -> String {
    match finish {
        Finish::Stop => "stop",
        Finish::Length => "length",
        Finish::ToolCalls => "tool_calls",
        Finish::ContentFilter | Finish::Refusal => "content_filter",
        Finish::Other(other) => other,
    }
    .to_owned()
}

pub(super) fn finish_from_text(text: &str) -> Result<Finish, WireError> {
    Ok(match text {
        "stop" | "eos" => Finish::Stop,
        "length" => Finish::Length,
        "tool_calls" | "function_call" => Finish::ToolCalls,
        "content_filter" => Finish::ContentFilter,
        // OpenRouter: the provider behind it failed after the answer had begun.
        "error" => {
            return Err(WireError::Api(ApiError {
                status: 200,
                kind: "error".to_owned(),
                code: None,
                message: "the answer ended with finish_reason \"error\"".to_owned(),
                retry_after: None,
            }));
        }
        other => Finish::Other(other.to_owned()),
    })
}

pub(super) fn usage_to_json(usage: Usage) -> Value {
    json!({
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.input_tokens.saturating_add(usage.output_tokens),
        "prompt_tokens_details": { "cached_tokens": usage.cached_input_tokens },
    })
}

pub(super) fn usage_from_json(value: &Value) -> Option<Usage> {
    let input_tokens = count(value, "prompt_tokens")?;
    Some(Usage {
        input_tokens,
        // Embeddings have no answer's tokens.
        output_tokens: count(value, "completion_tokens").unwrap_or(0),
        cached_input_tokens: value
            .get("prompt_tokens_details")
            .and_then(|details| count(details, "cached_tokens"))
            .unwrap_or(0),
    })
}
