//! A model API on a loopback port, whose answers a test scripts: faults, latency, counts.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aisys::wire::{Api, ChatReply, Finish, Usage};
use bytes::Bytes;
use futures_util::StreamExt as _;
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::Value;
use tokio::net::TcpListener;

/// A request as the mock saw it.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    /// How many came before it.
    pub(crate) at: usize,
    pub(crate) method: String,
    /// Path and query.
    pub(crate) path: String,
    pub(crate) headers: http::HeaderMap,
    pub(crate) body: Bytes,
}

impl Seen {
    /// The body as JSON; null when it is none.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The text of the last message of an `OpenAI` request.
    pub(crate) fn last_text(&self) -> String {
        let request = Api::Openai.request_from_json(self.json());
        request.map_or_else(
            |_| String::new(),
            |it| it.messages.last().map(aisys::wire::Message::plain).unwrap_or_default(),
        )
    }

    /// A header's text.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|it| it.to_str().ok())
            .unwrap_or_default()
    }
}

/// A part of an answer's body.
#[derive(Debug, Clone)]
pub(crate) enum Piece {
    /// Bytes, sent at once.
    Bytes(Bytes),
    /// Nothing while whoever else is ready gets so many turns.
    Turns(usize),
    /// The connection closes within the body.
    Break,
    /// Nothing for ever.
    Hang,
}

/// What the mock answers.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) pieces: Vec<Piece>,
    /// Before the first byte of the head: so many turns for whoever else is ready, which no clock counts.
    pub(crate) turns: usize,
    /// And so long a time, for measurements alone.
    pub(crate) latency: Duration,
    /// Not even a head.
    pub(crate) silent: bool,
}

impl Answer {
    /// Any body.
    pub(crate) fn new(status: u16, content_type: &str, body: impl Into<Bytes>) -> Self {
        Self {
            status,
            headers: vec![("content-type".into(), content_type.into())],
            pieces: vec![Piece::Bytes(body.into())],
            turns: 0,
            latency: Duration::ZERO,
            silent: false,
        }
    }

    /// JSON.
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self::new(status, "application/json", body.to_string())
    }

    /// A whole answer of an API.
    pub(crate) fn chat(api: Api, text: &str) -> Self {
        Self::json(200, &api.reply_to_json(&reply(text), 0))
    }

    /// The same in pieces of five letters, one part of the body each.
    pub(crate) fn stream(api: Api, text: &str) -> Self {
        let mut encoder = api.encoder(0);
        let mut frames: Vec<_> = reply(text).chunks(5).iter().flat_map(|it| encoder.encode(it)).collect();
        frames.extend(encoder.end());
        let write = |frame| Piece::Bytes(api.framing().write(frame).into());
        Self {
            pieces: frames.iter().map(write).collect(),
            ..Self::new(200, api.framing().content_type(), "")
        }
    }

    /// It never answers.
    pub(crate) fn hang() -> Self {
        Self {
            silent: true,
            ..Self::new(200, "text/plain", "")
        }
    }

    /// With a header.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// After so many turns of others: the more, the later.
    pub(crate) fn after_turns(mut self, turns: usize) -> Self {
        self.turns = turns;
        self
    }

    /// After a time: for measurements, which alone look at a clock.
    pub(crate) fn after(mut self, latency: Duration) -> Self {
        self.latency = latency;
        self
    }

    /// Only the first parts of the body, then this.
    pub(crate) fn cut(mut self, parts: usize, then: Option<Piece>) -> Self {
        self.pieces.truncate(parts);
        self.pieces.extend(then);
        self
    }
}

/// An answer with counts: 10 tokens in, 5 out.
pub(crate) fn reply(text: &str) -> ChatReply {
    ChatReply {
        id: "mock-1".into(),
        model: "mock-model".into(),
        text: text.into(),
        finish: Some(Finish::Stop),
        usage: Some(Usage {
            input_tokens: 10,
            output_tokens: 5,
            cached_input_tokens: 0,
        }),
        ..ChatReply::default()
    }
}

type Script = dyn Fn(&Seen) -> Answer + Send + Sync;

/// A server that runs as long as the test's runtime.
pub(crate) struct Mock {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
    connections: Arc<AtomicUsize>,
    /// How many are open now.
    open: tokio::sync::watch::Receiver<usize>,
}

