//! A call's behaviour, played to its client.

use std::fmt::Write as _;
use std::io;
use std::time::Duration;

use serde_json::Value;

use super::stream::Step;
use super::stream::{Source, Stream, may_stream};
use super::{Call, Reply};
use crate::chaos::Behaviour;
use crate::chaos::behaviour::{Answer, Connection, Cut, CutHow, Refused};
use crate::chaos::live::{Client, Ending, Ids, Mention, Wording, gone, html, in_body, wording};
use crate::chaos::scenario::Health;
use crate::clock;
use crate::pipeline::policy::{Refusal, Useless};
use crate::rng::Chance;

/// What the chance of the pace is for.
const PURPOSE: u64 = 0x9ace;

/// How fast a healthy provider answers one call.
#[derive(Debug, Clone)]
pub struct Pace {
    /// Until the first token.
    pub first: Duration,
    /// Between two tokens.
    pub between: Duration,
    chance: Chance,
}

impl Pace {
    /// The pace of one call; `None`: at once.
    #[must_use]
    pub fn new(health: Option<&Health>, seed: u64, number: u64) -> Self {
        let mut chance = Chance::numbered(seed, number, PURPOSE);
        let Some(health) = health else {
            return Self {
                first: Duration::ZERO,
                between: Duration::ZERO,
                chance,
            };
        };
        let first = health.first_token.sample_duration(&mut chance);
        let rate = health.tokens_per_second.sample(&mut chance);
        let between = Duration::try_from_secs_f64(1.0 / rate.max(1e-6)).unwrap_or_default();
        Self { first, between, chance }
    }

    /// Until the first token, as the behaviour has it.
    fn until_first(&self, behaviour: &Behaviour) -> Duration {
        let timing = &behaviour.timing;
        times(self.first, timing.slower).saturating_add(timing.before)
    }

    /// Until the next token.
    fn until_next(&mut self, behaviour: &Behaviour) -> Duration {
        let timing = &behaviour.timing;
        let jitter = if timing.jitter.is_zero() {
            Duration::ZERO
        } else {
            times(timing.jitter, self.chance.unit())
        };
        times(self.between, timing.pace_slower)
            .saturating_add(timing.between)
            .saturating_add(jitter)
    }

    /// All of an answer that comes whole.
    fn until_whole(&mut self, behaviour: &Behaviour, tokens: u64) -> Duration {
        let mut whole = self.until_first(behaviour);
        if self.between.is_zero() && behaviour.timing.between.is_zero() && behaviour.timing.jitter.is_zero() {
            return whole;
        }
        for _ in 1..tokens {
            whole = whole.saturating_add(self.until_next(behaviour));
        }
        whole
    }
}

/// What is still to be waited where a part took so long and should take `slower` times that, as [`Pace`] multiplies.
#[must_use]
pub fn already_passed(took: Duration, slower: f64) -> Duration {
    if slower <= 1.0 {
        Duration::ZERO
    } else {
        times(took, (slower - 1.0) / slower)
    }
}

fn times(duration: Duration, factor: f64) -> Duration {
    Duration::try_from_secs_f64(duration.as_secs_f64() * factor).unwrap_or(Duration::MAX)
}

/// Plays one call to its client.
pub struct Player<'a> {
    /// The client.
    pub client: &'a mut Client,
    /// What the call meets.
    pub behaviour: &'a Behaviour,
    /// The call.
    pub call: &'a Call,
    /// Its identifiers.
    pub ids: &'a Ids,
    /// The headers that every answer of the provider has.
    pub headers: Vec<(&'static str, String)>,
    /// Further lines of the head, as another server wrote them.
    pub passed: String,
    /// How fast a healthy provider is.
    pub pace: Pace,
    /// Whether the connection may serve another request.
    pub keeps: bool,
}

