//! What users ask, how often, and how long they wait.

use std::time::Duration;

use crate::read::{Fields, FormError};
use crate::source::Node;

use super::quantity::{Measure, duration, rate, share};
use super::{Client, Distribution};

/// The users' traffic.
#[derive(Debug, Clone, PartialEq)]
pub struct Traffic {
    /// How arrivals follow one another.
    pub arrivals: Arrivals,
    /// Requests a second.
    pub rate: f64,
    /// How long it goes on.
    pub lasts: Duration,
    /// Tokens of a prompt.
    pub prompt_tokens: Distribution,
    /// Tokens of an answer.
    pub output_tokens: Distribution,
    /// Who asks: ranks of tenants.
    pub tenants: Distribution,
    /// The share of questions that were asked before.
    pub repeat_questions: f64,
    /// The share of requests that ask for a stream.
    pub streamed: f64,
    /// What they are made with.
    pub client: Client,
    /// How long a user waits for the first token, or without a stream for the answer, before giving up;
    /// `None`: as long as it takes.
    pub patience: Option<Duration>,
}

/// How arrivals follow one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrivals {
    /// Independently of one another (a Poisson process).
    Poisson,
    /// At equal distances.
    Even,
    /// All the requests of a second at once.
    Bursts,
}

pub(super) const ARRIVALS: &[(&str, Arrivals)] = &[
    ("poisson", Arrivals::Poisson),
    ("even", Arrivals::Even),
    ("bursts", Arrivals::Bursts),
];
pub(super) const KEYS: &[&str] = &[
    "arrivals",
    "rate",
    "for",
    "prompt_tokens",
    "output_tokens",
    "tenants",
    "repeat_questions",
    "streamed",
    "client",
    "patience",
];

impl Default for Traffic {
    /// Assumed where a scenario says nothing: five requests a second for ten minutes.
    fn default() -> Self {
        Self {
            arrivals: Arrivals::Poisson,
            rate: 5.0,
            lasts: Duration::from_secs(600),
            prompt_tokens: Distribution::Lognormal {
                median: 800.0,
                sigma: 1.1,
            },
            output_tokens: Distribution::Lognormal {
                median: 250.0,
                sigma: 0.8,
            },
            tenants: Distribution::Constant(1.0),
            repeat_questions: 0.0,
            streamed: 1.0,
            client: Client::default(),
            patience: None,
        }
    }
}

impl Traffic {
    pub(super) fn read(node: &Node) -> Result<Self, FormError> {
        let fields = Fields::new(node, "`traffic`", KEYS)?;
        let assumed = Self::default();
        let counts = |key: &str, assumed: Distribution| {
            let node = fields.get(key);
            node.map_or(Ok(assumed), |node| {
                Distribution::read(node, Measure::Count, &format!("`{key}`"))
            })
        };
        let shares = |key: &str, assumed: f64| {
            let node = fields.get(key);
            node.map_or(Ok(assumed), |node| match node.as_bool() {
                Some(all) => Ok(f64::from(u8::from(all))),
                None => share(node, &format!("`{key}`")),
            })
        };
        Ok(Self {
            arrivals: fields.word("arrivals", ARRIVALS)?.unwrap_or(assumed.arrivals),
            rate: fields
                .get("rate")
                .map_or(Ok(assumed.rate), |node| rate(node, "`rate`"))?,
            lasts: match fields.get("for") {
                Some(node) => duration(node, "`for`")?,
                None => assumed.lasts,
            },
            prompt_tokens: counts("prompt_tokens", assumed.prompt_tokens)?,
            output_tokens: counts("output_tokens", assumed.output_tokens)?,
            tenants: counts("tenants", assumed.tenants)?,
            repeat_questions: shares("repeat_questions", assumed.repeat_questions)?,
            streamed: shares("streamed", assumed.streamed)?,
            client: fields.get("client").map_or(Ok(Client::default()), Client::read)?,
            patience: fields.duration("patience")?,
        })
    }
}
