//! A streamed answer, event by event, as its API streams it.

use std::io;
use std::time::Duration;

use serde_json::{Value, json};

use super::Call;
use super::reply::{Reply, ollama, prompt_filter_results};
use crate::chaos::behaviour::Behaviour;
use crate::chaos::live::{Dialect, Operation, rewrite, tokens};
use crate::clock;
use crate::pipeline::policy::Useless;
use crate::wire::{ApiError, Chunk, Encode, Frame, Framing, ResponsesEncoder, ToolCallDelta, Usage};

/// A part of a streamed answer that leaves at once.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Whether it carries a token.
    pub is_token: bool,
    /// Whether it says that the answer is whole.
    pub is_end: bool,
    /// How long it was in coming; `None`: it is made here, at any pace.
    pub took: Option<Duration>,
}

/// Where the parts of a streamed answer come from.
pub trait Source: Send {
    /// The next part; `None`: the answer is whole.
    ///
    /// # Errors
    /// Fails when whoever sends it has gone.
    fn next(&mut self) -> impl Future<Output = io::Result<Option<Step>>> + Send;

    /// An error event of the API. Nothing comes after it.
    fn error(&mut self, error: &ApiError) -> Vec<u8>;

    /// An event that is no JSON.
    fn broken(&mut self) -> Vec<u8>;
}

/// The bytes of an event that is no JSON.
#[must_use]
pub fn broken_event(dialect: Dialect) -> Frame {
    match dialect {
        Dialect::Anthropic => Frame::named(
            "content_block_delta",
            "{\"type\":\"content_block_delta\",\"index\":0,\"del",
        ),
        Dialect::Bedrock => Frame::named("contentBlockDelta", "{\"contentBlockIndex\":0,\"del"),
        Dialect::Responses => Frame::named(
            "response.output_text.delta",
            "{\"type\":\"response.output_text.delta\",\"del",
        ),
        _ => Frame::unnamed("{\"id\":\"broken\",\"choices\":[{\"index\":0,\"del"),
    }
}

/// A streamed answer that is being written.
pub struct Stream<'a> {
    call: &'a Call,
    reply: &'a Reply,
    behaviour: &'a Behaviour,
    encoder: Box<dyn Encode>,
    /// Pieces that are left: whatever else than text there is, one after the other.
    position: Position,
    tokens: u64,
    /// Events that were written.
    events: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Position {
    Opening,
    /// The next token of the text.
    Text(usize),
    Refusal,
    /// A call, and where its arguments go on.
    Call(usize, usize),
    Finish,
    End,
}