impl Player<'_> {
    /// How the connection ends where there is no answer at all.
    ///
    /// On loopback a refused connection and a name that does not resolve cannot be told from the answering side:
    /// both reset the connection without a byte, which SDKs report as the same connection error.
    #[must_use]
    pub const fn without_answer(connection: Connection) -> Option<Ending> {
        match connection {
            Connection::Accepted => None,
            Connection::Refused | Connection::Dns | Connection::Reset => Some(Ending::Reset),
            Connection::Closed => Some(Ending::Close),
            Connection::Blackhole | Connection::Hang => Some(Ending::Hold),
            Connection::Tls => Some(Ending::TlsAlert),
        }
    }

    /// What a useless answer is like, where the behaviour wants one.
    #[must_use]
    pub const fn useless(behaviour: &Behaviour) -> Option<Useless> {
        match behaviour.answer {
            Answer::Useless(useless) => Some(useless),
            _ => None,
        }
    }

    /// Plays an answer that is no good one. `None`: the answer is good or useless, and whoever asks makes it.
    ///
    /// # Errors
    /// Fails when the client has gone.
    pub async fn bad(&mut self) -> io::Result<Option<Ending>> {
        let behaviour = self.behaviour;
        if let Some(ending) = Self::without_answer(behaviour.connection) {
            return Ok(Some(ending));
        }
        let ending = match &behaviour.answer {
            Answer::Good | Answer::Useless(_) | Answer::Malformed => return Ok(None),
            Answer::Error(refused) => {
                let Wording {
                    status, headers, body, ..
                } = self.worded(refused);
                self.headers.extend(headers);
                self.whole(status, "application/json", body.to_string().as_bytes(), 0)
                    .await?
            }
            Answer::ErrorBody(refused) => {
                let body = in_body(self.call.dialect, refused, self.mention());
                self.whole(200, "application/json", body.to_string().as_bytes(), 0)
                    .await?
            }
            Answer::Html(status) => {
                self.headers = vec![
                    ("server", "cloudflare".to_owned()),
                    (
                        "cf-ray",
                        format!("{:.16}-FRA", self.ids.request.trim_start_matches("req_")),
                    ),
                ];
                let page = html(*status, &self.ids.request);
                self.whole(*status, "text/html; charset=UTF-8", page.as_bytes(), 0)
                    .await?
            }
        };
        Ok(Some(ending))
    }

    /// Plays a reply, whole or streamed, as the call asked.
    ///
    /// # Errors
    /// Fails when the client has gone.
    pub async fn reply(&mut self, reply: &Reply) -> io::Result<Ending> {
        if self.call.request.stream && may_stream(self.call.operation) {
            let mut stream = Stream::new(self.call, reply, self.behaviour);
            return self.streamed(Stream::content_type(self.call), &mut stream).await;
        }
        let json = reply.to_json(self.call, self.behaviour).to_string();
        self.json(&json, reply.tokens()).await
    }

    /// Plays an answer that is JSON and always whole.
    ///
    /// # Errors
    /// Fails when the client has gone.
    pub async fn value(&mut self, value: &Value) -> io::Result<Ending> {
        self.json(&value.to_string(), 1).await
    }

    async fn json(&mut self, json: &str, tokens: u64) -> io::Result<Ending> {
        if self.behaviour.answer == Answer::Malformed {
            return self
                .whole(200, "application/json", &json.as_bytes()[..json.len() / 2], tokens)
                .await;
        }
        if let Some(Cut {
            how: CutHow::ErrorEvent(status),
            ..
        }) = self.behaviour.cut
        {
            // There is no event in a whole answer: the error stands in its place.
            let body = self.worded(&plain(status)).body.to_string();
            return self.whole(200, "application/json", body.as_bytes(), tokens).await;
        }
        self.whole(200, "application/json", json.as_bytes(), tokens).await
    }

    fn mention(&self) -> Mention<'_> {
        Mention {
            model: &self.call.request.model,
            tokens: self.call.prompt_tokens,
            request_id: &self.ids.request,
            now: clock::unix_seconds(),
        }
    }

    fn worded(&self, refused: &Refused) -> Wording {
        wording(self.call.dialect, refused, self.mention())
    }

    /// The end of an answer that went well.
    const fn kept(&self) -> Ending {
        if self.keeps { Ending::Keep } else { Ending::Close }
    }

    async fn head(&mut self, status: u16, content_type: &str, length: Option<usize>) -> io::Result<()> {
        let content_type = self.behaviour.content_type.as_deref().unwrap_or(content_type);
        let length = length.map_or_else(
            || "transfer-encoding: chunked".to_owned(),
            |it| format!("content-length: {it}"),
        );
        let mut head = format!(
            "HTTP/1.1 {status} {}\r\ndate: {}\r\ncontent-type: {}\r\n{length}\r\n",
            reason(status),
            clock::http_date(clock::unix_seconds()),
            one_line(content_type),
        );
        if let Some(encoding) = &self.behaviour.content_encoding {
            let _ = write!(head, "content-encoding: {}\r\n", one_line(encoding));
        }
        if !self.keeps {
            head.push_str("connection: close\r\n");
        }
        for (name, value) in &self.headers {
            let _ = write!(head, "{name}: {}\r\n", one_line(value));
        }
        head.push_str(&self.passed);
        head.push_str("\r\n");
        self.client.put(head.as_bytes()).await
    }

    /// Sends a whole body, up to where it is cut.
    ///
    /// # Errors
    /// Fails when the client has gone.
    pub async fn whole(&mut self, status: u16, content_type: &str, body: &[u8], tokens: u64) -> io::Result<Ending> {
        let wait = self.pace.until_whole(self.behaviour, tokens);
        let cut = self.behaviour.cut.filter(|_| tokens > 0);
        let at = cut.map_or(body.len(), |cut| share(body.len(), u64::from(cut.after), tokens));
        let length = if matches!(cut, Some(Cut { how: CutHow::Clean, .. })) {
            at
        } else {
            body.len()
        };
        if self.behaviour.timing.headers_first {
            self.head(status, content_type, Some(length)).await?;
            self.client.flush().await?;
            self.client.wait(wait).await?;
        } else {
            self.client.wait(wait).await?;
            self.head(status, content_type, Some(length)).await?;
        }
        self.client.put(&body[..at]).await?;
        let Some(cut) = cut else { return Ok(self.kept()) };
        self.client.flush().await?;
        self.client.wait(cut.pause).await?;
        match cut.how {
            CutHow::Reset => return Ok(Ending::Reset),
            CutHow::Close => return Ok(Ending::Close),
            CutHow::Stall => return Ok(Ending::Hold),
            CutHow::Clean => return Ok(self.kept()),
            CutHow::Pause(wait) => self.client.wait(wait).await?,
            CutHow::BrokenEvent | CutHow::ErrorEvent(_) => {
                // As many bytes as were promised, and no JSON.
                self.client.put(&vec![b'}'; body.len() - at]).await?;
                return Ok(self.kept());
            }
        }
        self.client.put(&body[at..]).await?;
        Ok(self.kept())
    }

    /// Sends a stream, up to where it is cut.
    ///
    /// # Errors
    /// Fails when the client has gone, or whoever the stream comes from.
    pub async fn streamed(&mut self, content_type: &str, stream: &mut impl Source) -> io::Result<Ending> {
        let mut cut = self.behaviour.cut;
        // A stream that is cut before its first token has sent its head.
        let cut_at_once = cut.is_some_and(|cut| cut.after == 0);
        let head_at_once = self.behaviour.timing.headers_first || cut_at_once;
        if head_at_once {
            self.head(200, content_type, None).await?;
            self.client.flush().await?;
        }
        if !cut_at_once {
            let first = self.pace.until_first(self.behaviour);
            self.client.wait(first).await?;
        }
        if !head_at_once {
            self.head(200, content_type, None).await?;
        }
        if self.behaviour.answer == Answer::Malformed {
            let broken = stream.broken();
            self.client.put_chunk(&broken).await?;
            return self.last_chunk().await;
        }
        let mut tokens = 0;
        while let Some(step) = self.next_of(stream).await? {
            if let Some(due) = cut.filter(|cut| tokens >= cut.after || step.is_end) {
                cut = None;
                if let Some(ending) = self.cut(due, stream).await? {
                    return Ok(ending);
                }
            }
            if step.is_token && tokens > 0 {
                if let Some(took) = step.took {
                    self.pace.between = already_passed(took, self.behaviour.timing.pace_slower);
                }
                let wait = self.pace.until_next(self.behaviour);
                self.client.wait(wait).await?;
            }
            tokens += u32::from(step.is_token);
            self.client.put_chunk(&step.bytes).await?;
            if step.took.is_some() {
                self.client.flush().await?;
            }
        }
        self.last_chunk().await
    }

    /// The next part, unless the client goes before it comes.
    async fn next_of(&mut self, stream: &mut impl Source) -> io::Result<Option<Step>> {
        let (socket, unread) = self.client.parts();
        tokio::select! {
            biased;
            step = stream.next() => step,
            gone = gone(socket, unread) => Err(gone),
        }
    }

    /// Cuts a stream; `None`: it goes on.
    async fn cut(&mut self, cut: Cut, stream: &mut impl Source) -> io::Result<Option<Ending>> {
        self.client.flush().await?;
        self.client.wait(cut.pause).await?;
        match cut.how {
            CutHow::Reset => return Ok(Some(Ending::Reset)),
            CutHow::Close => return Ok(Some(Ending::Close)),
            CutHow::Stall => return Ok(Some(Ending::Hold)),
            CutHow::Clean => return Ok(Some(self.last_chunk().await?)),
            CutHow::Pause(wait) => self.client.wait(wait).await?,
            CutHow::BrokenEvent => self.client.put_chunk(&stream.broken()).await?,
            CutHow::ErrorEvent(status) => {
                let error = self.worded(&plain(status)).error;
                self.client.put_chunk(&stream.error(&error)).await?;
                return Ok(Some(self.last_chunk().await?));
            }
        }
        Ok(None)
    }

    async fn last_chunk(&mut self) -> io::Result<Ending> {
        self.client.put(b"0\r\n\r\n").await?;
        Ok(self.kept())
    }
}

/// An error that only its status tells.
#[must_use]
const fn plain(status: u16) -> Refused {
    Refused {
        status,
        refusal: Refusal::Plain,
        retry_after: None,
    }
}

/// The same share of bytes as of tokens.
fn share(bytes: usize, part: u64, of: u64) -> usize {
    let at = bytes as u128 * u128::from(part.min(of)) / u128::from(of.max(1));
    usize::try_from(at).unwrap_or(bytes).min(bytes)
}

/// A header's value without what would end it.
fn one_line(value: &str) -> String {
    value.chars().filter(|letter| !letter.is_control()).collect()
}

fn reason(status: u16) -> &'static str {
    http::StatusCode::from_u16(status)
        .ok()
        .and_then(|it| it.canonical_reason())
        .unwrap_or("Unknown")
}
