//! The pieces that a streamed answer comes in, whatever cuts the bytes into them.

use super::event_stream::EventStreamReader;
use super::lines::LineReader;
use super::sse::SseReader;
use super::{event_stream, lines, sse};

/// The most bytes that one piece may have: the largest answer of any API is far below it.
pub const MAX_FRAME: usize = 16 << 20;

/// One event of a stream.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frame {
    /// The event's name: SSE `event`, or the event or exception type of AWS; empty when it has none.
    pub name: String,
    /// What it carries, JSON as a rule.
    pub data: String,
}

impl Frame {
    /// An event without a name.
    #[must_use]
    pub fn unnamed(data: impl Into<String>) -> Self {
        Self {
            name: String::new(),
            data: data.into(),
        }
    }

    /// An event with a name.
    #[must_use]
    pub fn named(name: &str, data: impl Into<String>) -> Self {
        Self {
            name: name.to_owned(),
            data: data.into(),
        }
    }
}

/// How a stream's bytes are cut into events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// Server-sent events: `OpenAI`, Anthropic, Gemini.
    Sse,
    /// One JSON value a line: Ollama.
    Lines,
    /// `application/vnd.amazon.eventstream`: Bedrock.
    EventStream,
}

impl Framing {
    /// The `content-type` of such a stream.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Sse => "text/event-stream",
            Self::Lines => "application/x-ndjson",
            Self::EventStream => "application/vnd.amazon.eventstream",
        }
    }

    /// A reader of such bytes.
    #[must_use]
    pub fn reader(self) -> FrameReader {
        match self {
            Self::Sse => FrameReader::Sse(SseReader::new(MAX_FRAME)),
            Self::Lines => FrameReader::Lines(LineReader::new(MAX_FRAME)),
            Self::EventStream => FrameReader::EventStream(EventStreamReader::new(MAX_FRAME)),
        }
    }

    /// The bytes of an event.
    #[must_use]
    pub fn write(self, frame: &Frame) -> Vec<u8> {
        match self {
            Self::Sse => sse::write(frame),
            Self::Lines => lines::write(frame),
            Self::EventStream => event_stream::write(frame),
        }
    }
}

/// Why bytes are no stream of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// An event is longer than any answer.
    #[error("an event of the stream is longer than {0} bytes")]
    TooLong(usize),
    /// A checksum is wrong.
    #[error("an event of the stream fails its checksum")]
    Checksum,
    /// The bytes have another form.
    #[error("the stream has not the form of AWS event streams")]
    Form,
}

/// Bytes in, in any split; events out. It holds one event at most.
#[derive(Debug)]
pub enum FrameReader {
    /// Server-sent events.
    Sse(SseReader),
    /// Lines.
    Lines(LineReader),
    /// AWS event stream.
    EventStream(EventStreamReader),
}

impl FrameReader {
    /// Takes more bytes and adds the events that they complete.
    ///
    /// # Errors
    /// Fails on bytes that are no such stream; nothing can be read after that.
    pub fn push(&mut self, bytes: &[u8], out: &mut Vec<Frame>) -> Result<(), FrameError> {
        match self {
            Self::Sse(reader) => reader.push(bytes, out),
            Self::Lines(reader) => reader.push(bytes, out),
            Self::EventStream(reader) => reader.push(bytes, out),
        }
    }

    /// The stream has ended: adds an event whose last separator is missing. What is cut within an
    /// event is dropped.
    pub fn finish(&mut self, out: &mut Vec<Frame>) {
        match self {
            Self::Sse(reader) => reader.finish(out),
            Self::Lines(reader) => reader.finish(out),
            Self::EventStream(_) => {}
        }
    }
}
