//! Streamed answers, whatever the API.

use serde_json::Value;

use super::{ApiError, Chunk, Frame, WireError};

/// Reads one answer's events.
pub trait Decode: Send {
    /// The pieces that an event brings; most bring one or none.
    ///
    /// # Errors
    /// Fails on the API's own error and on events that it does not send.
    fn decode(&mut self, frame: &Frame) -> Result<Vec<Chunk>, WireError>;

    /// Whether the API has said that the answer is whole. A stream that ends before that is broken.
    fn ended(&self) -> bool;
}

/// Writes one answer's events.
pub trait Encode: Send {
    /// The events of a piece.
    fn encode(&mut self, chunk: &Chunk) -> Vec<Frame>;

    /// The events after the last piece.
    fn end(&mut self) -> Vec<Frame>;

    /// An error within the stream.
    fn error(&mut self, error: &ApiError) -> Vec<Frame>;
}

/// An event's JSON.
pub(super) fn parse(data: &str) -> Result<Value, WireError> {
    serde_json::from_str(data)
        .ok()
        .filter(Value::is_object)
        .ok_or_else(|| WireError::Malformed(format!("no JSON in an event: {}", super::api_error::shown(data))))
}
