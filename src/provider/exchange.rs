//! One attempt: a request goes out, a whole answer comes back, or what went wrong.

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use reqwest::Response;

use super::classify::{kind_of, no_answer};
use super::{CallError, CallErrorKind};
use crate::clock::{Moment, unix_seconds};
use crate::wire::{Api, ApiError, Assembly, ChatReply, LimitHints, WireError};

/// The most bytes of a whole answer, and of an error.
const MAX_ANSWER: usize = 64 << 20;
const MAX_ERROR: usize = 1 << 20;

/// An answer of one attempt.
pub(super) struct Got {
    pub(super) reply: ChatReply,
    pub(super) first_token_ms: Option<f64>,
    pub(super) hints: LimitHints,
}

/// A failure of one attempt.
#[derive(Debug)]
pub struct Failure {
    /// What kind, which decides whether another attempt may help.
    pub kind: CallErrorKind,
    /// What happened.
    pub message: String,
    /// The status, where there was an answer.
    pub status: Option<u16>,
    /// The wait that was asked for.
    pub retry_after: Option<std::time::Duration>,
    /// On the heap, so that a failure is no larger than an answer's way back.
    pub(super) hints: Box<LimitHints>,
}

impl From<CallError> for Failure {
    fn from(error: CallError) -> Self {
        Self {
            status: error.status,
            retry_after: error.retry_after,
            ..Self::new(error.kind, error.message)
        }
    }
}

impl Failure {
    /// One that says nothing of limits.
    pub fn new(kind: CallErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            status: None,
            retry_after: None,
            hints: Box::default(),
        }
    }

    /// The same with what the headers said of limits.
    pub(super) fn with(mut self, hints: LimitHints) -> Self {
        *self.hints = hints;
        self
    }

    /// Of an API's error. A status within a stream's error is the provider's, not this answer's.
    pub(super) fn of_api(error: &ApiError) -> Self {
        let word = match &error.code {
            Some(code) => code,
            None => &error.kind,
        };
        Self {
            kind: kind_of(error),
            message: format!("{} ({}, {word})", error.message, error.status),
            status: Some(error.status),
            retry_after: error.retry_after,
            hints: Box::default(),
        }
    }

    fn of_wire(error: &WireError) -> Self {
        match error {
            WireError::Api(error) => Self::of_api(error),
            WireError::Malformed(what) => {
                Self::new(CallErrorKind::Garbage, format!("the answer is not the API's: {what}"))
            }
        }
    }

    /// Of a connection that failed while the answer came.
    fn of_body(error: &reqwest::Error) -> Self {
        if error.is_timeout() {
            Self::new(CallErrorKind::Timeout, "the answer stopped coming")
        } else {
            Self::new(
                CallErrorKind::BrokenStream,
                format!("the answer broke off: {}", causes(error)),
            )
        }
    }
}

/// Sends a request and reads the answer.
pub(super) async fn exchange(api: Api, request: reqwest::RequestBuilder, stream: bool) -> Result<Got, Failure> {
    let begun = Moment::now();
    let response = request.send().await.map_err(|error| {
        let kind = if error.is_timeout() {
            CallErrorKind::Timeout
        } else if error.is_builder() {
            CallErrorKind::BadRequest
        } else {
            CallErrorKind::Connect
        };
        Failure::new(kind, causes(&error))
    })?;
    let hints = LimitHints::of(response.headers(), unix_seconds());
    let answer = if response.status() == StatusCode::OK {
        if stream {
            streamed(api, response, begun).await
        } else {
            whole(api, response).await.map(|reply| (reply, None))
        }
    } else {
        Err(refused(api, response).await)
    };
    let (reply, first_token_ms) = answer.map_err(|failure| failure.with(hints))?;
    if let Some((kind, message)) = no_answer(&reply) {
        return Err(Failure {
            status: Some(200),
            ..Failure::new(kind, message).with(hints)
        });
    }
    Ok(Got {
        reply,
        first_token_ms,
        hints,
    })
}

async fn refused(api: Api, response: Response) -> Failure {
    let status = response.status().as_u16();
    let headers = response.headers().clone();
    // A body that breaks off still has a status, which says enough.
    let body = read(response, MAX_ERROR).await.unwrap_or_default();
    Failure::of_api(&api.error_from_http(status, &headers, &body, unix_seconds()))
}

async fn whole(api: Api, response: Response) -> Result<ChatReply, Failure> {
    let headers = response.headers().clone();
    let body = read(response, MAX_ANSWER).await?;
    from_body(api, &headers, &body)
}

