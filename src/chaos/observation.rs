//! What was seen of one request, simulated or real.

use serde::{Deserialize, Serialize};

use crate::pipeline::policy::{Failure, Tick};

/// One request of a user and what came of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    /// Its number in the order of arrival.
    pub id: u64,
    /// When the user sent it: the moment that it was meant for, also when the load generator was late.
    pub at: Tick,
    /// When the user saw the first token; `None`: never.
    pub first_token: Option<Tick>,
    /// When the user had the whole answer, the error, or gave up.
    pub end: Tick,
    /// What the user saw.
    pub seen: Seen,
    /// Which deployment's answer it was, by number.
    pub by: Option<usize>,
    /// How many calls providers got for it.
    pub calls: u32,
    /// What they cost in US dollars.
    pub cost_usd: f64,
    /// Its calls, one by one, when they were traced.
    pub attempts: Vec<Attempt>,
}

/// What a user saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// A whole, good answer.
    Answered,
    /// An answer out of a cache.
    Cached,
    /// The degraded answer, honestly.
    Degraded,
    /// Something that looks finished and is not good: cut off in silence, empty, or wrong.
    Hollow(Hollow),
    /// An error.
    Failed(Failure),
    /// The user stopped waiting.
    GaveUp,
}

/// How an answer that looks finished is not good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hollow {
    /// Cut off, presented as complete.
    Truncated,
    /// No text at all.
    Empty,
    /// Words that are wrong.
    Wrong,
    /// What was asked got lost: no tool call, broken arguments, a refusal by a filter.
    Useless,
}

/// One call of a provider.
#[derive(Debug, Clone, PartialEq)]
pub struct Attempt {
    /// Which deployment, by number.
    pub deployment: usize,
    /// When it began.
    pub begin: Tick,
    /// When its first token came.
    pub first_token: Option<Tick>,
    /// When it ended.
    pub end: Tick,
    /// How it failed; `None`: it answered.
    pub failure: Option<Failure>,
    /// The status that came, when one did.
    pub status: Option<u16>,
    /// What the wait after it was for: nothing, a backoff, `retry-after`.
    pub waited: std::time::Duration,
}
