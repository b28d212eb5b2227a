//! What one call meets at a provider, all faults applied.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How a provider treats one call. The default is a healthy one. Faults change it one after the other, in the
/// order of the scenario; what comes later in a call's life is moot when something earlier ends it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Behaviour {
    /// What becomes of the connection.
    pub connection: Connection,
    /// What is answered.
    pub answer: Answer,
    /// How time passes until and between tokens.
    pub timing: Timing,
    /// What a streamed or whole body goes through after so many tokens.
    pub cut: Option<Cut>,
    /// Whether usage is left out.
    pub without_usage: bool,
    /// The model that the reply names instead of the one asked for.
    pub model: Option<String>,
    /// What is wrong with the words, under a status of success.
    pub words: Words,
    /// The `content-type` that is sent instead of the right one.
    pub content_type: Option<String>,
    /// The `content-encoding` that is claimed and not true.
    pub content_encoding: Option<String>,
    /// Limits that hold instead of the provider's own, where a fault says so. Whoever plays the provider
    /// counts; one that is full answers 429.
    pub limits: Option<Limits>,
}

impl Behaviour {
    /// Whether this is a healthy provider in every respect.
    #[must_use]
    pub fn is_healthy(&self) -> bool {
        *self == Self::default()
    }
}

/// What a provider grants.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Limits {
    /// Requests a minute.
    pub rpm: Option<f64>,
    /// Tokens a minute, in and out together.
    pub tpm: Option<f64>,
    /// Requests at once.
    pub parallel: Option<u32>,
}

impl Limits {
    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.rpm.is_none() && self.tpm.is_none() && self.parallel.is_none()
    }
}

/// What becomes of the connection.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Connection {
    /// It stands.
    #[default]
    Accepted,
    /// Nobody listens: refused at once.
    Refused,
    /// Cut by a reset after the request was read.
    Reset,
    /// Closed in good order after the request was read, without a byte of an answer.
    Closed,
    /// Packets vanish: no answer to the connection attempt.
    Blackhole,
    /// Accepted, the request is read, and nothing ever comes.
    Hang,
    /// The TLS handshake fails.
    Tls,
    /// The name does not resolve.
    Dns,
}

/// What is answered.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// A good answer.
    #[default]
    Good,
    /// An error of the provider's API.
    Error(Refused),
    /// A page of HTML, as an edge serves it: with this status, which may be 200.
    Html(u16),
    /// JSON that is cut off or broken, with status 200.
    Malformed,
    /// Status 200 and an error object in the body (`OpenRouter`).
    ErrorBody(Refused),
    /// Status 200 and nothing of use.
    Useless(crate::pipeline::policy::Useless),
}

/// An error as the provider's API words it: each API has its own body and headers for it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Refused {
    /// The status.
    pub status: u16,
    /// What it means.
    pub refusal: crate::pipeline::policy::Refusal,
    /// `retry-after`, and how it is written.
    pub retry_after: Option<RetryAfter>,
}

/// `retry-after`, as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RetryAfter {
    /// Seconds.
    Seconds(Duration),
    /// An HTTP date so far ahead.
    Date(Duration),
}

impl RetryAfter {
    /// How long it asks to wait.
    #[must_use]
    pub const fn wait(self) -> Duration {
        match self {
            Self::Seconds(wait) | Self::Date(wait) => wait,
        }
    }
}

/// How time passes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Timing {
    /// Added before the first token (or before the whole answer, when it is not streamed).
    pub before: Duration,
    /// The healthy time to the first token is multiplied by this.
    pub slower: f64,
    /// Added before each further token.
    pub between: Duration,
    /// The healthy pace of tokens is divided by this.
    pub pace_slower: f64,
    /// Each further token waits up to this much longer, evenly drawn.
    pub jitter: Duration,
    /// Whether headers are sent at once, before the first token's wait.
    pub headers_first: bool,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            before: Duration::ZERO,
            slower: 1.0,
            between: Duration::ZERO,
            pace_slower: 1.0,
            jitter: Duration::ZERO,
            headers_first: false,
        }
    }
}

/// What happens to a body on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cut {
    /// After how many tokens. A body that is not streamed is cut at the same share of its bytes.
    pub after: u32,
    /// How long before it, so that the tokens have left by then (pacing changes what a gateway does).
    pub pause: Duration,
    /// How.
    pub how: CutHow,
}

/// How a body ends early.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CutHow {
    /// The connection is reset.
    Reset,
    /// The connection is closed with the body unfinished (chunked encoding without its last chunk).
    Close,
    /// The body ends in good order, without a finish reason and without the API's end marker.
    Clean,
    /// Silence: nothing more comes, the connection stays.
    Stall,
    /// Silence for so long; then it goes on.
    Pause(Duration),
    /// An event that is no JSON; then the stream goes on.
    BrokenEvent,
    /// An error event of the provider's API inside the stream.
    ErrorEvent(u16),
}

/// What is wrong with the words.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Words {
    /// Nothing.
    #[default]
    Right,
    /// The opposite of what is right.
    Contradicted,
    /// Another language or script.
    OffLanguage,
    /// The same words over and over.
    Repeated,
    /// The answer to an earlier question.
    Stale,
}
