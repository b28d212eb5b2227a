//! Pieces of an answer to the whole, and back.

use super::{ChatReply, Chunk, ToolCall, ToolCallDelta};

/// The most tool calls of one answer that are kept: an index beyond it is foreign nonsense.
const MAX_TOOL_CALLS: usize = 1_024;

/// Puts an answer together from its pieces.
#[derive(Debug, Default)]
pub struct Assembly {
    reply: ChatReply,
}

impl Assembly {
    /// Takes the next piece.
    pub fn push(&mut self, chunk: Chunk) {
        let reply = &mut self.reply;
        reply.text.push_str(&chunk.text);
        if let Some(id) = chunk.id {
            reply.id = id;
        }
        if let Some(model) = chunk.model {
            reply.model = model;
        }
        if !chunk.refusal.is_empty() {
            reply.refusal.get_or_insert_default().push_str(&chunk.refusal);
        }
        for delta in chunk.tool_calls {
            if delta.index >= MAX_TOOL_CALLS {
                continue;
            }
            while reply.tool_calls.len() <= delta.index {
                reply.tool_calls.push(ToolCall::default());
            }
            let call = &mut reply.tool_calls[delta.index];
            if let Some(id) = delta.id {
                call.id = id;
            }
            if let Some(name) = delta.name {
                call.name = name;
            }
            call.arguments.push_str(&delta.arguments);
        }
        reply.finish = chunk.finish.or(reply.finish.take());
        reply.usage = chunk.usage.or(reply.usage);
    }

    /// Whether there is any answer yet.
    pub fn is_empty(&self) -> bool {
        self.reply.text.is_empty() && self.reply.tool_calls.is_empty() && self.reply.refusal.is_none()
    }

    /// What has come so far.
    pub const fn so_far(&self) -> &ChatReply {
        &self.reply
    }

    /// The answer.
    #[must_use]
    pub fn finish(self) -> ChatReply {
        self.reply
    }
}

impl ChatReply {
    /// The answer as a stream would bring it, with pieces of text of at most `letters` letters: the
    /// last piece says why it ended and what was counted.
    #[must_use]
    pub fn chunks(&self, letters: usize) -> Vec<Chunk> {
        let mut chunks = vec![Chunk {
            id: Some(self.id.clone()),
            model: Some(self.model.clone()),
            ..Chunk::default()
        }];
        let all: Vec<char> = self.text.chars().collect();
        chunks.extend(all.chunks(letters.max(1)).map(|piece| Chunk {
            text: piece.iter().collect(),
            ..Chunk::default()
        }));
        if let Some(refusal) = &self.refusal {
            chunks.push(Chunk {
                refusal: refusal.clone(),
                ..Chunk::default()
            });
        }
        for (index, call) in self.tool_calls.iter().enumerate() {
            chunks.push(Chunk {
                tool_calls: vec![ToolCallDelta {
                    index,
                    id: Some(call.id.clone()),
                    name: Some(call.name.clone()),
                    arguments: call.arguments.clone(),
                }],
                ..Chunk::default()
            });
        }
        chunks.push(Chunk {
            finish: self.finish.clone(),
            usage: self.usage,
            ..Chunk::default()
        });
        chunks
    }
}
