//! The client that the user's request is made with: an SDK with its defaults, or the user's own settings.

use std::time::Duration;

use crate::read::{Fields, FormError};
use crate::source::{Data, Node};

/// How a client waits and tries again.
#[derive(Debug, Clone, PartialEq)]
pub struct Client {
    /// Its name: an SDK's, or `own`.
    pub name: &'static str,
    /// For a whole try; `None`: none.
    pub timeout: Option<Duration>,
    /// Until the connection stands; `None`: none.
    pub connect: Option<Duration>,
    /// Tries after the first.
    pub retries: u32,
    /// The wait before the first repetition.
    pub initial: Duration,
    /// What each further wait is multiplied by.
    pub factor: f64,
    /// No wait is longer.
    pub max: Duration,
    /// How chance changes the wait.
    pub jitter: Jitter,
    /// The longest `retry-after` that is obeyed; `None`: the header is ignored.
    pub retry_after: Option<Duration>,
    /// What is done about a longer one.
    pub too_long: TooLong,
    /// The statuses that are tried again.
    pub retried: &'static [u16],
    /// Whether every status from 500 on is tried again too.
    pub retries_server_errors: bool,
}

/// How chance changes a wait.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Jitter {
    /// Not at all.
    None,
    /// It is shortened by up to this share.
    Shortens(f64),
    /// Up to so much is added.
    Adds(Duration),
}

/// What is done about a `retry-after` that is too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TooLong {
    /// The client's own wait is taken.
    OwnWait,
    /// No further try.
    GiveUp,
}

const BY_HEADER: &[u16] = &[408, 409, 429];

/// No SDK: one try, no limit of time.
const NONE: Client = Client {
    name: "none",
    timeout: None,
    connect: None,
    retries: 0,
    initial: Duration::from_millis(500),
    factor: 2.0,
    max: Duration::from_secs(8),
    jitter: Jitter::None,
    retry_after: Some(Duration::from_secs(60)),
    too_long: TooLong::OwnWait,
    retried: BY_HEADER,
    retries_server_errors: true,
};

/// `openai` for Python at commit e43b4224 (August 2026): `_constants.py`, `_base_client.py`.
const OPENAI_PYTHON: Client = Client {
    name: "openai-python",
    timeout: Some(Duration::from_secs(600)),
    connect: Some(Duration::from_secs(5)),
    retries: 2,
    jitter: Jitter::Shortens(0.25),
    retry_after: Some(Duration::from_secs(120)),
    too_long: TooLong::GiveUp,
    ..NONE
};

/// `anthropic` for Python at commit 009b0353 (August 2026).
const ANTHROPIC: Client = Client {
    name: "anthropic",
    retry_after: Some(Duration::from_secs(60)),
    too_long: TooLong::OwnWait,
    ..OPENAI_PYTHON
};

/// `google-genai` for Python at commit 66807187 (August 2026): neither retries nor a timeout of its own.
const GOOGLE_GENAI: Client = Client {
    name: "google-genai",
    initial: Duration::from_secs(1),
    max: Duration::from_secs(60),
    jitter: Jitter::Adds(Duration::from_secs(1)),
    retry_after: None,
    retried: &[408, 429, 500, 502, 503, 504],
    retries_server_errors: false,
    ..NONE
};

/// `ai` 6.0.326: no timeout unless one is set, no jitter.
const VERCEL_AI: Client = Client {
    name: "vercel-ai",
    retries: 2,
    initial: Duration::from_secs(2),
    max: Duration::MAX,
    ..NONE
};

/// `langchain-openai` 1.7.3: unset values are the SDK's.
const LANGCHAIN: Client = Client {
    name: "langchain",
    ..OPENAI_PYTHON
};

const CLIENTS: &[Client] = &[NONE, OPENAI_PYTHON, ANTHROPIC, GOOGLE_GENAI, VERCEL_AI, LANGCHAIN];
pub(super) const KEYS: &[&str] = &["like", "timeout", "connect", "retries", "retry_after"];

impl Default for Client {
    fn default() -> Self {
        NONE
    }
}

impl Client {
    /// The clients whose defaults are known.
    #[must_use]
    pub const fn known() -> &'static [Self] {
        CLIENTS
    }

    /// An SDK by its name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        CLIENTS.iter().find(|client| client.name == name).cloned()
    }

    /// Whether it tries again after a status.
    #[must_use]
    pub fn tries_again_after(&self, status: u16) -> bool {
        self.retried.contains(&status) || (self.retries_server_errors && status >= 500)
    }

    /// The wait before repetition `n` (from zero), without chance and without `retry-after`.
    #[must_use]
    pub fn wait(&self, n: u32) -> Duration {
        let grown = self.initial.as_secs_f64() * self.factor.powi(n.min(20).cast_signed());
        Duration::try_from_secs_f64(grown).map_or(self.max, |wait| wait.min(self.max))
    }

    pub(super) fn read(node: &Node) -> Result<Self, FormError> {
        if !matches!(node.data, Data::Map(_)) {
            return named(node);
        }
        let fields = Fields::new(node, "`client`", KEYS)?;
        let like = match fields.get("like") {
            Some(node) => named(node)?,
            None => Self { name: "own", ..NONE },
        };
        let retries = fields.count("retries", 0)?;
        Ok(Self {
            timeout: fields.duration("timeout")?.or(like.timeout),
            connect: fields.duration("connect")?.or(like.connect),
            retries: retries.map_or(like.retries, |it| u32::try_from(it).unwrap_or(u32::MAX)),
            retry_after: fields.duration("retry_after")?.or(like.retry_after),
            ..like
        })
    }
}

fn named(node: &Node) -> Result<Client, FormError> {
    let name = node.scalar_text().unwrap_or_default();
    Client::named(&name)
        .ok_or_else(|| FormError::unknown(&node.place, "client", &name, CLIENTS.iter().map(|client| client.name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hang_costs_openai_python_half_an_hour() {
        let client = Client::named("openai-python").unwrap();
        let waits: Duration = (0..client.retries).map(|n| client.wait(n)).sum();
        let all = client.timeout.unwrap() * (client.retries + 1) + waits;
        assert_eq!(all, Duration::from_millis(1_801_500));
        assert!(client.tries_again_after(529) && !client.tries_again_after(400));
        assert!(!Client::named("google-genai").unwrap().tries_again_after(529));
    }
}