impl Mock {
    /// Starts a server; `script` makes each answer.
    pub(crate) async fn start(script: impl Fn(&Seen) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let connections = Arc::new(AtomicUsize::new(0));
        let (opened, open) = tokio::sync::watch::channel(0);
        let opened = Arc::new(opened);
        let script: Arc<Script> = Arc::new(script);
        let mock = Self {
            address,
            seen: Arc::clone(&seen),
            connections: Arc::clone(&connections),
            open,
        };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                connections.fetch_add(1, Ordering::SeqCst);
                let _ = stream.set_nodelay(true);
                opened.send_modify(|open| *open += 1);
                let (seen, script, opened) = (Arc::clone(&seen), Arc::clone(&script), Arc::clone(&opened));
                tokio::spawn(async move {
                    let service = service_fn(move |request| serve(request, Arc::clone(&seen), Arc::clone(&script)));
                    let builder = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new());
                    let _ = builder.serve_connection(TokioIo::new(stream), service).await;
                    opened.send_modify(|open| *open -= 1);
                });
            }
        });
        mock
    }

    /// A server that gives these answers in turn, and the last one for ever.
    pub(crate) async fn in_turn(answers: Vec<Answer>) -> Self {
        Self::start(move |seen| answers[seen.at.min(answers.len() - 1)].clone()).await
    }

    /// `http://127.0.0.1:PORT` and a path.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// All requests so far.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// How many requests came.
    pub(crate) fn count(&self) -> usize {
        self.seen.lock().unwrap().len()
    }

    /// Waits until nobody is connected: every request of a process that died has been seen then.
    pub(crate) async fn left_alone(&self) {
        self.open.clone().wait_for(|open| *open == 0).await.unwrap();
    }

    /// How many connections were made.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

/// Lets whoever else is ready go first, so many times.
pub(crate) async fn turns(count: usize) {
    for _ in 0..count {
        tokio::task::yield_now().await;
    }
}

type Body = http_body_util::combinators::UnsyncBoxBody<Bytes, std::io::Error>;

async fn serve(
    request: Request<Incoming>,
    seen: Arc<Mutex<Vec<Seen>>>,
    script: Arc<Script>,
) -> Result<Response<Body>, Infallible> {
    let (head, body) = request.into_parts();
    let body = body
        .collect()
        .await
        .map(http_body_util::Collected::to_bytes)
        .unwrap_or_default();
    let request = {
        let mut seen = seen.lock().unwrap();
        let request = Seen {
            at: seen.len(),
            method: head.method.to_string(),
            path: head.uri.to_string(),
            headers: head.headers,
            body,
        };
        seen.push(request.clone());
        request
    };
    let answer = script(&request);
    if answer.silent {
        std::future::pending::<()>().await;
    }
    turns(answer.turns).await;
    if !answer.latency.is_zero() {
        tokio::time::sleep(answer.latency).await;
    }
    let mut response = Response::builder().status(answer.status);
    for (name, value) in &answer.headers {
        response = response.header(name, value);
    }
    let whole = matches!(answer.pieces.as_slice(), [Piece::Bytes(_)]);
    let pieces = futures_util::stream::iter(answer.pieces).filter_map(|piece| async move {
        match piece {
            Piece::Bytes(bytes) => Some(Ok(Frame::data(bytes))),
            Piece::Turns(count) => {
                turns(count).await;
                None
            }
            Piece::Break => {
                // What was sent before must have left, or the client sees none of it: hyper writes it out before it
                // asks a body again that had nothing ready.
                turns(2).await;
                Some(Err(std::io::Error::other("scripted")))
            }
            Piece::Hang => std::future::pending().await,
        }
    });
    let body = if whole {
        // With a length, as whole answers have.
        let all: Vec<_> = pieces.collect().await;
        let bytes = all
            .into_iter()
            .find_map(|it: Result<Frame<Bytes>, std::io::Error>| it.ok()?.into_data().ok());
        let body = http_body_util::Full::new(bytes.unwrap_or_default());
        body.map_err(|never| match never {}).boxed_unsync()
    } else {
        StreamBody::new(pieces).boxed_unsync()
    };
    Ok(response.body(body).unwrap())
}
