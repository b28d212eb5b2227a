//! A server's stream, event by event, each with its own bytes unless it is changed.

use std::io;

use super::upstream::Connection;
use crate::chaos::Behaviour;
use crate::chaos::emulate::{Source, Step, broken_event};
use crate::chaos::live::{BodyReader, Dialect, Distortion, Length, rewrite};
use crate::clock::Moment;
use crate::wire::{ApiError, Decode, Encode, FrameReader, Framing, MAX_FRAME, ResponsesDecoder, ResponsesEncoder};

/// The stream of one answer.
pub(super) struct Events<'a> {
    dialect: Dialect,
    framing: Framing,
    connection: Connection,
    body: BodyReader,
    /// What came and is in no event yet, without the body's framing.
    pending: Vec<u8>,
    reader: FrameReader,
    decoder: Box<dyn Decode>,
    behaviour: &'a Behaviour,
    distortion: Distortion,
    /// What the server said so far.
    said: String,
    since: Moment,
    /// Bytes that came with the head.
    first: Vec<u8>,
    closed: bool,
}

impl<'a> Events<'a> {
    /// The stream that a server begins; `first` came with its head.
    #[must_use]
    pub(super) fn new(
        dialect: Dialect,
        connection: Connection,
        first: Vec<u8>,
        length: Length,
        behaviour: &'a Behaviour,
        distortion: Distortion,
    ) -> Self {
        let framing = dialect.api().framing();
        Self {
            dialect,
            framing,
            connection,
            body: BodyReader::new(length),
            pending: Vec::new(),
            reader: framing.reader(),
            decoder: match dialect {
                Dialect::Responses => Box::new(ResponsesDecoder::default()),
                other => other.api().decoder(),
            },
            behaviour,
            distortion,
            said: String::new(),
            since: Moment::now(),
            first,
            closed: false,
        }
    }

    /// What the server said, and its connection when the answer was taken whole.
    #[must_use]
    pub(super) fn finish(self) -> (String, Option<Connection>) {
        let whole = self.body.is_done() && !self.closed;
        (self.said, whole.then_some(self.connection))
    }

    /// Where the next event ends, once all of it is there.
    fn event_end(&self) -> Option<usize> {
        match self.framing {
            Framing::Lines => memchr::memchr(b'\n', &self.pending).map(|at| at + 1),
            Framing::EventStream => {
                let length: [u8; 4] = self.pending.get(..4)?.try_into().ok()?;
                let length = usize::try_from(u32::from_be_bytes(length)).ok()?;
                (self.pending.len() >= length).then_some(length.max(4))
            }
            Framing::Sse => {
                // An empty line ends an event; line ends are `\n` or `\r\n`, as all servers write them.
                let ends = memchr::memchr_iter(b'\n', &self.pending);
                ends.map(|at| at + 1).find(|at| {
                    let line = &self.pending[..at - 1];
                    let line = line.strip_suffix(b"\r").unwrap_or(line);
                    line.is_empty() || line.ends_with(b"\n")
                })
            }
        }
    }

    fn step(&mut self, raw: Vec<u8>) -> io::Result<Step> {
        let mut step = Step {
            took: Some(self.since.elapsed()),
            ..Step::default()
        };
        let mut frames = Vec::new();
        self.reader
            .push(&raw, &mut frames)
            .map_err(|_| io::ErrorKind::InvalidData)?;
        let changes = rewrite::changes(self.behaviour);
        let mut bytes = Vec::new();
        for frame in &mut frames {
            if frame.data.trim() == "[DONE]" {
                step.is_end = true;
            }
            for chunk in self.decoder.decode(frame).unwrap_or_default() {
                let calls = chunk.tool_calls.iter().any(|call| !call.arguments.is_empty());
                step.is_token |= !chunk.text.is_empty() || !chunk.refusal.is_empty() || calls;
                step.is_end |= chunk.finish.is_some();
                self.said.push_str(&chunk.text);
            }
            if changes {
                if let Ok(mut value) = serde_json::from_str(&frame.data) {
                    rewrite::apply(self.behaviour, self.dialect, &mut self.distortion, true, &mut value);
                    frame.data = value.to_string();
                }
                bytes.extend_from_slice(&self.framing.write(frame));
            }
        }
        step.bytes = if changes && !frames.is_empty() { bytes } else { raw };
        if step.is_token {
            self.since = Moment::now();
        }
        Ok(step)
    }
}

impl Source for Events<'_> {
    async fn next(&mut self) -> io::Result<Option<Step>> {
        loop {
            if !self.first.is_empty() {
                let first = std::mem::take(&mut self.first);
                self.body
                    .advance(&first, Some(&mut self.pending))
                    .map_err(|_| io::ErrorKind::InvalidData)?;
            }
            if let Some(end) = self.event_end() {
                let raw: Vec<u8> = self.pending.drain(..end).collect();
                return self.step(raw).map(Some);
            }
            if self.pending.len() > MAX_FRAME {
                return Err(io::ErrorKind::InvalidData.into());
            }
            if self.body.is_done() || self.closed {
                let rest = std::mem::take(&mut self.pending);
                return if rest.is_empty() {
                    Ok(None)
                } else {
                    self.step(rest).map(Some)
                };
            }
            if self.connection.read(&mut self.first).await? == 0 {
                if !self.body.is_until_close() {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                self.closed = true;
            }
        }
    }

    fn error(&mut self, error: &ApiError) -> Vec<u8> {
        let mut encoder: Box<dyn Encode> = match self.dialect {
            Dialect::Responses => Box::new(ResponsesEncoder::new(0)),
            other => other.api().encoder(0),
        };
        encoder
            .error(error)
            .iter()
            .flat_map(|frame| self.framing.write(frame))
            .collect()
    }

    fn broken(&mut self) -> Vec<u8> {
        self.framing.write(&broken_event(self.dialect))
    }
}
