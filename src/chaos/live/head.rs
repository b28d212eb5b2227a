//! The heads of HTTP/1.1 messages (RFC 9112), read where they stand in a buffer.
//!
//! A server library never writes half a chunk, a wrong length or a reset, and a reverse proxy that takes a message
//! apart does not give it back byte for byte. So messages are read and written here, on the plain connection.

use std::ops::Range;

/// The most bytes of a head, as nginx and the SDKs have it at their most generous.
pub(super) const MAX_HEAD: usize = 64 << 10;
/// The most headers of a message.
const MAX_HEADERS: usize = 100;

/// How a message's body ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Length {
    /// After so many bytes; zero when there is none.
    Known(u64),
    /// By its last chunk.
    Chunked,
    /// With the connection.
    UntilClose,
}

/// What is no message of HTTP/1.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HeadError {
    /// The head is too long.
    #[error("a head of more than {MAX_HEAD} bytes or {MAX_HEADERS} headers")]
    TooLong,
    /// The bytes are something else, such as TLS.
    #[error("no message of HTTP/1.1")]
    Malformed,
}

/// A request's head in its buffer.
#[derive(Debug)]
pub struct RequestHead<'b> {
    /// How many bytes it has.
    pub bytes: usize,
    /// The method.
    pub method: &'b str,
    /// Path and query.
    pub target: &'b str,
    /// The headers, as they were written.
    pub headers: Vec<(&'b str, &'b str)>,
    /// The body that follows.
    pub length: Length,
    /// Whether the connection may serve another request.
    pub keeps: bool,
    /// Whether the client waits for `100 Continue`.
    pub expects_continue: bool,
}

/// What a relay must know of a request's head; nothing is copied.
#[derive(Debug, Clone)]
pub struct RequestOutline {
    /// How many bytes it has.
    pub bytes: usize,
    /// Path and query.
    pub target: Range<usize>,
    /// The value of `host`.
    pub host: Option<Range<usize>>,
    /// The body that follows.
    pub length: Length,
    /// Whether the connection may serve another request.
    pub keeps: bool,
    /// `HEAD`: the answer has no body whatever its headers say.
    pub is_head: bool,
}

/// What a relay must know of a response's head.
#[derive(Debug, Clone)]
pub struct ResponseOutline {
    /// How many bytes it has.
    pub bytes: usize,
    /// The status.
    pub status: u16,
    /// The body that follows.
    pub length: Length,
    /// Whether the connection may serve another request.
    pub keeps: bool,
    /// Whether the body is a stream of server-sent events or their like.
    pub is_stream: bool,
    /// Whether the body is compressed.
    pub is_encoded: bool,
}

/// Reads a request's head at the beginning of a buffer; `None`: more bytes are needed.
///
/// # Errors
/// Fails on what is no request.
pub fn request(buffer: &[u8]) -> Result<Option<RequestHead<'_>>, HeadError> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut parsed = httparse::Request::new(&mut headers);
    let Some(bytes) = status(parsed.parse(buffer), buffer.len())? else {
        return Ok(None);
    };
    let facts = Facts::of(parsed.headers)?;
    let text = |header: &httparse::Header<'_>| header.value.is_ascii();
    Ok(Some(RequestHead {
        bytes,
        method: parsed.method.unwrap_or_default(),
        target: parsed.path.unwrap_or_default(),
        length: facts.length.unwrap_or(Length::Known(0)),
        keeps: facts.keeps(parsed.version == Some(1)),
        expects_continue: facts.expects_continue,
        headers: (parsed.headers.iter())
            .filter(|header| text(header))
            .map(|header| (header.name, std::str::from_utf8(header.value).unwrap_or_default()))
            .collect(),
    }))
}

/// Reads the outline of a request's head; `None`: more bytes are needed.
///
/// # Errors
/// Fails on what is no request.
pub fn request_outline(buffer: &[u8]) -> Result<Option<RequestOutline>, HeadError> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut parsed = httparse::Request::new(&mut headers);
    let Some(bytes) = status(parsed.parse(buffer), buffer.len())? else {
        return Ok(None);
    };
    let facts = Facts::of(parsed.headers)?;
    let host = (parsed.headers.iter()).find(|header| header.name.eq_ignore_ascii_case("host"));
    Ok(Some(RequestOutline {
        bytes,
        target: range(buffer, parsed.path.unwrap_or_default().as_bytes()),
        host: host.map(|header| range(buffer, header.value)),
        length: facts.length.unwrap_or(Length::Known(0)),
        keeps: facts.keeps(parsed.version == Some(1)),
        is_head: parsed.method == Some("HEAD"),
    }))
}

/// Reads the outline of a response's head; `None`: more bytes are needed. `to_head`: the request was `HEAD`.
///
/// # Errors
/// Fails on what is no response.
pub fn response_outline(buffer: &[u8], to_head: bool) -> Result<Option<ResponseOutline>, HeadError> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut parsed = httparse::Response::new(&mut headers);
    let Some(bytes) = status(parsed.parse(buffer), buffer.len())? else {
        return Ok(None);
    };
    let facts = Facts::of(parsed.headers)?;
    let status = parsed.code.unwrap_or(0);
    let empty = to_head || matches!(status, 100..=199 | 204 | 304);
    Ok(Some(ResponseOutline {
        bytes,
        status,
        length: if empty {
            Length::Known(0)
        } else {
            facts.length.unwrap_or(Length::UntilClose)
        },
        keeps: facts.keeps(parsed.version == Some(1)),
        is_stream: facts.is_stream,
        is_encoded: facts.is_encoded,
    }))
}

