//! The model APIs' messages, in both directions: what the client sends is what the emulator and the
//! middleware read, and the other way round.
//!
//! `message.rs` holds the neutral form that everything above this room works with. Each API has a folder
//! that turns it into that API's JSON and back; [`Api`] chooses among them. A streamed answer's bytes go
//! through a [`FrameReader`] to events, through [`Decode`] to pieces, and through [`Assembly`] to the whole
//! answer. Nothing here opens a connection.

mod anthropic;
mod api;
mod api_error;
mod assembly;
mod bedrock;
mod error;
mod event_stream;
mod frame;
mod gemini;
mod headers;
mod json;
mod lines;
mod message;
mod ollama;
mod openai;
mod sse;
mod stream;
mod when;

pub use api::Api;
pub use assembly::Assembly;
pub use error::WireError;
pub use event_stream::EventStreamReader;
pub use frame::{Frame, FrameError, FrameReader, Framing, MAX_FRAME};
pub use headers::{LimitHints, Quota, retry_after};
pub use lines::LineReader;
pub use message::{
    ApiError, ChatReply, ChatRequest, Chunk, Content, EmbeddingReply, EmbeddingRequest, Finish, Message,
    ResponseFormat, Role, Tool, ToolCall, ToolCallDelta, ToolChoice, Usage,
};
pub use openai::{
    ResponsesDecoder, ResponsesEncoder, embedding_reply_from_json, embedding_reply_to_json,
    embedding_request_from_json, embedding_request_to_json, responses_reply_from_json, responses_reply_to_json,
    responses_request_from_json, responses_request_to_json,
};
pub use sse::{SseReader, comment as sse_comment};
pub use stream::{Decode, Encode};

#[cfg(test)]
mod tests;
