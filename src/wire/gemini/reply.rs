//! Answers, whole and in pieces (which have the same form), and errors.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::request::{call_from_json, call_to_json};
use crate::wire::headers::span;
use crate::wire::json::{count, items, owned, put, text};
use crate::wire::stream::{Decode, Encode};
use crate::wire::{ApiError, ChatReply, Chunk, Finish, Frame, ToolCall, ToolCallDelta, Usage, WireError};

/// The kind of error that stands for a blocked prompt, whose status is 200.
pub(in crate::wire) const BLOCKED: &str = "PROMPT_BLOCKED";

pub(in crate::wire) fn to_json(reply: &ChatReply) -> Value {
    let mut parts = Vec::new();
    if !reply.text.is_empty() {
        parts.push(json!({ "text": reply.text }));
    }
    parts.extend(reply.tool_calls.iter().map(call_to_json));
    envelope(&reply.id, &reply.model, &parts, reply.finish.as_ref(), reply.usage)
}

fn envelope(id: &str, model: &str, parts: &[Value], finish: Option<&Finish>, usage: Option<Usage>) -> Value {
    let mut candidate = Map::new();
    candidate.insert("content".into(), json!({ "role": "model", "parts": parts }));
    put(&mut candidate, "finishReason", finish.map(finish_to_text));
    candidate.insert("index".into(), 0.into());
    let mut map = Map::new();
    map.insert("candidates".into(), json!([candidate]));
    put(&mut map, "usageMetadata", usage.map(usage_to_json));
    map.insert("modelVersion".into(), model.into());
    map.insert("responseId".into(), id.into());
    Value::Object(map)
}

pub(in crate::wire) fn from_json(value: &Value) -> Result<ChatReply, WireError> {
    let mut decoder = Decoder::default();
    let mut assembly = crate::wire::Assembly::default();
    let is_answer = !items(value, "candidates").is_empty();
    for chunk in decoder.value(value)? {
        assembly.push(chunk);
    }
    if !is_answer {
        return Err(WireError::expected("`candidates` with at least one candidate"));
    }
    Ok(assembly.finish())
}

/// `{"error": {"code", "message", "status", "details"}}`, sometimes in an array of one.
pub(in crate::wire) fn error_from_body(value: &Value) -> Option<ApiError> {
    let value = value.as_array().and_then(|all| all.first()).unwrap_or(value);
    let error = value.get("error").filter(|it| it.is_object())?;
    let retry_after = (items(error, "details").iter())
        .find_map(|detail| text(detail, "retryDelay"))
        .and_then(span);
    let reason = items(error, "details").iter().find_map(|detail| text(detail, "reason"));
    Some(ApiError {
        status: count(error, "code")
            .and_then(|code| u16::try_from(code).ok())
            .unwrap_or(200),
        kind: text(error, "status").unwrap_or("error").to_owned(),
        code: reason.map(ToOwned::to_owned),
        message: owned(error, "message"),
        retry_after,
    })
}

