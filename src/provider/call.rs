//! One call of a model and what came of it.

use std::time::Duration;

use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Trace;
use crate::wire::{ChatReply, ChatRequest};

/// What is asked of a provider.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Call {
    /// The chat request. Its `model` may be empty: the provider knows its own.
    pub request: ChatRequest,
    /// The case's variables, for providers that fill templates (`http`, `command:`): `question`,
    /// `passages`, and what the suite adds.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub variables: Map<String, Value>,
    /// The question alone, for `extractive`.
    #[serde(default)]
    pub question: String,
    /// The passages' texts, best first, for `extractive`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub passages: Vec<String>,
    /// Which repeat of the same call this is: repeats are recorded apart.
    #[serde(default)]
    pub repeat: u32,
}

/// An answer and what it took.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reply {
    /// The answer.
    pub chat: ChatReply,
    /// Milliseconds from the first attempt to the whole answer, pauses between attempts included.
    pub latency_ms: f64,
    /// Milliseconds of the last attempt to the first piece of text; `None` when it was not streamed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_token_ms: Option<f64>,
    /// What it cost in US dollars; `None`: no price is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_usd: Option<f64>,
    /// How many attempts were made.
    pub attempts: u32,
    /// The answer of an HTTP or command provider as it came, when it was JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw: Option<Value>,
    /// How a route came to it; `None`: a model was called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<Box<Trace>>,
}

impl Reply {
    /// The passages that the application says it retrieved (`contexts` of [`raw`](Self::raw)).
    #[must_use]
    pub fn contexts(&self) -> Option<Vec<String>> {
        let contexts = self.raw.as_ref()?.get("contexts")?.as_array()?;
        let text = |item: &Value| match item {
            Value::String(text) => text.clone(),
            Value::Object(map) => ["text", "content", "page_content"]
                .iter()
                .find_map(|key| map.get(*key)?.as_str())
                .map_or_else(|| item.to_string(), ToOwned::to_owned),
            other => other.to_string(),
        };
        Some(contexts.iter().map(text).collect())
    }
}

/// What kind of failure a call ended with. It decides what may be tried again, and whose fault it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CallErrorKind {
    /// No whole answer within the deadline.
    Timeout,
    /// No connection.
    Connect,
    /// 429.
    RateLimited,
    /// 503, 529 and their kin: the provider has too much to do.
    Overloaded,
    /// Another 5xx.
    Server,
    /// The stream ended before the answer did.
    BrokenStream,
    /// The answer is not what the API promises.
    Garbage,
    /// The prompt does not fit the model's window.
    ContextLength,
    /// A filter of the provider refused prompt or answer.
    ContentFilter,
    /// 401 or 403, no key in the environment, or an account without credit.
    Auth,
    /// Another 4xx: the request is wrong.
    BadRequest,
    /// The program of a `command:` provider failed.
    Command,
    /// The call would exceed `--max-cost`.
    Budget,
    /// `--cassettes replay`, and no recording of this call.
    NoRecording,
    /// The run was stopped.
    Stopped,
}

impl CallErrorKind {
    /// Whether the failure is the candidate's own, so that it is a result of the test: its prompt does not
    /// fit, its request is wrong, a filter refuses it, its program fails. All others are the outside's.
    #[must_use]
    pub const fn is_candidates(self) -> bool {
        matches!(
            self,
            Self::ContextLength | Self::ContentFilter | Self::BadRequest | Self::Command
        )
    }

    /// Whether another attempt may succeed.
    #[must_use]
    pub const fn retryable(self) -> bool {
        matches!(
            self,
            Self::Timeout
                | Self::Connect
                | Self::RateLimited
                | Self::Overloaded
                | Self::Server
                | Self::BrokenStream
                | Self::Garbage
        )
    }
}

/// A call that gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("{provider}: {message}")]
pub struct CallError {
    /// What kind.
    pub kind: CallErrorKind,
    /// The provider's name in the suite.
    pub provider: String,
    /// What happened and what to do.
    pub message: String,
    /// The HTTP status, when there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// How long the provider asked to wait.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<Duration>,
    /// How many attempts were made.
    pub attempts: u32,
}

/// Something that answers calls. Providers are shared by all tasks of a run.
pub trait Provider: Send + Sync {
    /// The name that the suite gives it, as reports show it.
    fn name(&self) -> &str;

    /// What identifies the provider's settings in a recording's key: API, address without keys, model,
    /// options. The same answer may be expected from the same identity and the same [`Call`].
    fn identity(&self) -> Value;

    /// Makes the call. Dropping the future cancels it.
    fn call<'a>(&'a self, call: &'a Call) -> BoxFuture<'a, Result<Reply, CallError>>;
}
