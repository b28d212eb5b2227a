//! Answers in pieces: `message_start`, blocks, `message_delta`, `message_stop`; `ping` and `error` anywhere.

use serde_json::{Value, json};

use super::reply::{error_from_body, error_to_json, finish_from_text, finish_to_text, usage_from_json, usage_to_json};
use crate::wire::json::{count, owned, text};
use crate::wire::stream::{Decode, Encode, parse};
use crate::wire::{ApiError, Chunk, Finish, Frame, ToolCallDelta, Usage, WireError};

/// Frames to pieces.
#[derive(Debug, Default)]
pub(in crate::wire) struct Decoder {
    /// The index of each tool call's block.
    calls: Vec<u64>,
    usage: Usage,
    ended: bool,
}

impl Decode for Decoder {
    fn decode(&mut self, frame: &Frame) -> Result<Vec<Chunk>, WireError> {
        let value = parse(&frame.data)?;
        let kind = text(&value, "type").unwrap_or(&frame.name);
        let mut chunk = Chunk::default();
        match kind {
            "message_start" => {
                let message = value.get("message").unwrap_or(&Value::Null);
                chunk.id = text(message, "id").map(ToOwned::to_owned);
                chunk.model = text(message, "model").map(ToOwned::to_owned);
                let usage = message.get("usage");
                self.usage = usage.and_then(|it| usage_from_json(it, self.usage)).unwrap_or_default();
            }
            "content_block_start" => {
                let block = value.get("content_block").unwrap_or(&Value::Null);
                match text(block, "type") {
                    Some("tool_use") => {
                        self.calls.push(count(&value, "index").unwrap_or(0));
                        chunk.tool_calls.push(ToolCallDelta {
                            index: self.calls.len() - 1,
                            id: Some(owned(block, "id")),
                            name: Some(owned(block, "name")),
                            arguments: String::new(),
                        });
                    }
                    Some("text") => chunk.text = owned(block, "text"),
                    _ => {}
                }
            }
            "content_block_delta" => {
                let delta = value.get("delta").unwrap_or(&Value::Null);
                match text(delta, "type") {
                    Some("text_delta") => chunk.text = owned(delta, "text"),
                    Some("input_json_delta") => {
                        let block = count(&value, "index").unwrap_or(0);
                        // A server's own tools have blocks too, which are none of ours.
                        if let Some(index) = self.calls.iter().position(|it| *it == block) {
                            chunk.tool_calls.push(ToolCallDelta {
                                index,
                                id: None,
                                name: None,
                                arguments: owned(delta, "partial_json"),
                            });
                        }
                    }
                    _ => {}
                }
            }
            "message_delta" => {
                chunk.finish = value
                    .pointer("/delta/stop_reason")
                    .and_then(Value::as_str)
                    .map(finish_from_text);
                self.ended |= chunk.finish.is_some();
                if let Some(usage) = value.get("usage").and_then(|it| usage_from_json(it, self.usage)) {
                    self.usage = usage;
                    chunk.usage = Some(usage);
                }
            }
            "error" => {
                return Err(error_from_body(&value)
                    .map_or_else(|| WireError::expected("`error` in an error event"), WireError::Api));
            }
            // `ping`, `content_block_stop`, `message_stop`, and events to come.
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
    usage: Usage,
}

impl Encoder {
    fn close(&mut self, out: &mut Vec<Frame>) {
        if let Some((index, _)) = self.open.take() {
            out.push(event("content_block_stop", &json!({ "index": index })));
        }
    }

    fn open(&mut self, call: Option<usize>, block: &Value, out: &mut Vec<Frame>) -> usize {
        self.close(out);
        let index = self.blocks;
        self.blocks += 1;
        self.open = Some((index, call));
        out.push(event(
            "content_block_start",
            &json!({ "index": index, "content_block": block }),
        ));
        index
    }
}

impl Encode for Encoder {
    fn encode(&mut self, chunk: &Chunk) -> Vec<Frame> {
        let mut out = Vec::new();
        if let Some(usage) = chunk.usage {
            self.usage = usage;
        }
        if !std::mem::replace(&mut self.begun, true) {
            let message = json!({
                "id": chunk.id.as_deref().unwrap_or_default(),
                "type": "message",
                "role": "assistant",
                "model": chunk.model.as_deref().unwrap_or_default(),
                "content": [],
                "stop_reason": null,
                "stop_sequence": null,
                "usage": usage_to_json(self.usage),
            });
            out.push(event("message_start", &json!({ "message": message })));
        }
        if !chunk.text.is_empty() {
            let index = match self.open {
                Some((index, None)) => index,
                _ => self.open(None, &json!({ "type": "text", "text": "" }), &mut out),
            };
            let delta = json!({ "type": "text_delta", "text": chunk.text });
            out.push(event("content_block_delta", &json!({ "index": index, "delta": delta })));
        }
        for call in &chunk.tool_calls {
            let index = match self.open {
                Some((index, Some(open))) if open == call.index => index,
                _ => {
                    let block = json!({
                        "type": "tool_use",
                        "id": call.id.as_deref().unwrap_or_default(),
                        "name": call.name.as_deref().unwrap_or_default(),
                        "input": {},
                    });
                    self.open(Some(call.index), &block, &mut out)
                }
            };
            if !call.arguments.is_empty() {
                let delta = json!({ "type": "input_json_delta", "partial_json": call.arguments });
                out.push(event("content_block_delta", &json!({ "index": index, "delta": delta })));
            }
        }
        if let Some(finish) = &chunk.finish {
            self.close(&mut out);
            out.push(message_delta(finish, self.usage));
        }
        out
    }

    fn end(&mut self) -> Vec<Frame> {
        vec![event("message_stop", &json!({}))]
    }

    fn error(&mut self, error: &ApiError) -> Vec<Frame> {
        vec![Frame::named("error", error_to_json(error).to_string())]
    }
}

fn message_delta(finish: &Finish, usage: Usage) -> Frame {
    event(
        "message_delta",
        &json!({
            "delta": { "stop_reason": finish_to_text(finish), "stop_sequence": null },
            "usage": usage_to_json(usage),
        }),
    )
}

fn event(kind: &str, fields: &Value) -> Frame {
    let mut data = json!({ "type": kind });
    if let (Some(data), Some(fields)) = (data.as_object_mut(), fields.as_object()) {
        data.extend(fields.clone());
    }
    Frame::named(kind, data.to_string())
}
