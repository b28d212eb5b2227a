//! Answers in pieces: server-sent `chat.completion.chunk` objects, then `[DONE]`.

use serde_json::{Map, Value, json};

use super::error::{in_body, to_json as error_to_json};
use super::reply::{content, finish_from_text, finish_to_text, usage_from_json, usage_to_json};
use crate::wire::json::{count, items, owned, text};
use crate::wire::stream::{Decode, Encode, parse};
use crate::wire::{ApiError, Chunk, Frame, ToolCallDelta, WireError};

/// Frames to pieces.
#[derive(Debug, Default)]
pub(in crate::wire) struct Decoder {
    any: bool,
    ended: bool,
}

impl Decode for Decoder {
    fn decode(&mut self, frame: &Frame) -> Result<Vec<Chunk>, WireError> {
        if frame.data.trim() == "[DONE]" {
            // Ollama's endpoint leaves the reason out (pydantic-ai #6610): the mark alone is an end, but
            // only of an answer that has begun.
            self.ended |= self.any;
            return Ok(Vec::new());
        }
        let value = parse(&frame.data)?;
        if let Some(error) = in_body(&value) {
            return Err(error.into());
        }
        let mut chunk = Chunk {
            id: text(&value, "id").filter(|id| !id.is_empty()).map(ToOwned::to_owned),
            model: text(&value, "model")
                .filter(|model| !model.is_empty())
                .map(ToOwned::to_owned),
            usage: value.get("usage").and_then(usage_from_json),
            ..Chunk::default()
        };
        // Azure's first piece and the one with the usage have no choice.
        if let Some(choice) = items(&value, "choices").first() {
            if let Some(error) = in_body(choice) {
                return Err(error.into());
            }
            let delta = choice.get("delta").unwrap_or(&Value::Null);
            chunk.text = content(delta.get("content"));
            chunk.refusal = owned(delta, "refusal");
            chunk.tool_calls = items(delta, "tool_calls").iter().map(call).collect();
            chunk.finish = text(choice, "finish_reason").map(finish_from_text).transpose()?;
        }
        self.any |= !chunk.text.is_empty() || !chunk.refusal.is_empty() || !chunk.tool_calls.is_empty();
        self.ended |= chunk.finish.is_some();
        Ok(vec![chunk])
    }

    fn ended(&self) -> bool {
        self.ended
    }
}

fn call(value: &Value) -> ToolCallDelta {
    let function = value.get("function").unwrap_or(&Value::Null);
    ToolCallDelta {
        index: count(value, "index").map_or(0, |index| usize::try_from(index).unwrap_or(usize::MAX)),
        id: text(value, "id").map(ToOwned::to_owned),
        name: text(function, "name").map(ToOwned::to_owned),
        arguments: owned(function, "arguments"),
    }
}

/// Pieces to frames.
#[derive(Debug, Default)]
pub(in crate::wire) struct Encoder {
    created: u64,
    id: String,
    model: String,
    begun: bool,
}

impl Encoder {
    pub(in crate::wire) fn new(created: u64) -> Self {
        Self {
            created,
            ..Self::default()
        }
    }

    fn frame(&self, choices: &Value, usage: Option<Value>) -> Frame {
        let mut map = Map::new();
        map.insert("id".into(), self.id.as_str().into());
        map.insert("object".into(), "chat.completion.chunk".into());
        map.insert("created".into(), self.created.into());
        map.insert("model".into(), self.model.as_str().into());
        map.insert("choices".into(), choices.clone());
        if let Some(usage) = usage {
            map.insert("usage".into(), usage);
        }
        Frame::unnamed(Value::Object(map).to_string())
    }
}

impl Encode for Encoder {
    fn encode(&mut self, chunk: &Chunk) -> Vec<Frame> {
        if let Some(id) = &chunk.id {
            self.id.clone_from(id);
        }
        if let Some(model) = &chunk.model {
            self.model.clone_from(model);
        }
        let mut delta = Map::new();
        if !std::mem::replace(&mut self.begun, true) {
            delta.insert("role".into(), "assistant".into());
            delta.insert("content".into(), "".into());
        }
        if !chunk.text.is_empty() {
            delta.insert("content".into(), chunk.text.as_str().into());
        }
        if !chunk.refusal.is_empty() {
            delta.insert("refusal".into(), chunk.refusal.as_str().into());
        }
        if !chunk.tool_calls.is_empty() {
            delta.insert("tool_calls".into(), chunk.tool_calls.iter().map(call_to_json).collect());
        }
        let finish = chunk.finish.as_ref().map(finish_to_text);
        let mut frames = Vec::new();
        if !delta.is_empty() || finish.is_some() {
            let choices = json!([{ "index": 0, "delta": delta, "finish_reason": finish }]);
            frames.push(self.frame(&choices, None));
        }
        if let Some(usage) = chunk.usage {
            frames.push(self.frame(&json!([]), Some(usage_to_json(usage))));
        }
        frames
    }

    fn end(&mut self) -> Vec<Frame> {
        vec![Frame::unnamed("[DONE]")]
    }

    fn error(&mut self, error: &ApiError) -> Vec<Frame> {
        vec![Frame::unnamed(error_to_json(error).to_string())]
    }
}

fn call_to_json(delta: &ToolCallDelta) -> Value {
    let mut function = Map::new();
    if let Some(name) = &delta.name {
        function.insert("name".into(), name.as_str().into());
    }
    function.insert("arguments".into(), delta.arguments.as_str().into());
    let mut map = Map::new();
    map.insert("index".into(), delta.index.into());
    if let Some(id) = &delta.id {
        map.insert("id".into(), id.as_str().into());
        map.insert("type".into(), "function".into());
    }
    map.insert("function".into(), function.into());
    Value::Object(map)
}