fn from_body(api: Api, headers: &HeaderMap, body: &[u8]) -> Result<ChatReply, Failure> {
    let value = serde_json::from_slice(body).map_err(|_| not_json(api, headers, body))?;
    let mut reply = api.reply_from_json(&value).map_err(|error| Failure::of_wire(&error))?;
    if reply.id.is_empty()
        && let Some(id) = headers.get("x-amzn-requestid").and_then(|id| id.to_str().ok())
    {
        id.clone_into(&mut reply.id);
    }
    Ok(reply)
}

/// What came instead of JSON, shown as an error's body would be.
fn not_json(api: Api, headers: &HeaderMap, body: &[u8]) -> Failure {
    let shown = api.error_from_http(200, headers, body, 0.0).message;
    let kind = headers
        .get("content-type")
        .and_then(|it| it.to_str().ok())
        .unwrap_or("no content-type");
    Failure::new(
        CallErrorKind::Garbage,
        format!("the answer is no JSON ({kind}): {shown}"),
    )
}

async fn streamed(api: Api, mut response: Response, begun: Moment) -> Result<(ChatReply, Option<f64>), Failure> {
    let is_stream = response
        .headers()
        .get("content-type")
        .and_then(|it| it.to_str().ok())
        .is_none_or(|kind| !kind.starts_with("application/json") && !kind.starts_with("text/html"));
    if !is_stream {
        // Some servers answer whole although they are asked for pieces.
        return whole(api, response).await.map(|reply| (reply, None));
    }
    let mut reader = api.framing().reader();
    let mut decoder = api.decoder();
    let mut assembly = Assembly::default();
    let mut frames = Vec::new();
    let mut first_token_ms = None;
    let mut size = 0;
    loop {
        let piece = match response.chunk().await {
            Ok(piece) => piece,
            // The answer was whole already: what broke off carried nothing.
            Err(_) if decoder.ended() => None,
            Err(error) => return Err(Failure::of_body(&error)),
        };
        match &piece {
            Some(bytes) => {
                size += bytes.len();
                if size > MAX_ANSWER {
                    return Err(Failure::new(CallErrorKind::Garbage, "the answer does not end"));
                }
                reader
                    .push(bytes, &mut frames)
                    .map_err(|error| Failure::new(CallErrorKind::Garbage, error.to_string()))?;
            }
            None => reader.finish(&mut frames),
        }
        for frame in frames.drain(..) {
            for chunk in decoder.decode(&frame).map_err(|error| Failure::of_wire(&error))? {
                assembly.push(chunk);
            }
        }
        if first_token_ms.is_none() && !assembly.is_empty() {
            first_token_ms = Some(milliseconds(begun));
        }
        if piece.is_none() {
            break;
        }
    }
    if !decoder.ended() {
        let letters = assembly.so_far().text.chars().count();
        return Err(Failure::new(
            CallErrorKind::BrokenStream,
            format!("the stream ended after {letters} letters without saying that the answer is whole"),
        ));
    }
    Ok((assembly.finish(), first_token_ms))
}

async fn read(mut response: Response, limit: usize) -> Result<Bytes, Failure> {
    let mut all = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(|error| Failure::of_body(&error))? {
        if all.len() + piece.len() > limit {
            return Err(Failure::new(
                CallErrorKind::Garbage,
                format!("the answer is longer than {limit} bytes"),
            ));
        }
        all.extend_from_slice(&piece);
    }
    Ok(all.into())
}

/// Reads a whole body; for APIs other than chat.
pub(super) async fn whole_body(response: Response) -> Result<Bytes, Failure> {
    read(response, MAX_ANSWER).await
}

/// An error with its causes, without the address, which may hold a key.
pub(super) fn causes(error: &reqwest::Error) -> String {
    let mut parts = Vec::new();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        let text = cause.to_string();
        if !parts.contains(&text) {
            parts.push(text);
        }
        source = cause.source();
    }
    if parts.is_empty() {
        let kind = if error.is_timeout() {
            "timed out"
        } else {
            "the request failed"
        };
        parts.push(kind.to_owned());
    }
    parts.join(": ")
}

/// Milliseconds since then, in whole microseconds: such a number comes back from JSON as the very same.
pub(super) fn milliseconds(since: Moment) -> f64 {
    (since.elapsed().as_secs_f64() * 1e6).round() / 1e3
}
