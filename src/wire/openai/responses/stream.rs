//! Answers in pieces: events with names and running numbers, from `response.created` to `response.completed`.

use serde_json::{Value, json};

use super::reply::{call as call_item, envelope, finish, message_item, text_piece, usage_from_json};
use crate::wire::json::{count, owned, text};
use crate::wire::openai::error::in_body;
use crate::wire::stream::{Decode, Encode, parse};
use crate::wire::{ApiError, Chunk, Frame, ToolCall, ToolCallDelta, Usage, WireError};

/// Frames to pieces.
#[derive(Debug, Default)]
pub struct Decoder {
    /// The item of each tool call.
    calls: Vec<u64>,
    ended: bool,
}

impl Decode for Decoder {
    fn decode(&mut self, frame: &Frame) -> Result<Vec<Chunk>, WireError> {
        let value = parse(&frame.data)?;
        let kind = text(&value, "type").unwrap_or(&frame.name);
        let response = value.get("response").unwrap_or(&Value::Null);
        let mut chunk = Chunk::default();
        match kind {
            "response.created" => {
                chunk.id = text(response, "id").map(ToOwned::to_owned);
                chunk.model = text(response, "model").map(ToOwned::to_owned);
            }
            "response.output_text.delta" => chunk.text = owned(&value, "delta"),
            "response.refusal.delta" => chunk.refusal = owned(&value, "delta"),
            "response.output_item.added" => {
                let item = value.get("item").unwrap_or(&Value::Null);
                if text(item, "type") != Some("function_call") {
                    return Ok(Vec::new());
                }
                self.calls.push(count(&value, "output_index").unwrap_or(0));
                chunk.tool_calls.push(ToolCallDelta {
                    index: self.calls.len() - 1,
                    id: Some(owned(item, "call_id")),
                    name: Some(owned(item, "name")),
                    arguments: String::new(),
                });
            }
            "response.function_call_arguments.delta" => {
                let item = count(&value, "output_index").unwrap_or(0);
                let Some(index) = self.calls.iter().position(|it| *it == item) else {
                    return Ok(Vec::new());
                };
                chunk.tool_calls.push(ToolCallDelta {
                    index,
                    id: None,
                    name: None,
                    arguments: owned(&value, "delta"),
                });
            }
            "response.completed" | "response.incomplete" => {
                self.ended = true;
                chunk.finish = finish(response, !self.calls.is_empty())?;
                chunk.usage = response.get("usage").and_then(usage_from_json);
            }
            "response.failed" => {
                return Err(in_body(response).map_or_else(|| WireError::expected("`error`"), WireError::Api));
            }
            "error" => {
                return Err(WireError::Api(ApiError {
                    status: 200,
                    kind: "error".to_owned(),
                    code: text(&value, "code").map(ToOwned::to_owned),
                    message: owned(&value, "message"),
                    retry_after: None,
                }));
            }
            // The whole of what came in pieces, and events to come.
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
pub struct Encoder {
    created: u64,
    id: String,
    model: String,
    number: u64,
    begun: bool,
    /// The finished items.
    output: Vec<Value>,
    open: Option<Open>,
    usage: Option<Usage>,
}

/// The item that is being written.
#[derive(Debug)]
enum Open {
    Text(String),
    Refusal(String),
    Call { index: usize, call: ToolCall },
}

impl Encoder {
    /// A writer; `created` is in seconds since 1970.
    #[must_use]
    pub fn new(created: u64) -> Self {
        Self {
            created,
            ..Self::default()
        }
    }

    fn event(&mut self, kind: &str, fields: Value) -> Frame {
        let mut data = json!({ "type": kind, "sequence_number": self.number });
        self.number += 1;
        if let (Some(data), Value::Object(fields)) = (data.as_object_mut(), fields) {
            data.extend(fields);
        }
        Frame::named(kind, data.to_string())
    }

    fn message_id(&self) -> String {
        format!("msg_{}", self.id.trim_start_matches("resp_"))
    }

    /// The text or refusal so far, with its item and part begun where they are not.
    fn begin_words(&mut self, is_refusal: bool, out: &mut Vec<Frame>) {
        match (&self.open, is_refusal) {
            (Some(Open::Text(_)), false) | (Some(Open::Refusal(_)), true) => return,
            _ => self.close(out),
        }
        let (at, id) = (self.output.len(), self.message_id());
        let item = message_item(&self.id, "in_progress", &[]);
        out.push(self.event(
            "response.output_item.added",
            json!({ "output_index": at, "item": item }),
        ));
        let part = if is_refusal {
            json!({ "type": "refusal", "refusal": "" })
        } else {
            text_piece("")
        };
        let fields = json!({ "item_id": id, "output_index": at, "content_index": 0, "part": part });
        out.push(self.event("response.content_part.added", fields));
        self.open = Some(if is_refusal {
            Open::Refusal(String::new())
        } else {
            Open::Text(String::new())
        });
    }

    fn words(&mut self, words: &str, is_refusal: bool, out: &mut Vec<Frame>) {
        self.begin_words(is_refusal, out);
        if let Some(Open::Text(so_far) | Open::Refusal(so_far)) = &mut self.open {
            so_far.push_str(words);
        }
        let mut fields = json!({
            "item_id": self.message_id(), "output_index": self.output.len(), "content_index": 0, "delta": words,
        });
        let kind = if is_refusal {
            "response.refusal.delta"
        } else {
            fields["logprobs"] = json!([]);
            "response.output_text.delta"
        };
        out.push(self.event(kind, fields));
    }

    fn call(&mut self, delta: &ToolCallDelta, out: &mut Vec<Frame>) {
        if !matches!(&self.open, Some(Open::Call { index, .. }) if *index == delta.index) {
            self.close(out);
            let call = ToolCall {
                id: delta.id.clone().unwrap_or_default(),
                name: delta.name.clone().unwrap_or_default(),
                arguments: String::new(),
            };
            let at = self.output.len();
            let item = call_item(&call, delta.index, "in_progress");
            out.push(self.event(
                "response.output_item.added",
                json!({ "output_index": at, "item": item }),
            ));
            self.open = Some(Open::Call {
                index: delta.index,
                call,
            });
        }
        let Some(Open::Call { index, call }) = &mut self.open else {
            return;
        };
        if !delta.arguments.is_empty() {
            call.arguments.push_str(&delta.arguments);
            let id = call_item(call, *index, "")["id"].clone();
            let fields = json!({ "item_id": id, "output_index": self.output.len(), "delta": delta.arguments });
            out.push(self.event("response.function_call_arguments.delta", fields));
        }
    }

    fn close(&mut self, out: &mut Vec<Frame>) {
        let at = self.output.len();
        let item = match self.open.take() {
            None => return,
            Some(Open::Call { index, call }) => {
                let item = call_item(&call, index, "completed");
                let fields = json!({
                    "item_id": item["id"], "output_index": at, "name": call.name, "arguments": call.arguments,
                });
                out.push(self.event("response.function_call_arguments.done", fields));
                item
            }
            Some(Open::Text(words)) => self.close_words("text", &words, text_piece(&words), out),
            Some(Open::Refusal(words)) => {
                let part = json!({ "type": "refusal", "refusal": words });
                self.close_words("refusal", &words, part, out)
            }
        };
        out.push(self.event("response.output_item.done", json!({ "output_index": at, "item": item })));
        self.output.push(item);
    }

    fn close_words(&mut self, field: &str, words: &str, part: Value, out: &mut Vec<Frame>) -> Value {
        let at = self.output.len();
        let mut fields = json!({ "item_id": self.message_id(), "output_index": at, "content_index": 0 });
        let mut with_words = fields.clone();
        with_words[field] = words.into();
        let kind = if field == "text" {
            with_words["logprobs"] = json!([]);
            "response.output_text.done"
        } else {
            "response.refusal.done"
        };
        out.push(self.event(kind, with_words));
        fields["part"] = part.clone();
        out.push(self.event("response.content_part.done", fields));
        message_item(&self.id, "completed", &[part])
    }
}

impl Encode for Encoder {
    fn encode(&mut self, chunk: &Chunk) -> Vec<Frame> {
        let mut out = Vec::new();
        if let Some(id) = &chunk.id {
            self.id.clone_from(id);
        }
        if let Some(model) = &chunk.model {
            self.model.clone_from(model);
        }
        self.usage = chunk.usage.or(self.usage);
        if !std::mem::replace(&mut self.begun, true) {
            for kind in ["response.created", "response.in_progress"] {
                let response = envelope(&self.id, &self.model, self.created, None, Vec::new(), None);
                out.push(self.event(kind, json!({ "response": response })));
            }
        }
        if !chunk.text.is_empty() {
            self.words(&chunk.text, false, &mut out);
        }
        if !chunk.refusal.is_empty() {
            self.words(&chunk.refusal, true, &mut out);
        }
        for delta in &chunk.tool_calls {
            self.call(delta, &mut out);
        }
        if let Some(finish) = &chunk.finish {
            self.close(&mut out);
            let output = self.output.clone();
            let response = envelope(&self.id, &self.model, self.created, Some(finish), output, self.usage);
            let kind = if response["status"] == "completed" {
                "response.completed"
            } else {
                "response.incomplete"
            };
            out.push(self.event(kind, json!({ "response": response })));
        }
        out
    }

    fn end(&mut self) -> Vec<Frame> {
        Vec::new()
    }

    fn error(&mut self, error: &ApiError) -> Vec<Frame> {
        let code = error.code.clone().unwrap_or_else(|| error.kind.clone());
        let fields = json!({ "code": code, "message": error.message, "param": null });
        vec![self.event("error", fields)]
    }
}
