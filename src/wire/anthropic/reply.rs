//! Whole answers and errors.

use serde_json::{Map, Value, json};

use super::request::{call_from_json, call_to_json};
use crate::wire::json::{count, items, owned, text};
use crate::wire::{ApiError, ChatReply, Finish, ToolCall, Usage, WireError};

pub(in crate::wire) fn to_json(reply: &ChatReply) -> Value {
    let mut content = Vec::new();
    if !reply.text.is_empty() {
        content.push(json!({ "type": "text", "text": reply.text }));
    }
    content.extend(reply.tool_calls.iter().map(call_to_json));
    json!({
        "id": reply.id,
        "type": "message",
        "role": "assistant",
        "model": reply.model,
        "content": content,
        "stop_reason": reply.finish.as_ref().map(finish_to_text),
        "stop_sequence": null,
        "usage": usage_to_json(reply.usage.unwrap_or_default()),
    })
}

pub(in crate::wire) fn from_json(value: &Value) -> Result<ChatReply, WireError> {
    if text(value, "type") == Some("error")
        && let Some(error) = error_from_body(value)
    {
        return Err(error.into());
    }
    if !value.get("content").is_some_and(Value::is_array) {
        return Err(WireError::expected("`content`, an array of blocks"));
    }
    let blocks = items(value, "content");
    let of_kind = |kind: &'static str| blocks.iter().filter(move |block| text(block, "type") == Some(kind));
    let calls: Vec<ToolCall> = of_kind("tool_use").map(call_from_json).collect();
    Ok(ChatReply {
        id: owned(value, "id"),
        model: owned(value, "model"),
        text: of_kind("text").filter_map(|block| text(block, "text")).collect(),
        refusal: None,
        tool_calls: calls,
        finish: text(value, "stop_reason").map(finish_from_text),
        usage: value
            .get("usage")
            .and_then(|usage| usage_from_json(usage, Usage::default())),
    })
}

/// `{"type": "error", "error": {"type", "message"}}`.
pub(in crate::wire) fn error_from_body(value: &Value) -> Option<ApiError> {
    let error = value.get("error").filter(|it| it.is_object())?;
    Some(ApiError {
        status: 200,
        kind: text(error, "type").unwrap_or("error").to_owned(),
        code: error
            .pointer("/details/error_code")
            .and_then(Value::as_str)
            .map(ToOwned::to_owned),
        message: owned(error, "message"),
        retry_after: None,
    })
}

pub(in crate::wire) fn error_to_json(error: &ApiError) -> Value {
    let mut inner = Map::new();
    inner.insert("type".into(), error.kind.clone().into());
    inner.insert("message".into(), error.message.clone().into());
    if let Some(code) = &error.code {
        inner.insert("details".into(), json!({ "error_code": code }));
    }
    json!({ "type": "error", "error": inner, "request_id": null })
}

pub(super) fn finish_to_text(finish: &Finish) -> String {
    match finish {
        Finish::Stop => "end_turn",
        Finish::Length => "max_tokens",
        Finish::ToolCalls => "tool_use",
        Finish::ContentFilter | Finish::Refusal => "refusal",
        Finish::Other(other) => other,
    }
    .to_owned()
}

pub(super) fn finish_from_text(text: &str) -> Finish {
    match text {
        "end_turn" | "stop_sequence" => Finish::Stop,
        "max_tokens" | "model_context_window_exceeded" => Finish::Length,
        "tool_use" => Finish::ToolCalls,
        "refusal" => Finish::Refusal,
        other => Finish::Other(other.to_owned()),
    }
}

pub(super) fn usage_to_json(usage: Usage) -> Value {
    json!({
        "input_tokens": usage.input_tokens.saturating_sub(usage.cached_input_tokens),
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": usage.cached_input_tokens,
        "output_tokens": usage.output_tokens,
    })
}

/// `input_tokens` leaves out what went through the cache. A stream counts the input at its start and the
/// output at its end: `before` holds what is known already.
pub(super) fn usage_from_json(value: &Value, before: Usage) -> Option<Usage> {
    let output_tokens = count(value, "output_tokens")?;
    let cached = count(value, "cache_read_input_tokens");
    let input_tokens = match count(value, "input_tokens") {
        Some(fresh) => fresh
            .saturating_add(cached.unwrap_or(0))
            .saturating_add(count(value, "cache_creation_input_tokens").unwrap_or(0)),
        None => before.input_tokens,
    };
    Some(Usage {
        // Some events repeat the input as 0.
        input_tokens: input_tokens.max(before.input_tokens),
        output_tokens,
        cached_input_tokens: cached.unwrap_or(before.cached_input_tokens),
    })
}
