//! Answers, whole and in pieces, and errors. Identifier and model are not in the body.

use http::HeaderMap;
use serde_json::{Value, json};

use super::request::{call_from_json, call_to_json};
use crate::wire::json::{count, items, owned, text};
use crate::wire::stream::{Decode, Encode, parse};
use crate::wire::{ApiError, ChatReply, Chunk, Finish, Frame, ToolCallDelta, Usage, WireError};

pub(in crate::wire) fn to_json(reply: &ChatReply) -> Value {
    let mut content = Vec::new();
    if !reply.text.is_empty() {
        content.push(json!({ "text": reply.text }));
    }
    content.extend(reply.tool_calls.iter().map(call_to_json));
    json!({
        "output": { "message": { "role": "assistant", "content": content } },
        "stopReason": reply.finish.as_ref().map(finish_to_text),
        "usage": reply.usage.map(usage_to_json),
        "metrics": { "latencyMs": 0 },
    })
}

pub(in crate::wire) fn from_json(value: &Value) -> Result<ChatReply, WireError> {
    let message = value
        .pointer("/output/message")
        .filter(|it| it.is_object())
        .ok_or_else(|| WireError::expected("`output.message`"))?;
    let blocks = items(message, "content");
    Ok(ChatReply {
        text: blocks.iter().filter_map(|block| text(block, "text")).collect(),
        tool_calls: blocks
            .iter()
            .filter_map(|block| block.get("toolUse"))
            .map(call_from_json)
            .collect(),
        finish: text(value, "stopReason").map(finish_from_text),
        usage: value.get("usage").and_then(usage_from_json),
        ..ChatReply::default()
    })
}

/// `{"message": …}`; older services write `Message`, and `__type` where the header is missing.
pub(in crate::wire) fn error_from_body(value: &Value) -> Option<ApiError> {
    let message = text(value, "message").or_else(|| text(value, "Message"))?;
    let kind = text(value, "__type").map_or("error", |it| it.rsplit('#').next().unwrap_or(it));
    Some(ApiError {
        status: 200,
        kind: kind.to_owned(),
        code: None,
        message: message.to_owned(),
        retry_after: None,
    })
}

/// The error's type as its header names it: `ThrottlingException:http://…`.
pub(in crate::wire) fn error_type(headers: &HeaderMap, error: &mut ApiError) {
    if let Some(kind) = headers.get("x-amzn-errortype").and_then(|it| it.to_str().ok()) {
        kind.split(':').next().unwrap_or(kind).clone_into(&mut error.kind);
    }
}

pub(in crate::wire) fn error_to_json(error: &ApiError) -> Value {
    json!({ "message": error.message })
}

fn finish_to_text(finish: &Finish) -> String {
    match finish {
        Finish::Stop => "end_turn",
        Finish::Length => "max_tokens",
        Finish::ToolCalls => "tool_use",
        Finish::ContentFilter | Finish::Refusal => "content_filtered",
        Finish::Other(other) => other,
    }
    .to_owned()
}

fn finish_from_text(text: &str) -> Finish {
    match text {
        "end_turn" | "stop_sequence" => Finish::Stop,
        "max_tokens" | "model_context_window_exceeded" => Finish::Length,
        "tool_use" => Finish::ToolCalls,
        "content_filtered" | "guardrail_intervened" => Finish::ContentFilter,
        other => Finish::Other(other.to_owned()),
    }
}

fn usage_to_json(usage: Usage) -> Value {
    json!({
        "inputTokens": usage.input_tokens.saturating_sub(usage.cached_input_tokens),
        "outputTokens": usage.output_tokens,
        "totalTokens": usage.input_tokens.saturating_add(usage.output_tokens),
        "cacheReadInputTokens": usage.cached_input_tokens,
        "cacheWriteInputTokens": 0,
    })
}

/// `inputTokens` leaves out what went through the cache.
fn usage_from_json(value: &Value) -> Option<Usage> {
    let cached = count(value, "cacheReadInputTokens").unwrap_or(0);
    Some(Usage {
        input_tokens: count(value, "inputTokens")?
            .saturating_add(cached)
            .saturating_add(count(value, "cacheWriteInputTokens").unwrap_or(0)),
        output_tokens: count(value, "outputTokens")?,
        cached_input_tokens: cached,
    })
}

/// Frames to pieces.
#[derive(Debug, Default)]
pub(in crate::wire) struct Decoder {
    /// The index of each tool call's block.
    calls: Vec<u64>,
    ended: bool,
}

