//! The headers that every answer of a provider has: identifiers and what is left of its limits.

use std::time::Duration;

use super::Dialect;
use super::limiter::Left;
use super::refusal::go_span;
use crate::clock;
use crate::rng::Chance;

/// Limits that are told where none are kept: those of a small account.
const REQUESTS: f64 = 10_000.0;
const TOKENS: f64 = 2_000_000.0;

/// The identifiers of one call. The same seed and number give the same.
#[derive(Debug, Clone)]
pub struct Ids {
    /// The request's, as its header and errors name it.
    pub request: String,
    /// The answer's.
    pub answer: String,
    /// Of its first tool call; others follow it.
    pub call: String,
}

/// What the chance of identifiers is for.
const PURPOSE: u64 = 0x1d5;

impl Ids {
    /// The identifiers of a call.
    #[must_use]
    pub fn new(dialect: Dialect, seed: u64, number: u64) -> Self {
        let mut chance = Chance::numbered(seed, number, PURPOSE);
        let (request, answer, call) = match dialect {
            Dialect::Openai => (
                format!("req_{}", hex(&mut chance, 32)),
                format!("chatcmpl-{}", letters(&mut chance, 29)),
                "call_",
            ),
            Dialect::Responses => (
                format!("req_{}", hex(&mut chance, 32)),
                format!("resp_{}", hex(&mut chance, 48)),
                "call_",
            ),
            Dialect::Azure => (
                uuid(&mut chance),
                format!("chatcmpl-{}", letters(&mut chance, 29)),
                "call_",
            ),
            Dialect::Anthropic => (
                format!("req_011C{}", letters(&mut chance, 20)),
                format!("msg_01{}", letters(&mut chance, 22)),
                "toolu_01",
            ),
            Dialect::Bedrock => (uuid(&mut chance), uuid(&mut chance), "tooluse_"),
            Dialect::Gemini | Dialect::Ollama => (letters(&mut chance, 22), letters(&mut chance, 22), ""),
        };
        let call = if call.is_empty() {
            String::new()
        } else {
            format!("{call}{}", letters(&mut chance, 22))
        };
        Self { request, answer, call }
    }
}

fn hex(chance: &mut Chance, length: usize) -> String {
    pick(chance, length, b"0123456789abcdef")
}

fn letters(chance: &mut Chance, length: usize) -> String {
    pick(
        chance,
        length,
        b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
    )
}

fn pick(chance: &mut Chance, length: usize, of: &[u8]) -> String {
    (0..length).map(|_| char::from(of[chance.below(of.len())])).collect()
}

/// A random identifier (RFC 9562, version 4).
fn uuid(chance: &mut Chance) -> String {
    let part = |chance: &mut Chance, length| hex(chance, length);
    format!(
        "{}-{}-4{}-a{}-{}",
        part(chance, 8),
        part(chance, 4),
        part(chance, 3),
        part(chance, 3),
        part(chance, 12)
    )
}

/// The headers of an answer. `now` is in seconds since 1970.
#[must_use]
pub fn of(dialect: Dialect, ids: &Ids, region: &str, left: Left, now: f64) -> Vec<(&'static str, String)> {
    let id = ids.request.clone();
    let requests = Quota::of(left.requests, REQUESTS);
    let tokens = Quota::of(left.tokens, TOKENS);
    match dialect {
        Dialect::Openai | Dialect::Responses => vec![
            ("x-request-id", id),
            ("openai-organization", "org-aisys".into()),
            ("openai-processing-ms", "12".into()),
            ("openai-version", "2020-10-01".into()),
            ("x-ratelimit-limit-requests", whole(requests.limit)),
            ("x-ratelimit-limit-tokens", whole(tokens.limit)),
            ("x-ratelimit-remaining-requests", whole(requests.left)),
            ("x-ratelimit-remaining-tokens", whole(tokens.left)),
            ("x-ratelimit-reset-requests", go_span(requests.reset())),
            ("x-ratelimit-reset-tokens", go_span(tokens.reset())),
        ],
        Dialect::Azure => vec![
            ("apim-request-id", id.clone()),
            ("x-request-id", id),
            (
                "x-ms-region",
                if region.is_empty() {
                    "Sweden Central".into()
                } else {
                    region.to_owned()
                },
            ),
            ("x-ratelimit-limit-requests", whole(requests.limit)),
            ("x-ratelimit-limit-tokens", whole(tokens.limit)),
            ("x-ratelimit-remaining-requests", whole(requests.left)),
            ("x-ratelimit-remaining-tokens", whole(tokens.left)),
        ],
        Dialect::Anthropic => {
            let reset = |quota: Quota| clock::rfc3339(now + quota.reset().as_secs_f64());
            vec![
                ("request-id", id),
                (
                    "anthropic-organization-id",
                    "00000000-0000-4000-8000-000000000000".into(),
                ),
                ("anthropic-ratelimit-requests-limit", whole(requests.limit)),
                ("anthropic-ratelimit-requests-remaining", whole(requests.left)),
                ("anthropic-ratelimit-requests-reset", reset(requests)),
                ("anthropic-ratelimit-tokens-limit", whole(tokens.limit)),
                ("anthropic-ratelimit-tokens-remaining", whole(tokens.left)),
                ("anthropic-ratelimit-tokens-reset", reset(tokens)),
                ("anthropic-ratelimit-input-tokens-limit", whole(tokens.limit)),
                ("anthropic-ratelimit-input-tokens-remaining", whole(tokens.left)),
                ("anthropic-ratelimit-input-tokens-reset", reset(tokens)),
                ("anthropic-ratelimit-output-tokens-limit", whole(tokens.limit)),
                ("anthropic-ratelimit-output-tokens-remaining", whole(tokens.left)),
                ("anthropic-ratelimit-output-tokens-reset", reset(tokens)),
            ]
        }
        Dialect::Gemini => vec![
            ("vary", "Origin, X-Origin, Referer".into()),
            ("server", "scaffolding on HTTPServer2".into()),
        ],
        Dialect::Bedrock => vec![("x-amzn-requestid", id)],
        Dialect::Ollama => Vec::new(),
    }
}

#[derive(Clone, Copy)]
struct Quota {
    limit: f64,
    left: f64,
}

impl Quota {
    fn of(kept: Option<(f64, f64)>, otherwise: f64) -> Self {
        let (limit, left) = kept.unwrap_or((otherwise, otherwise - 1.0));
        Self { limit, left }
    }

    /// Until all of it is there again.
    fn reset(self) -> Duration {
        Duration::try_from_secs_f64((self.limit - self.left) * 60.0 / self.limit.max(1e-9)).unwrap_or_default()
    }
}

fn whole(amount: f64) -> String {
    format!("{:.0}", amount.floor().max(0.0))
}
