//! One value a line (NDJSON), as Ollama streams.

use super::frame::{Frame, FrameError};

/// Bytes in, lines out; empty lines are dropped.
#[derive(Debug)]
pub struct LineReader {
    limit: usize,
    line: Vec<u8>,
}

impl LineReader {
    /// A reader of lines of at most `limit` bytes.
    #[must_use]
    pub const fn new(limit: usize) -> Self {
        Self {
            limit,
            line: Vec::new(),
        }
    }

    /// Takes more bytes.
    ///
    /// # Errors
    /// Fails when a line is longer than the limit.
    pub fn push(&mut self, bytes: &[u8], out: &mut Vec<Frame>) -> Result<(), FrameError> {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            if self.line.len() + piece.len() > self.limit {
                return Err(FrameError::TooLong(self.limit));
            }
            self.line.extend_from_slice(piece);
            if piece.ends_with(b"\n") {
                self.finish(out);
            }
        }
        Ok(())
    }

    /// The stream has ended: the last line needs no line feed.
    pub fn finish(&mut self, out: &mut Vec<Frame>) {
        let text = String::from_utf8_lossy(&self.line);
        let text = text.trim();
        if !text.is_empty() {
            out.push(Frame::unnamed(text));
        }
        self.line.clear();
    }
}

/// The bytes of a line.
#[must_use]
pub(super) fn write(frame: &Frame) -> Vec<u8> {
    let mut bytes = frame.data.replace(['\n', '\r'], " ").into_bytes();
    bytes.push(b'\n');
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_whole_whatever_the_split() {
        let mut reader = LineReader::new(100);
        let mut out = Vec::new();
        for piece in ["{\"a\":", "1}\n\n{\"b\"", ":2}\r\n{\"c\":3}"] {
            reader.push(piece.as_bytes(), &mut out).unwrap();
        }
        reader.finish(&mut out);
        let data: Vec<&str> = out.iter().map(|frame| frame.data.as_str()).collect();
        assert_eq!(data, ["{\"a\":1}", "{\"b\":2}", "{\"c\":3}"]);
    }

    #[test]
    fn an_endless_line_is_refused() {
        let mut reader = LineReader::new(10);
        assert_eq!(reader.push(&[b'x'; 11], &mut Vec::new()), Err(FrameError::TooLong(10)));
    }
}
