//! Where a message's body ends in a stream of bytes, and what it holds without its framing.

use super::head::Length;

/// The longest line of a chunk's size.
const MAX_SIZE_LINE: usize = 256;

/// Follows a body through bytes in any split.
#[derive(Debug, Clone)]
pub struct BodyReader {
    state: State,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    /// So many bytes are left.
    Left(u64),
    UntilClose,
    /// In a chunk's size: its digits so far, and whether they are over.
    Size {
        size: u64,
        over: bool,
        length: usize,
    },
    /// In a chunk's data.
    Data(u64),
    /// Between a chunk's data and the next size.
    DataEnd,
    /// In the trailer after the last chunk: whether its line is empty so far.
    Trailer {
        empty: bool,
    },
    Done,
    Broken,
}

/// The framing of a body is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a chunk whose size is no number")]
pub struct Broken;

const SIZE: State = State::Size {
    size: 0,
    over: false,
    length: 0,
};

impl BodyReader {
    /// A body that ends so.
    #[must_use]
    pub const fn new(length: Length) -> Self {
        let state = match length {
            Length::Known(0) => State::Done,
            Length::Known(bytes) => State::Left(bytes),
            Length::Chunked => SIZE,
            Length::UntilClose => State::UntilClose,
        };
        Self { state }
    }

    /// Whether it is whole.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.state == State::Done
    }

    /// Whether its end is the connection's.
    #[must_use]
    pub fn is_until_close(&self) -> bool {
        self.state == State::UntilClose
    }

    /// Follows more bytes and says how many of them are the body's. With `out` it gets the body without its framing.
    ///
    /// # Errors
    /// Fails on chunks that are none.
    pub fn advance(&mut self, bytes: &[u8], mut out: Option<&mut Vec<u8>>) -> Result<usize, Broken> {
        let mut at = 0;
        while at < bytes.len() {
            let rest = &bytes[at..];
            match &mut self.state {
                State::Done => break,
                State::Broken => return Err(Broken),
                State::UntilClose => {
                    keep(&mut out, rest);
                    at = bytes.len();
                }
                State::Left(left) | State::Data(left) => {
                    let taken = usize::try_from(*left).unwrap_or(usize::MAX).min(rest.len());
                    keep(&mut out, &rest[..taken]);
                    *left -= taken as u64;
                    at += taken;
                    if *left == 0 {
                        self.state = if matches!(self.state, State::Data(_)) {
                            State::DataEnd
                        } else {
                            State::Done
                        };
                    }
                }
                State::DataEnd => {
                    at += 1;
                    if rest[0] == b'\n' {
                        self.state = SIZE;
                    }
                }
                State::Size { size, over, length } => {
                    at += 1;
                    *length += 1;
                    match (rest[0], char::from(rest[0]).to_digit(16)) {
                        (b'\n', _) if *length > 1 => {
                            self.state = if *size == 0 {
                                State::Trailer { empty: true }
                            } else {
                                State::Data(*size)
                            };
                        }
                        (_, Some(digit)) if !*over && *size < 1 << 48 => *size = *size * 16 + u64::from(digit),
                        (b'\r' | b';' | b' ' | b'\t', _) if *length > 1 => *over = true,
                        _ if *over && *length < MAX_SIZE_LINE => {}
                        _ => {
                            self.state = State::Broken;
                            return Err(Broken);
                        }
                    }
                }
                State::Trailer { empty } => {
                    at += 1;
                    match rest[0] {
                        b'\n' if *empty => self.state = State::Done,
                        b'\n' => *empty = true,
                        b'\r' => {}
                        _ => *empty = false,
                    }
                }
            }
        }
        Ok(at)
    }
}

fn keep(out: &mut Option<&mut Vec<u8>>, bytes: &[u8]) {
    if let Some(out) = out {
        out.extend_from_slice(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHUNKED: &[u8] = b"5\r\nhello\r\nA;x=y\r\n0123456789\r\n0\r\nDigest: z\r\n\r\nNEXT";

    #[test]
    fn chunks_are_followed_in_any_split() {
        for size in 1..CHUNKED.len() {
            let mut body = BodyReader::new(Length::Chunked);
            let mut out = Vec::new();
            let mut taken = 0;
            for piece in CHUNKED.chunks(size) {
                taken += body.advance(piece, Some(&mut out)).unwrap();
                if body.is_done() {
                    break;
                }
            }
            assert_eq!(out, b"hello0123456789", "{size}");
            assert_eq!(taken, CHUNKED.len() - 4, "{size}");
        }
    }

    #[test]
    fn known_lengths_and_broken_chunks() {
        let mut body = BodyReader::new(Length::Known(3));
        assert_eq!(body.advance(b"abcdef", None), Ok(3));
        assert!(body.is_done());
        assert!(BodyReader::new(Length::Known(0)).is_done());
        for wrong in [b"xyz\r\n".as_slice(), b"\r\n", b"-1\r\n", b"fffffffffffffffff\r\n"] {
            assert_eq!(
                BodyReader::new(Length::Chunked).advance(wrong, None),
                Err(Broken),
                "{wrong:?}"
            );
        }
    }
}