fn status(parsed: httparse::Result<usize>, length: usize) -> Result<Option<usize>, HeadError> {
    match parsed {
        Ok(httparse::Status::Complete(bytes)) if bytes <= MAX_HEAD => Ok(Some(bytes)),
        Ok(httparse::Status::Partial) if length < MAX_HEAD => Ok(None),
        Ok(_) | Err(httparse::Error::TooManyHeaders) => Err(HeadError::TooLong),
        Err(_) => Err(HeadError::Malformed),
    }
}

/// Where a part stands in its buffer.
fn range(buffer: &[u8], part: &[u8]) -> Range<usize> {
    let start = part.as_ptr().addr().saturating_sub(buffer.as_ptr().addr());
    start..start + part.len()
}

/// What the headers say about the message.
#[derive(Default)]
struct Facts {
    length: Option<Length>,
    close: bool,
    keep_alive: bool,
    expects_continue: bool,
    is_stream: bool,
    is_encoded: bool,
}

impl Facts {
    fn of(headers: &[httparse::Header<'_>]) -> Result<Self, HeadError> {
        let mut facts = Self::default();
        for header in headers {
            let is = |name: &str| header.name.eq_ignore_ascii_case(name);
            // Names of other lengths are none of these: most headers are passed over by one comparison.
            match header.name.len() {
                14 if is("content-length") => {
                    let text = std::str::from_utf8(header.value).unwrap_or_default();
                    let bytes = text.trim().parse().map_err(|_| HeadError::Malformed)?;
                    // Chunks count where both are there (RFC 9112, section 6.3).
                    facts.length.get_or_insert(Length::Known(bytes));
                }
                17 if is("transfer-encoding") && has(header.value, "chunked") => {
                    facts.length = Some(Length::Chunked);
                }
                10 if is("connection") => {
                    facts.close |= has(header.value, "close");
                    facts.keep_alive |= has(header.value, "keep-alive");
                }
                6 if is("expect") => facts.expects_continue = has(header.value, "100-continue"),
                12 if is("content-type") => {
                    facts.is_stream = ["event-stream", "ndjson", "eventstream"]
                        .iter()
                        .any(|it| has(header.value, it));
                }
                16 if is("content-encoding") => facts.is_encoded = !has(header.value, "identity"),
                _ => {}
            }
        }
        Ok(facts)
    }

    const fn keeps(&self, version_1_1: bool) -> bool {
        !self.close && (version_1_1 || self.keep_alive)
    }
}

/// Whether a header's value has a word in it, in any case.
fn has(value: &[u8], word: &str) -> bool {
    value
        .windows(word.len())
        .any(|it| it.eq_ignore_ascii_case(word.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_read_at_every_split_once_it_is_whole() {
        let text = b"POST /v1/chat?a=1 HTTP/1.1\r\nHost: 127.0.0.1:9\r\nContent-Length: 5\r\n\r\nhello";
        let head = text.len() - 5;
        for cut in 0..head {
            assert!(request(&text[..cut]).unwrap().is_none(), "{cut}");
        }
        let read = request(text).unwrap().unwrap();
        assert_eq!((read.bytes, read.method, read.target), (head, "POST", "/v1/chat?a=1"));
        assert_eq!((read.length, read.keeps), (Length::Known(5), true));
        let outline = request_outline(text).unwrap().unwrap();
        assert_eq!(&text[outline.host.unwrap()], b"127.0.0.1:9");
        assert_eq!(&text[outline.target], b"/v1/chat?a=1");
    }

    #[test]
    fn a_responses_body_ends_as_the_standard_says() {
        let length = |text: &str, to_head| response_outline(text.as_bytes(), to_head).unwrap().unwrap().length;
        let chunked = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n";
        assert_eq!(length(chunked, false), Length::Chunked);
        assert_eq!(length(chunked, true), Length::Known(0));
        assert_eq!(length("HTTP/1.1 204 No\r\n\r\n", false), Length::Known(0));
        assert_eq!(length("HTTP/1.1 200 OK\r\n\r\n", false), Length::UntilClose);
        let old = response_outline(b"HTTP/1.0 200 OK\r\n\r\n", false).unwrap().unwrap();
        assert!(!old.keeps);
    }

    #[test]
    fn what_is_no_request_is_refused() {
        // The beginning of a TLS ClientHello.
        assert_eq!(request(&[0x16, 3, 1, 2, 0, 1]).unwrap_err(), HeadError::Malformed);
        assert_eq!(request(&vec![b'a'; MAX_HEAD + 1]).unwrap_err(), HeadError::TooLong);
        let wrong = b"POST / HTTP/1.1\r\ncontent-length: -1\r\n\r\n";
        assert_eq!(request(wrong).unwrap_err(), HeadError::Malformed);
    }
}
