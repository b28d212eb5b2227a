//! The program of the user that calls a gateway: an SDK with its timeout and retries.

use std::time::Duration;

use crate::pipeline::policy::{Failure, Limit, Refusal};
use crate::rng::Chance;
use crate::system::{CallSite, Sdk};

/// How an SDK behaves towards what it calls. Sources: shared facts of each SDK's own source, August 2026.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Client {
    /// Its name, for people.
    pub name: &'static str,
    /// How long it bears silence: until the first byte, and between two bytes. `None`: for ever.
    pub timeout: Option<Duration>,
    /// How often it tries again.
    pub retries: u32,
    /// The first wait; each further one is twice as long.
    pub initial: Duration,
    /// The longest wait of its own.
    pub max: Duration,
    /// The share of a wait that chance may take off.
    pub jitter: f64,
    /// The longest `retry-after` that it obeys; zero: it reads none.
    pub obeys: Duration,
    /// Whether a longer one means that it does not try again at all.
    pub longer_ends: bool,
}

const SECOND: Duration = Duration::from_secs(1);
const HALF: Duration = Duration::from_millis(500);

/// The clients by name, as `--client` takes them.
pub const CLIENTS: &[Client] = &[
    // A plain HTTP client that waits as long as the user does.
    Client {
        name: "none",
        timeout: None,
        retries: 0,
        initial: Duration::ZERO,
        max: Duration::ZERO,
        jitter: 0.0,
        obeys: Duration::ZERO,
        longer_ends: false,
    },
    // openai-python e43b4224: 600 s, 2 retries, min(0.5 · 2^n, 8 s) · (1 − 0.25 U), `retry-after` up to 120 s, and
    // none of its own above that.
    Client {
        name: "openai-python",
        timeout: Some(Duration::from_secs(600)),
        retries: 2,
        initial: HALF,
        max: Duration::from_secs(8),
        jitter: 0.25,
        obeys: Duration::from_secs(120),
        longer_ends: true,
    },
    // anthropic-sdk-python 009b0353: the same, `retry-after` up to 60 s, else the own wait.
    Client {
        name: "anthropic-python",
        timeout: Some(Duration::from_secs(600)),
        retries: 2,
        initial: HALF,
        max: Duration::from_secs(8),
        jitter: 0.25,
        obeys: Duration::from_secs(60),
        longer_ends: false,
    },
    // python-genai 66807187: nothing unless it is asked for.
    Client {
        name: "google-genai",
        timeout: None,
        retries: 0,
        initial: SECOND,
        max: Duration::from_secs(60),
        jitter: 0.0,
        obeys: Duration::ZERO,
        longer_ends: false,
    },
    // `ai` 6.0.326: 2 retries, 2 s doubling, no jitter, no timeout.
    Client {
        name: "vercel-ai",
        timeout: None,
        retries: 2,
        initial: Duration::from_secs(2),
        max: Duration::from_secs(3_600),
        jitter: 0.0,
        obeys: Duration::from_secs(60),
        longer_ends: false,
    },
];

impl Client {
    /// The client of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        CLIENTS.iter().find(|client| client.name == name)
    }

    /// The client of a call in code.
    #[must_use]
    pub fn of(call: &CallSite) -> Self {
        let name = match call.sdk {
            Sdk::AnthropicPython | Sdk::AnthropicNode => "anthropic-python",
            Sdk::GeminiPython | Sdk::GeminiNode => "google-genai",
            Sdk::VercelAi => "vercel-ai",
            _ => "openai-python",
        };
        let usual = Self::named(name).unwrap_or(&CLIENTS[0]);
        Self {
            name: call.sdk.name(),
            timeout: call.timeout.value,
            retries: call.retries.value,
            ..*usual
        }
    }

    /// How long it waits before it tries again after so many tries; `None`: it does not.
    pub fn again(&self, failure: &Failure, tries: u32, passed_on: bool, chance: &mut Chance) -> Option<Duration> {
        if tries > self.retries || passed_on || !retried(failure) {
            return None;
        }
        if let Failure::Status {
            retry_after: Some(asked),
            ..
        } = failure
            && !asked.is_zero()
        {
            if *asked <= self.obeys {
                return Some(*asked);
            }
            if self.longer_ends {
                return None;
            }
        }
        let grown = self.initial.as_secs_f64() * 2_f64.powi(tries.saturating_sub(1).min(30).cast_signed());
        let own = grown.min(self.max.as_secs_f64()) * (1.0 - self.jitter * chance.unit());
        Some(Duration::from_secs_f64(own))
    }
}

/// What the SDKs try again: 408, 409, 429, 5xx, no connection, a timeout; never once an answer has begun.
const fn retried(failure: &Failure) -> bool {
    match failure {
        Failure::Status { status, refusal, .. } => {
            matches!(status, 408 | 409 | 429 | 500..) && matches!(refusal, Refusal::Plain | Refusal::Quota)
        }
        Failure::Connect | Failure::TimedOut(Limit::Connect | Limit::FirstToken | Limit::Total) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(status: u16, seconds: Option<u64>) -> Failure {
        Failure::Status {
            status,
            refusal: Refusal::Plain,
            retry_after: seconds.map(Duration::from_secs),
        }
    }

    #[test]
    fn waits_are_those_of_the_sdks() {
        let mut chance = Chance::seeded(1, "test");
        let openai = Client::named("openai-python").unwrap();
        let mut again = |client: &Client, failure, tries| client.again(&failure, tries, false, &mut chance);
        assert_eq!(again(openai, refused(429, Some(20)), 1), Some(Duration::from_secs(20)));
        assert_eq!(again(openai, refused(429, Some(121)), 1), None);
        assert_eq!(again(openai, refused(400, None), 1), None);
        assert_eq!(again(openai, refused(503, None), 3), None);
        let own = again(openai, refused(529, None), 2).unwrap();
        assert!((0.75..=1.0).contains(&own.as_secs_f64()), "{own:?}");
        let anthropic = Client::named("anthropic-python").unwrap();
        let own = again(anthropic, refused(429, Some(61)), 1).unwrap();
        assert!(own <= HALF, "{own:?}");
    }
}
