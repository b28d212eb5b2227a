//! `application/vnd.amazon.eventstream`, the framing of Bedrock's `ConverseStream`.
//!
//! A message is: total length and headers' length (big-endian u32 each), the CRC-32 of those eight
//! bytes, the headers, the payload, and the CRC-32 of all that goes before (AWS Smithy specification,
//! "Amazon Event Stream").

use super::frame::{Frame, FrameError};

const PRELUDE: usize = 12;
const TRAILER: usize = 4;

/// Bytes in, events out.
#[derive(Debug)]
pub struct EventStreamReader {
    limit: usize,
    buffer: Vec<u8>,
}

impl EventStreamReader {
    /// A reader of messages of at most `limit` bytes.
    #[must_use]
    pub const fn new(limit: usize) -> Self {
        Self {
            limit,
            buffer: Vec::new(),
        }
    }

    /// Takes more bytes.
    ///
    /// # Errors
    /// Fails on a wrong checksum or length.
    pub fn push(&mut self, bytes: &[u8], out: &mut Vec<Frame>) -> Result<(), FrameError> {
        self.buffer.extend_from_slice(bytes);
        let mut start = 0;
        while let Some(length) = self.message_at(start)? {
            out.push(message(&self.buffer[start..start + length])?);
            start += length;
        }
        self.buffer.drain(..start);
        Ok(())
    }

    /// The length of the message at `start`, once all of it is there.
    fn message_at(&self, start: usize) -> Result<Option<usize>, FrameError> {
        let rest = &self.buffer[start..];
        if rest.len() < PRELUDE {
            return Ok(None);
        }
        let length = number(rest, 0)?;
        if crc(&rest[..8]) != number(rest, 8)? {
            return Err(FrameError::Checksum);
        }
        let length = length as usize;
        if length > self.limit {
            return Err(FrameError::TooLong(self.limit));
        }
        if length < PRELUDE + TRAILER {
            return Err(FrameError::Form);
        }
        Ok((rest.len() >= length).then_some(length))
    }
}

/// A message whose length is checked.
fn message(bytes: &[u8]) -> Result<Frame, FrameError> {
    let end = bytes.len() - TRAILER;
    if crc(&bytes[..end]) != number(bytes, end)? {
        return Err(FrameError::Checksum);
    }
    let headers = number(bytes, 4)? as usize;
    let body = bytes.get(PRELUDE + headers..end).ok_or(FrameError::Form)?;
    Ok(Frame {
        name: name(&bytes[PRELUDE..PRELUDE + headers])?,
        data: String::from_utf8_lossy(body).into_owned(),
    })
}

/// The event's or the exception's type; an error without a type is named by its code.
fn name(headers: &[u8]) -> Result<String, FrameError> {
    let mut rest = headers;
    let mut found = String::new();
    while !rest.is_empty() {
        let length = usize::from(rest[0]);
        let name = rest.get(1..=length).ok_or(FrameError::Form)?;
        let kind = *rest.get(1 + length).ok_or(FrameError::Form)?;
        rest = &rest[2 + length..];
        let (skip, size) = match kind {
            0 | 1 => (0, 0),
            2 => (0, 1),
            3 => (0, 2),
            4 => (0, 4),
            5 | 8 => (0, 8),
            6 | 7 => {
                let high = *rest.first().ok_or(FrameError::Form)?;
                let low = *rest.get(1).ok_or(FrameError::Form)?;
                (2, usize::from(u16::from_be_bytes([high, low])))
            }
            9 => (0, 16),
            _ => return Err(FrameError::Form),
        };
        let value = rest.get(skip..skip + size).ok_or(FrameError::Form)?;
        if kind == 7 && matches!(name, b":event-type" | b":exception-type" | b":error-code") {
            found = String::from_utf8_lossy(value).into_owned();
        }
        rest = &rest[skip + size..];
    }
    Ok(found)
}

/// The bytes of an event; a name that ends in `Exception` makes it an exception.
#[must_use]
pub(super) fn write(frame: &Frame) -> Vec<u8> {
    let (kind, type_header) = if frame.name.ends_with("Exception") {
        ("exception", ":exception-type")
    } else {
        ("event", ":event-type")
    };
    let mut headers = Vec::new();
    for (name, value) in [
        (type_header, frame.name.as_str()),
        (":content-type", "application/json"),
        (":message-type", kind),
    ] {
        headers.push(u8::try_from(name.len()).unwrap_or(0));
        headers.extend_from_slice(name.as_bytes());
        headers.push(7);
        let value = &value.as_bytes()[..value.len().min(usize::from(u16::MAX))];
        headers.extend_from_slice(&u16::try_from(value.len()).unwrap_or(0).to_be_bytes());
        headers.extend_from_slice(value);
    }
    let total = PRELUDE + headers.len() + frame.data.len() + TRAILER;
    let mut bytes = Vec::with_capacity(total);
    bytes.extend_from_slice(&u32::try_from(total).unwrap_or(u32::MAX).to_be_bytes());
    bytes.extend_from_slice(&u32::try_from(headers.len()).unwrap_or(u32::MAX).to_be_bytes());
    bytes.extend_from_slice(&crc(&bytes).to_be_bytes());
    bytes.extend_from_slice(&headers);
    bytes.extend_from_slice(frame.data.as_bytes());
    bytes.extend_from_slice(&crc(&bytes).to_be_bytes());
    bytes
}

fn number(bytes: &[u8], at: usize) -> Result<u32, FrameError> {
    let four = bytes.get(at..at + 4).and_then(|it| it.try_into().ok());
    four.map(u32::from_be_bytes).ok_or(FrameError::Form)
}

fn crc(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The specification's first test vector: an empty message is these sixteen bytes.
    #[test]
    fn the_published_empty_message() {
        let bytes = [
            0x00, 0x00, 0x00, 0x10, 0x00, 0x00, 0x00, 0x00, 0x05, 0xc2, 0x48, 0xeb, 0x7d, 0x98, 0xc8, 0xff,
        ];
        let mut out = Vec::new();
        EventStreamReader::new(1_000).push(&bytes, &mut out).unwrap();
        assert_eq!(out, [Frame::default()]);
    }

    #[test]
    fn events_and_exceptions_come_back() {
        let frames = [
            Frame::named("messageStart", "{\"role\":\"assistant\"}"),
            Frame::named("throttlingException", "{\"message\":\"slow down\"}"),
        ];
        let bytes: Vec<u8> = frames.iter().flat_map(write).collect();
        let mut reader = EventStreamReader::new(1_000);
        let mut out = Vec::new();
        for byte in &bytes {
            reader.push(&[*byte], &mut out).unwrap();
        }
        assert_eq!(out, frames);
    }

    #[test]
    fn a_flipped_bit_is_noticed() {
        let good = write(&Frame::named("messageStop", "{\"stopReason\":\"end_turn\"}"));
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 1;
            let read = EventStreamReader::new(1_000).push(&bad, &mut Vec::new());
            assert!(read.is_err(), "byte {at}");
        }
    }
}
