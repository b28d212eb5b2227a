//! Whole answers.

use serde_json::{Map, Value, json};

use crate::wire::json::{count, items, owned, text};
use crate::wire::openai::error::in_body;
use crate::wire::{ApiError, ChatReply, Finish, ToolCall, Usage, WireError};

/// An answer's JSON; `created` is in seconds since 1970.
#[must_use]
pub fn to_json(reply: &ChatReply, created: u64) -> Value {
    let mut output = Vec::new();
    if !reply.text.is_empty() || reply.refusal.is_some() || reply.tool_calls.is_empty() {
        output.push(message(reply, status(reply.finish.as_ref())));
    }
    output.extend(
        reply
            .tool_calls
            .iter()
            .enumerate()
            .map(|(at, it)| call(it, at, "completed")),
    );
    envelope(
        &reply.id,
        &reply.model,
        created,
        reply.finish.as_ref(),
        output,
        reply.usage,
    )
}

/// An answer of its JSON.
///
/// # Errors
/// Fails on an error with status 200, on an answer that failed, and on JSON that is no answer.
pub fn from_json(value: &Value) -> Result<ChatReply, WireError> {
    if let Some(error) = in_body(value) {
        return Err(error.into());
    }
    if !value.get("output").is_some_and(Value::is_array) {
        return Err(WireError::expected("`output`, an array of items"));
    }
    let mut reply = ChatReply {
        id: owned(value, "id"),
        model: owned(value, "model"),
        usage: value.get("usage").and_then(usage_from_json),
        ..ChatReply::default()
    };
    for item in items(value, "output") {
        match text(item, "type") {
            Some("message") => {
                for piece in items(item, "content") {
                    reply.text.push_str(text(piece, "text").unwrap_or_default());
                    if let Some(refusal) = text(piece, "refusal") {
                        reply.refusal.get_or_insert_default().push_str(refusal);
                    }
                }
            }
            Some("function_call") => reply.tool_calls.push(ToolCall {
                id: owned(item, "call_id"),
                name: owned(item, "name"),
                arguments: owned(item, "arguments"),
            }),
            _ => {}
        }
    }
    reply.finish = finish(value, !reply.tool_calls.is_empty())?;
    Ok(reply)
}

/// The object that whole answers are and that streams begin and end with.
pub(super) fn envelope(
    id: &str,
    model: &str,
    created: u64,
    finish: Option<&Finish>,
    output: Vec<Value>,
    usage: Option<Usage>,
) -> Value {
    let reason = match finish {
        Some(Finish::Length) => Some("max_output_tokens"),
        Some(Finish::ContentFilter | Finish::Refusal) => Some("content_filter"),
        _ => None,
    };
    let mut map = Map::new();
    map.insert("id".into(), id.into());
    map.insert("object".into(), "response".into());
    map.insert("created_at".into(), created.into());
    map.insert("status".into(), status(finish).into());
    map.insert("error".into(), Value::Null);
    map.insert(
        "incomplete_details".into(),
        reason.map_or(Value::Null, |it| json!({ "reason": it })),
    );
    map.insert("instructions".into(), Value::Null);
    map.insert("max_output_tokens".into(), Value::Null);
    map.insert("model".into(), model.into());
    map.insert("output".into(), output.into());
    map.insert("parallel_tool_calls".into(), true.into());
    map.insert("previous_response_id".into(), Value::Null);
    map.insert("reasoning".into(), json!({ "effort": null, "summary": null }));
    map.insert("store".into(), true.into());
    map.insert("temperature".into(), json!(1.0));
    map.insert("text".into(), json!({ "format": { "type": "text" } }));
    map.insert("tool_choice".into(), "auto".into());
    map.insert("tools".into(), json!([]));
    map.insert("top_p".into(), json!(1.0));
    map.insert("truncation".into(), "disabled".into());
    map.insert("usage".into(), usage.map_or(Value::Null, usage_to_json));
    map.insert("metadata".into(), json!({}));
    Value::Object(map)
}

fn status(finish: Option<&Finish>) -> &'static str {
    match finish {
        Some(Finish::Length | Finish::ContentFilter | Finish::Refusal) => "incomplete",
        Some(_) => "completed",
        None => "in_progress",
    }
}

fn message(reply: &ChatReply, status: &str) -> Value {
    let mut content = Vec::new();
    if !reply.text.is_empty() || reply.refusal.is_none() {
        content.push(text_piece(&reply.text));
    }
    content.extend(
        reply
            .refusal
            .iter()
            .map(|refusal| json!({ "type": "refusal", "refusal": refusal })),
    );
    message_item(&reply.id, status, &content)
}

pub(super) fn text_piece(text: &str) -> Value {
    json!({ "type": "output_text", "text": text, "annotations": [], "logprobs": [] })
}

pub(super) fn message_item(id: &str, status: &str, content: &[Value]) -> Value {
    let id = format!("msg_{}", id.trim_start_matches("resp_"));
    json!({ "id": id, "type": "message", "status": status, "role": "assistant", "content": content })
}

pub(super) fn call(call: &ToolCall, at: usize, status: &str) -> Value {
    json!({
        "id": format!("fc_{}_{at}", call.id.trim_start_matches("call_")),
        "type": "function_call",
        "status": status,
        "call_id": call.id,
        "name": call.name,
        "arguments": call.arguments,
    })
}

fn usage_to_json(usage: Usage) -> Value {
    json!({
        "input_tokens": usage.input_tokens,
        "input_tokens_details": { "cached_tokens": usage.cached_input_tokens },
        "output_tokens": usage.output_tokens,
        "output_tokens_details": { "reasoning_tokens": 0 },
        "total_tokens": usage.input_tokens.saturating_add(usage.output_tokens),
    })
}

pub(super) fn usage_from_json(value: &Value) -> Option<Usage> {
    Some(Usage {
        input_tokens: count(value, "input_tokens")?,
        output_tokens: count(value, "output_tokens").unwrap_or(0),
        cached_input_tokens: (value.pointer("/input_tokens_details/cached_tokens"))
            .and_then(Value::as_u64)
            .unwrap_or(0),
    })
}

/// Why an answer ended, of its `status`.
pub(super) fn finish(value: &Value, calls: bool) -> Result<Option<Finish>, WireError> {
    let reason = value.pointer("/incomplete_details/reason").and_then(Value::as_str);
    Ok(match (text(value, "status"), reason) {
        (Some("completed"), _) if calls => Some(Finish::ToolCalls),
        (Some("completed"), _) => Some(Finish::Stop),
        (Some("incomplete"), Some("content_filter")) => Some(Finish::ContentFilter),
        (Some("incomplete"), Some("max_output_tokens") | None) => Some(Finish::Length),
        (Some("incomplete"), Some(other)) => Some(Finish::Other(other.to_owned())),
        (Some("failed" | "cancelled"), _) => {
            return Err(WireError::Api(ApiError {
                status: 200,
                kind: "response_failed".to_owned(),
                code: None,
                message: "the response failed without saying why".to_owned(),
                retry_after: None,
            }));
        }
        _ => None,
    })
}
