//! The model APIs' messages, in both directions: what the client sends is what the emulator and the
//! middleware read, and the other way round.
//!
//! [`message`] holds the neutral form that everything above this room works with; each API has a file
//! that turns it into that API's JSON and back. Nothing here opens a connection.

mod message;

pub use message::{
    ApiError, ChatReply, ChatRequest, Chunk, Content, EmbeddingReply, EmbeddingRequest, Finish, Message,
    ResponseFormat, Role, Tool, ToolCall, ToolCallDelta, ToolChoice, Usage,
};