impl Decode for Decoder {
    fn decode(&mut self, frame: &Frame) -> Result<Vec<Chunk>, WireError> {
        let value = parse(&frame.data)?;
        let mut chunk = Chunk::default();
        match frame.name.as_str() {
            "contentBlockStart" => {
                let Some(call) = value.pointer("/start/toolUse") else {
                    return Ok(Vec::new());
                };
                self.calls.push(count(&value, "contentBlockIndex").unwrap_or(0));
                chunk.tool_calls.push(ToolCallDelta {
                    index: self.calls.len() - 1,
                    id: Some(owned(call, "toolUseId")),
                    name: Some(owned(call, "name")),
                    arguments: String::new(),
                });
            }
            "contentBlockDelta" => {
                let delta = value.get("delta").unwrap_or(&Value::Null);
                chunk.text = owned(delta, "text");
                if let Some(call) = delta.get("toolUse") {
                    let block = count(&value, "contentBlockIndex").unwrap_or(0);
                    let index = self.calls.iter().position(|it| *it == block);
                    chunk.tool_calls.push(ToolCallDelta {
                        index: index.ok_or_else(|| WireError::expected("a tool call to start before it goes on"))?,
                        id: None,
                        name: None,
                        arguments: owned(call, "input"),
                    });
                }
            }
            "messageStop" => {
                chunk.finish = text(&value, "stopReason").map(finish_from_text);
                self.ended |= chunk.finish.is_some();
            }
            "metadata" => chunk.usage = value.get("usage").and_then(usage_from_json),
            name if name.ends_with("Exception") => {
                return Err(WireError::Api(ApiError {
                    status: 200,
                    kind: name.to_owned(),
                    code: None,
                    message: owned(&value, "message"),
                    retry_after: None,
                }));
            }
            // `messageStart`, `contentBlockStop`, and events to come.
            _ => return Ok(Vec::new()),
        }
        Ok(vec![chunk])
    }

    fn ended(&self) -> bool {
        self.ended
    }
}

/// Pieces to frames.
#[derive(Debug, Default)]
pub(in crate::wire) struct Encoder {
    begun: bool,
    /// The open block: its index, and the tool call that it holds.
    open: Option<(usize, Option<usize>)>,
    blocks: usize,
}

impl Encoder {
    fn close(&mut self, out: &mut Vec<Frame>) {
        if let Some((index, _)) = self.open.take() {
            out.push(event("contentBlockStop", &json!({ "contentBlockIndex": index })));
        }
    }

    fn open(&mut self, call: Option<usize>, out: &mut Vec<Frame>) -> usize {
        self.close(out);
        let index = self.blocks;
        self.blocks += 1;
        self.open = Some((index, call));
        index
    }
}

impl Encode for Encoder {
    fn encode(&mut self, chunk: &Chunk) -> Vec<Frame> {
        let mut out = Vec::new();
        if !std::mem::replace(&mut self.begun, true) {
            out.push(event("messageStart", &json!({ "role": "assistant" })));
        }
        if !chunk.text.is_empty() {
            let index = match self.open {
                Some((index, None)) => index,
                _ => self.open(None, &mut out),
            };
            let data = json!({ "contentBlockIndex": index, "delta": { "text": chunk.text } });
            out.push(event("contentBlockDelta", &data));
        }
        for call in &chunk.tool_calls {
            let index = match self.open {
                Some((index, Some(open))) if open == call.index => index,
                _ => {
                    let index = self.open(Some(call.index), &mut out);
                    let tool = json!({
                        "toolUseId": call.id.as_deref().unwrap_or_default(),
                        "name": call.name.as_deref().unwrap_or_default(),
                    });
                    let data = json!({ "contentBlockIndex": index, "start": { "toolUse": tool } });
                    out.push(event("contentBlockStart", &data));
                    index
                }
            };
            if !call.arguments.is_empty() {
                let delta = json!({ "toolUse": { "input": call.arguments } });
                let data = json!({ "contentBlockIndex": index, "delta": delta });
                out.push(event("contentBlockDelta", &data));
            }
        }
        if let Some(finish) = &chunk.finish {
            self.close(&mut out);
            out.push(event("messageStop", &json!({ "stopReason": finish_to_text(finish) })));
        }
        if let Some(usage) = chunk.usage {
            let data = json!({ "usage": usage_to_json(usage), "metrics": { "latencyMs": 0 } });
            out.push(event("metadata", &data));
        }
        out
    }

    fn end(&mut self) -> Vec<Frame> {
        Vec::new()
    }

    fn error(&mut self, error: &ApiError) -> Vec<Frame> {
        let kind = if error.kind.ends_with("Exception") {
            error.kind.as_str()
        } else {
            "internalServerException"
        };
        vec![event(kind, &error_to_json(error))]
    }
}

fn event(name: &str, data: &Value) -> Frame {
    Frame::named(name, data.to_string())
}
