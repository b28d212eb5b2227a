//! Server-sent events (WHATWG HTML, section 9.2.6), as streamed answers use them.

use super::frame::{Frame, FrameError};

/// Bytes in, events out. Comments, ids and retry times are dropped.
#[derive(Debug)]
pub struct SseReader {
    limit: usize,
    /// The line that has not ended.
    line: Vec<u8>,
    name: String,
    /// The event's data, each line ended by a line feed.
    data: String,
    /// The last byte was a carriage return: a line feed that follows belongs to it.
    after_return: bool,
    at_start: bool,
}

impl SseReader {
    /// A reader of events of at most `limit` bytes.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self {
            limit,
            line: Vec::new(),
            name: String::new(),
            data: String::new(),
            after_return: false,
            at_start: true,
        }
    }

    /// Takes more bytes.
    ///
    /// # Errors
    /// Fails when an event is longer than the limit.
    pub fn push(&mut self, bytes: &[u8], out: &mut Vec<Frame>) -> Result<(), FrameError> {
        let mut rest = bytes;
        if self.after_return && !rest.is_empty() {
            self.after_return = false;
            rest = rest.strip_prefix(b"\n").unwrap_or(rest);
        }
        while let Some(end) = memchr::memchr2(b'\n', b'\r', rest) {
            self.grow(&rest[..end])?;
            self.end_line(out);
            let is_return = rest[end] == b'\r';
            rest = &rest[end + 1..];
            if is_return {
                self.after_return = rest.is_empty();
                rest = rest.strip_prefix(b"\n").unwrap_or(rest);
            }
        }
        self.grow(rest)
    }

    /// The stream has ended. Some servers leave out the last empty line, so complete lines count.
    pub fn finish(&mut self, out: &mut Vec<Frame>) {
        self.line.clear();
        self.dispatch(out);
    }

    fn grow(&mut self, bytes: &[u8]) -> Result<(), FrameError> {
        if self.line.len() + self.data.len() + bytes.len() > self.limit {
            return Err(FrameError::TooLong(self.limit));
        }
        self.line.extend_from_slice(bytes);
        Ok(())
    }

    fn end_line(&mut self, out: &mut Vec<Frame>) {
        let line = std::mem::take(&mut self.line);
        let text = String::from_utf8_lossy(&line);
        let mut text = &*text;
        if std::mem::take(&mut self.at_start) {
            text = text.strip_prefix('\u{feff}').unwrap_or(text);
        }
        if text.is_empty() {
            self.dispatch(out);
        } else {
            let (field, value) = text.split_once(':').unwrap_or((text, ""));
            let value = value.strip_prefix(' ').unwrap_or(value);
            match field {
                "data" => {
                    self.data.push_str(value);
                    self.data.push('\n');
                }
                "event" => value.clone_into(&mut self.name),
                _ => {}
            }
        }
        // The allocation serves the next line.
        self.line = line;
        self.line.clear();
    }

    fn dispatch(&mut self, out: &mut Vec<Frame>) {
        let name = std::mem::take(&mut self.name);
        let mut data = std::mem::take(&mut self.data);
        if data.is_empty() {
            return;
        }
        data.pop();
        out.push(Frame { name, data });
    }
}

/// The bytes of an event.
#[must_use]
pub(super) fn write(frame: &Frame) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(frame.data.len() + frame.name.len() + 16);
    if !frame.name.is_empty() {
        bytes.extend_from_slice(b"event: ");
        bytes.extend(frame.name.bytes().filter(|byte| !matches!(byte, b'\n' | b'\r')));
        bytes.push(b'\n');
    }
    for line in frame.data.split('\n') {
        bytes.extend_from_slice(b"data: ");
        bytes.extend_from_slice(line.as_bytes());
        bytes.push(b'\n');
    }
    bytes.push(b'\n');
    bytes
}

/// A comment, which keeps a connection open and carries nothing.
#[must_use]
pub fn comment(text: &str) -> Vec<u8> {
    format!(": {}\n\n", text.replace(['\n', '\r'], " ")).into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<Frame> {
        let mut reader = SseReader::new(1_000);
        let mut out = Vec::new();
        reader.push(text.as_bytes(), &mut out).unwrap();
        reader.finish(&mut out);
        out
    }

    /// The examples of the WHATWG standard, section 9.2.6.
    #[test]
    fn the_standards_examples() {
        assert_eq!(
            read("data: YHOO\ndata: +2\ndata: 10\n\n"),
            [Frame::unnamed("YHOO\n+2\n10")]
        );
        assert_eq!(
            read(": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n"),
            [
                Frame::unnamed("first event"),
                Frame::unnamed("second event"),
                Frame::unnamed(" third event")
            ]
        );
        assert_eq!(
            read("data\n\ndata\ndata\n\n"),
            [Frame::unnamed(""), Frame::unnamed("\n")]
        );
        assert_eq!(read("data:test\n\ndata: test\n\n"), vec![Frame::unnamed("test"); 2]);
    }

    #[test]
    fn line_ends_of_all_kinds_a_mark_at_the_start_and_names() {
        assert_eq!(
            read("\u{feff}event: add\rdata: a\r\rdata: b\r\n\r\nevent: x\ndata: c\n\n"),
            [Frame::named("add", "a"), Frame::unnamed("b"), Frame::named("x", "c")]
        );
    }

    #[test]
    fn a_last_event_without_its_empty_line_counts_and_half_a_line_does_not() {
        assert_eq!(read("data: [DONE]\n"), [Frame::unnamed("[DONE]")]);
        assert_eq!(read("data: {\"cut\":"), []);
    }

    #[test]
    fn an_endless_event_is_refused() {
        let mut reader = SseReader::new(100);
        let mut out = Vec::new();
        let wrong = (0..10).find_map(|_| reader.push(b"data: 0123456789012345\n", &mut out).err());
        assert_eq!(wrong, Some(FrameError::TooLong(100)));
    }
}