impl<'a> Stream<'a> {
    /// The stream of an answer.
    #[must_use]
    pub fn new(call: &'a Call, reply: &'a Reply, behaviour: &'a Behaviour) -> Self {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "seconds of our time fit"
        )]
        let created = clock::unix_seconds() as u64;
        Self {
            call,
            reply,
            behaviour,
            encoder: match call.dialect {
                Dialect::Responses => Box::new(ResponsesEncoder::new(created)),
                dialect => dialect.api().encoder(created),
            },
            position: Position::Opening,
            tokens: 0,
            events: 0,
        }
    }

    /// The `content-type` of such a stream.
    #[must_use]
    pub fn content_type(call: &Call) -> &'static str {
        if call.is_array {
            return "application/json; charset=UTF-8";
        }
        match (call.dialect.api().framing(), call.dialect) {
            (Framing::Sse, Dialect::Anthropic | Dialect::Openai | Dialect::Responses) => {
                "text/event-stream; charset=utf-8"
            }
            (framing, _) => framing.content_type(),
        }
    }

    fn step(&mut self) -> Option<Step> {
        loop {
            let (chunk, is_token) = match self.position {
                Position::Opening => {
                    self.position = Position::Text(0);
                    (self.opening(), false)
                }
                Position::Text(at) => {
                    let Some(end) = self.reply.ends.get(at).copied() else {
                        self.position = Position::Refusal;
                        continue;
                    };
                    let start = if at == 0 { 0 } else { self.reply.ends[at - 1] };
                    self.position = Position::Text(at + 1);
                    (self.token(self.reply.chat.text[start..end].to_owned()), true)
                }
                Position::Refusal => {
                    self.position = Position::Call(0, 0);
                    let Some(refusal) = self.reply.chat.refusal.clone() else {
                        continue;
                    };
                    (
                        Chunk {
                            refusal,
                            ..Chunk::default()
                        },
                        true,
                    )
                }
                Position::Call(at, from) => match self.call_piece(at, from) {
                    Some((chunk, next)) => {
                        self.position = next;
                        (chunk, true)
                    }
                    None => {
                        self.position = Position::Finish;
                        continue;
                    }
                },
                Position::Finish => {
                    self.position = Position::End;
                    (self.finish(), false)
                }
                Position::End => {
                    self.position = Position::End;
                    return self.end();
                }
            };
            self.tokens += u64::from(is_token);
            let mut frames = if self.is_hidden() {
                Vec::new()
            } else {
                self.encoder.encode(&chunk)
            };
            self.add_extras(&chunk, &mut frames);
            let bytes = self.write(frames);
            if !bytes.is_empty() {
                return Some(Step {
                    bytes,
                    is_token,
                    is_end: chunk.finish.is_some(),
                    took: None,
                });
            }
        }
    }

    /// `choices: []` has neither role nor text nor reason.
    fn is_hidden(&self) -> bool {
        self.reply.useless == Some(Useless::NoChoices)
            && matches!(self.call.dialect, Dialect::Openai | Dialect::Azure | Dialect::Gemini)
    }

    fn opening(&self) -> Chunk {
        let usage = self.reply.chat.usage.map(|usage| Usage {
            output_tokens: 1,
            ..usage
        });
        Chunk {
            id: Some(self.reply.chat.id.clone()),
            model: Some(self.reply.chat.model.clone()),
            usage: usage.filter(|_| self.call.dialect == Dialect::Anthropic),
            ..Chunk::default()
        }
    }

    fn token(&self, text: String) -> Chunk {
        // Gemini counts as it goes.
        let usage = self.reply.chat.usage.map(|usage| Usage {
            output_tokens: self.tokens + 1,
            ..usage
        });
        Chunk {
            text,
            usage: usage.filter(|_| self.call.dialect == Dialect::Gemini),
            ..Chunk::default()
        }
    }

    /// A tool call's name, then its arguments token by token.
    fn call_piece(&self, at: usize, from: usize) -> Option<(Chunk, Position)> {
        let call = self.reply.chat.tool_calls.get(at)?;
        let rest = &call.arguments[from..];
        let end = tokens::ends(rest)
            .first()
            .map_or(call.arguments.len(), |end| from + end);
        let begins = from == 0;
        let delta = ToolCallDelta {
            index: at,
            id: begins.then(|| call.id.clone()),
            name: begins.then(|| call.name.clone()),
            arguments: call.arguments[from..end].to_owned(),
        };
        let next = if end == call.arguments.len() {
            Position::Call(at + 1, 0)
        } else {
            Position::Call(at, end)
        };
        let chunk = Chunk {
            tool_calls: vec![delta],
            ..Chunk::default()
        };
        Some((chunk, next))
    }

    fn finish(&self) -> Chunk {
        Chunk {
            finish: self.reply.chat.finish.clone(),
            usage: self
                .reply
                .chat
                .usage
                .filter(|_| self.call.wants_usage && !self.behaviour.without_usage),
            ..Chunk::default()
        }
    }

    fn end(&mut self) -> Option<Step> {
        if self.events == u64::MAX {
            return None;
        }
        let frames = self.encoder.end();
        let mut bytes = self.write_raw(frames);
        if self.call.is_array {
            bytes.extend_from_slice(if self.events == 0 { b"[]" } else { b"]" });
        }
        self.events = u64::MAX;
        (!bytes.is_empty()).then_some(Step {
            bytes,
            is_end: true,
            ..Step::default()
        })
    }

    /// What the APIs send beside the pieces.
    fn add_extras(&self, chunk: &Chunk, frames: &mut Vec<Frame>) {
        let opens = chunk.id.is_some();
        match self.call.dialect {
            Dialect::Azure if opens => frames.insert(
                0,
                Frame::unnamed(
                    json!({
                        "choices": [], "created": 0, "id": "", "model": "", "object": "",
                        "prompt_filter_results": prompt_filter_results(),
                    })
                    .to_string(),
                ),
            ),
            Dialect::Gemini if self.is_hidden() && opens => frames.push(Frame::unnamed(
                json!({
                    "promptFeedback": { "blockReason": "PROHIBITED_CONTENT" },
                    "modelVersion": self.reply.chat.model, "responseId": self.reply.chat.id,
                })
                .to_string(),
            )),
            Dialect::Anthropic => {
                if let Some(at) = frames
                    .iter()
                    .position(|frame| frame.name == "content_block_start" && self.tokens == 1)
                {
                    frames.insert(at + 1, Frame::named("ping", "{\"type\": \"ping\"}"));
                }
            }
            Dialect::Openai if self.is_hidden() && chunk.finish.is_some() => {
                // The encoder was not asked: the piece with the usage has no choice anyway.
                if let Some(usage) = chunk.usage {
                    frames.push(Frame::unnamed(json!({
                        "id": self.reply.chat.id, "object": "chat.completion.chunk", "created": 0,
                        "model": self.reply.chat.model, "choices": [],
                        "usage": { "prompt_tokens": usage.input_tokens, "completion_tokens": 0, "total_tokens": usage.input_tokens },
                    }).to_string()));
                }
            }
            _ => {}
        }
        if matches!(self.call.dialect, Dialect::Openai | Dialect::Azure)
            && self.call.wants_usage
            && !self.behaviour.without_usage
        {
            for frame in frames
                .iter_mut()
                .filter(|frame| !frame.data.contains("\"usage\"") && frame.data.ends_with('}'))
            {
                frame.data.pop();
                frame.data.push_str(",\"usage\":null}");
            }
        }
    }

    fn write(&mut self, mut frames: Vec<Frame>) -> Vec<u8> {
        let null = self.reply.useless == Some(Useless::NullContent);
        for frame in &mut frames {
            if null {
                frame.data = frame.data.replace("\"content\":\"\"", "\"content\":null");
            }
            if self.call.dialect == Dialect::Ollama || self.behaviour.without_usage {
                let Ok(mut value) = serde_json::from_str::<Value>(&frame.data) else {
                    continue;
                };
                if self.call.dialect == Dialect::Ollama {
                    ollama(&mut value, self.call, clock::unix_seconds());
                }
                if self.behaviour.without_usage {
                    rewrite::strip_usage(&mut value);
                }
                frame.data = value.to_string();
            }
        }
        self.write_raw(frames)
    }

    fn write_raw(&mut self, frames: Vec<Frame>) -> Vec<u8> {
        let framing = self.call.dialect.api().framing();
        let mut bytes = Vec::new();
        for frame in frames {
            if self.call.is_array {
                bytes.extend_from_slice(if self.events == 0 { b"[" } else { b",\r\n" });
                bytes.extend_from_slice(frame.data.as_bytes());
            } else {
                bytes.extend_from_slice(&framing.write(&frame));
            }
            self.events += 1;
        }
        bytes
    }
}

impl Source for Stream<'_> {
    async fn next(&mut self) -> io::Result<Option<Step>> {
        Ok(self.step())
    }

    fn error(&mut self, error: &ApiError) -> Vec<u8> {
        let frames = self.encoder.error(error);
        self.write_raw(frames)
    }

    fn broken(&mut self) -> Vec<u8> {
        self.write_raw(vec![broken_event(self.call.dialect)])
    }
}

/// Whether an operation can be streamed at all.
#[must_use]
pub(super) const fn may_stream(operation: Operation) -> bool {
    matches!(operation, Operation::Chat | Operation::Generate)
}