pub(in crate::wire) fn error_to_json(error: &ApiError) -> Value {
    let mut details = Vec::new();
    if let Some(reason) = &error.code {
        details.push(json!({ "@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason }));
    }
    if let Some(wait) = error.retry_after {
        details.push(json!({ "@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": seconds(wait) }));
    }
    json!({
        "error": {
            "code": error.status,
            "message": error.message,
            "status": error.kind,
            "details": details,
        }
    })
}

fn seconds(wait: Duration) -> String {
    format!("{}s", wait.as_secs_f64())
}

fn finish_to_text(finish: &Finish) -> String {
    match finish {
        Finish::Stop | Finish::ToolCalls => "STOP",
        Finish::Length => "MAX_TOKENS",
        Finish::ContentFilter | Finish::Refusal => "SAFETY",
        Finish::Other(other) => other,
    }
    .to_owned()
}

fn finish_from_text(text: &str, calls: bool) -> Finish {
    match text {
        "STOP" if calls => Finish::ToolCalls,
        "STOP" => Finish::Stop,
        "MAX_TOKENS" => Finish::Length,
        "SAFETY" | "RECITATION" | "BLOCKLIST" | "PROHIBITED_CONTENT" | "SPII" | "IMAGE_SAFETY" | "LANGUAGE" => {
            Finish::ContentFilter
        }
        other => Finish::Other(other.to_owned()),
    }
}

fn usage_to_json(usage: Usage) -> Value {
    json!({
        "promptTokenCount": usage.input_tokens,
        "candidatesTokenCount": usage.output_tokens,
        "cachedContentTokenCount": usage.cached_input_tokens,
        "totalTokenCount": usage.input_tokens.saturating_add(usage.output_tokens),
    })
}

/// Thinking is counted apart and paid as output.
fn usage_from_json(value: &Value) -> Option<Usage> {
    Some(Usage {
        input_tokens: count(value, "promptTokenCount")?,
        output_tokens: count(value, "candidatesTokenCount")
            .unwrap_or(0)
            .saturating_add(count(value, "thoughtsTokenCount").unwrap_or(0)),
        cached_input_tokens: count(value, "cachedContentTokenCount").unwrap_or(0),
    })
}

/// Frames to pieces.
#[derive(Debug, Default)]
pub(in crate::wire) struct Decoder {
    calls: usize,
    ended: bool,
}

impl Decoder {
    fn value(&mut self, value: &Value) -> Result<Vec<Chunk>, WireError> {
        if let Some(error) = error_from_body(value) {
            return Err(error.into());
        }
        let candidate = items(value, "candidates").first();
        let blocked = value.pointer("/promptFeedback/blockReason").and_then(Value::as_str);
        if let (Some(reason), None) = (blocked, candidate) {
            return Err(WireError::Api(ApiError {
                status: 200,
                kind: BLOCKED.to_owned(),
                code: Some(reason.to_owned()),
                message: format!("the prompt was blocked: {reason}"),
                retry_after: None,
            }));
        }
        let mut chunk = Chunk {
            id: text(value, "responseId").map(ToOwned::to_owned),
            model: text(value, "modelVersion").map(ToOwned::to_owned),
            usage: value.get("usageMetadata").and_then(usage_from_json),
            ..Chunk::default()
        };
        if let Some(candidate) = candidate {
            let content = candidate.get("content").unwrap_or(&Value::Null);
            for part in items(content, "parts") {
                if let Some(call) = part.get("functionCall") {
                    let call = call_from_json(call);
                    chunk.tool_calls.push(ToolCallDelta {
                        index: self.calls,
                        id: Some(call.id),
                        name: Some(call.name),
                        arguments: call.arguments,
                    });
                    self.calls += 1;
                } else if part.get("thought").and_then(Value::as_bool) != Some(true) {
                    chunk.text.push_str(text(part, "text").unwrap_or_default());
                }
            }
            chunk.finish = text(candidate, "finishReason").map(|it| finish_from_text(it, self.calls > 0));
            self.ended |= chunk.finish.is_some();
        }
        Ok(vec![chunk])
    }
}

impl Decode for Decoder {
    fn decode(&mut self, frame: &Frame) -> Result<Vec<Chunk>, WireError> {
        // An error may come as an array here too.
        let value: Value = serde_json::from_str(&frame.data)
            .map_err(|_| WireError::Malformed(format!("no JSON in an event: {}", shown(&frame.data))))?;
        self.value(&value)
    }

    fn ended(&self) -> bool {
        self.ended
    }
}

fn shown(data: &str) -> String {
    crate::wire::api_error::shown(data)
}

/// Pieces to frames. Tool calls go out whole, with the piece that ends the answer.
#[derive(Debug, Default)]
pub(in crate::wire) struct Encoder {
    id: String,
    model: String,
    calls: Vec<ToolCall>,
}

impl Encode for Encoder {
    fn encode(&mut self, chunk: &Chunk) -> Vec<Frame> {
        if let Some(id) = &chunk.id {
            self.id.clone_from(id);
        }
        if let Some(model) = &chunk.model {
            self.model.clone_from(model);
        }
        chunk.add_calls_to(&mut self.calls);
        if chunk.text.is_empty() && chunk.finish.is_none() {
            return Vec::new();
        }
        let mut parts = Vec::new();
        if !chunk.text.is_empty() {
            parts.push(json!({ "text": chunk.text }));
        }
        if chunk.finish.is_some() {
            parts.extend(self.calls.drain(..).map(|call| call_to_json(&call)));
        }
        let value = envelope(&self.id, &self.model, &parts, chunk.finish.as_ref(), chunk.usage);
        vec![Frame::unnamed(value.to_string())]
    }

    fn end(&mut self) -> Vec<Frame> {
        Vec::new()
    }

    fn error(&mut self, error: &ApiError) -> Vec<Frame> {
        vec![Frame::unnamed(error_to_json(error).to_string())]
    }
}
