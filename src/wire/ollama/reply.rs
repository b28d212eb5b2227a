//! Answers, whole and in pieces: the last piece has `done`, the reason and the counts.

use serde_json::{Map, Value, json};

use super::request::{call_from_json, call_to_json};
use crate::wire::api_error::anybody;
use crate::wire::json::{count, items, owned, put, text};
use crate::wire::stream::{Decode, Encode, parse};
use crate::wire::{ApiError, ChatReply, Chunk, Finish, Frame, ToolCall, ToolCallDelta, Usage, WireError};

/// A moment for fields that must hold one and that nobody reads.
const NO_MOMENT: &str = "1970-01-01T00:00:00Z";

pub(in crate::wire) fn to_json(reply: &ChatReply) -> Value {
    let mut message = Map::new();
    message.insert("role".into(), "assistant".into());
    message.insert("content".into(), reply.text.clone().into());
    if !reply.tool_calls.is_empty() {
        message.insert("tool_calls".into(), reply.tool_calls.iter().map(call_to_json).collect());
    }
    let mut map = envelope(&reply.model, message);
    finish(&mut map, reply.finish.as_ref(), reply.usage);
    Value::Object(map)
}

pub(in crate::wire) fn from_json(value: &Value) -> Result<ChatReply, WireError> {
    if value.get("error").is_some_and(|error| !error.is_null()) {
        return Err(error(value).into());
    }
    let message = value
        .get("message")
        .filter(|it| it.is_object())
        .ok_or_else(|| WireError::expected("`message`"))?;
    let tool_calls: Vec<ToolCall> = items(message, "tool_calls").iter().map(call_from_json).collect();
    Ok(ChatReply {
        id: String::new(),
        model: owned(value, "model"),
        text: owned(message, "content"),
        refusal: None,
        finish: finish_of(value, !tool_calls.is_empty()),
        tool_calls,
        usage: usage_of(value),
    })
}

pub(in crate::wire) fn error_to_json(error: &ApiError) -> Value {
    json!({ "error": error.message })
}

fn error(value: &Value) -> ApiError {
    anybody(value).unwrap_or_else(|| ApiError {
        status: 200,
        kind: "error".to_owned(),
        code: None,
        message: "an error without a text".to_owned(),
        retry_after: None,
    })
}

fn envelope(model: &str, message: Map<String, Value>) -> Map<String, Value> {
    let mut map = Map::new();
    map.insert("model".into(), model.into());
    map.insert("created_at".into(), NO_MOMENT.into());
    map.insert("message".into(), message.into());
    map.insert("done".into(), false.into());
    map
}

fn finish(map: &mut Map<String, Value>, finish: Option<&Finish>, usage: Option<Usage>) {
    let Some(finish) = finish else { return };
    map.insert("done".into(), true.into());
    let reason = match finish {
        Finish::Length => "length",
        Finish::Other(other) => other,
        Finish::Stop | Finish::ToolCalls | Finish::ContentFilter | Finish::Refusal => "stop",
    };
    map.insert("done_reason".into(), reason.into());
    put(map, "prompt_eval_count", usage.map(|usage| usage.input_tokens));
    put(map, "eval_count", usage.map(|usage| usage.output_tokens));
}

fn finish_of(value: &Value, calls: bool) -> Option<Finish> {
    if value.get("done").and_then(Value::as_bool) != Some(true) {
        return None;
    }
    Some(match text(value, "done_reason") {
        None | Some("stop" | "") if calls => Finish::ToolCalls,
        None | Some("stop" | "") => Finish::Stop,
        Some("length") => Finish::Length,
        Some(other) => Finish::Other(other.to_owned()),
    })
}

/// A prompt that is cached whole has no `prompt_eval_count`.
fn usage_of(value: &Value) -> Option<Usage> {
    Some(Usage {
        input_tokens: count(value, "prompt_eval_count").unwrap_or(0),
        output_tokens: count(value, "eval_count")?,
        cached_input_tokens: 0,
    })
}

/// Frames to pieces.
#[derive(Debug, Default)]
pub(in crate::wire) struct Decoder {
    calls: usize,
    ended: bool,
}

impl Decode for Decoder {
    fn decode(&mut self, frame: &Frame) -> Result<Vec<Chunk>, WireError> {
        let value = parse(&frame.data)?;
        if value.get("error").is_some_and(|error| !error.is_null()) {
            return Err(error(&value).into());
        }
        let message = value.get("message").unwrap_or(&Value::Null);
        let tool_calls = items(message, "tool_calls").iter().map(|call| {
            let call = call_from_json(call);
            let index = self.calls;
            self.calls += 1;
            ToolCallDelta {
                index,
                id: Some(call.id),
                name: Some(call.name),
                arguments: call.arguments,
            }
        });
        let tool_calls: Vec<ToolCallDelta> = tool_calls.collect();
        let finish = finish_of(&value, self.calls > 0);
        self.ended |= finish.is_some();
        Ok(vec![Chunk {
            model: text(&value, "model").map(ToOwned::to_owned),
            text: owned(message, "content"),
            tool_calls,
            usage: finish.as_ref().and_then(|_| usage_of(&value)),
            finish,
            ..Chunk::default()
        }])
    }

    fn ended(&self) -> bool {
        self.ended
    }
}

/// Pieces to frames. Tool calls go out whole, with the piece that ends the answer.
#[derive(Debug, Default)]
pub(in crate::wire) struct Encoder {
    model: String,
    calls: Vec<ToolCall>,
}

impl Encode for Encoder {
    fn encode(&mut self, chunk: &Chunk) -> Vec<Frame> {
        if let Some(model) = &chunk.model {
            self.model.clone_from(model);
        }
        chunk.add_calls_to(&mut self.calls);
        if chunk.text.is_empty() && chunk.finish.is_none() {
            return Vec::new();
        }
        let mut message = Map::new();
        message.insert("role".into(), "assistant".into());
        message.insert("content".into(), chunk.text.as_str().into());
        if chunk.finish.is_some() && !self.calls.is_empty() {
            message.insert("tool_calls".into(), self.calls.iter().map(call_to_json).collect());
        }
        let mut map = envelope(&self.model, message);
        finish(&mut map, chunk.finish.as_ref(), chunk.usage);
        vec![Frame::unnamed(Value::Object(map).to_string())]
    }

    fn end(&mut self) -> Vec<Frame> {
        Vec::new()
    }

    fn error(&mut self, error: &ApiError) -> Vec<Frame> {
        vec![Frame::unnamed(error_to_json(error).to_string())]
    }
}
