//! One request's life, attempt by attempt.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::chaos::observation::{Attempt, Observation};
use crate::pipeline::policy::{Failure, Tick};

use super::{Setting, words};

/// A request's life. Times are seconds since the user sent it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Life {
    /// Its number in the order of arrival.
    pub id: u64,
    /// When it was sent, in seconds since the run's beginning.
    pub at_s: f64,
    /// Why it is shown: the hypothesis that it violates, or what it is an example of.
    pub shows: String,
    /// When the user saw the first token.
    pub first_token_s: Option<f64>,
    /// When it ended for the user.
    pub end_s: f64,
    /// What the user saw, in words.
    pub seen: String,
    /// Whether that was good.
    pub good: bool,
    /// How long the user waits before giving up.
    pub patience_s: Option<f64>,
    /// When the user must have an answer, as the configuration has it.
    pub deadline_s: Option<f64>,
    /// What it cost in US dollars.
    pub cost_usd: f64,
    /// Its calls of providers.
    pub attempts: Vec<Call>,
    /// What in the configuration made it so.
    pub causes: Vec<Cause>,
}

/// One call of a provider. Times are seconds since the user sent the request.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Call {
    /// The deployment's name.
    pub deployment: String,
    /// When it began.
    pub begin_s: f64,
    /// When its first token came.
    pub first_token_s: Option<f64>,
    /// When it ended.
    pub end_s: f64,
    /// How it failed, in words; `None`: it answered.
    pub failure: Option<String>,
    /// The status that came.
    pub status: Option<u16>,
    /// How long was waited after it, in seconds.
    pub waited_s: f64,
    /// Why: a backoff, or the provider's `retry-after`.
    pub why: Option<String>,
}

/// A value in the configuration that led to something.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    /// What it is: `request_timeout: 600 s`.
    pub text: String,
    /// Where it stands: `file:line:column`, or a product's default.
    pub place: Option<String>,
}

impl Life {
    /// The life of a traced request. What the observation does not tell (why it is shown, patience, deadline,
    /// causes) is left empty.
    #[must_use]
    pub fn of(seen: &Observation, setting: &Setting) -> Self {
        let since = |moment: Tick| moment.since(seen.at).as_secs_f64();
        Self {
            id: seen.id,
            at_s: seen.at.seconds(),
            first_token_s: seen.first_token.map(since),
            end_s: since(seen.end),
            seen: words::seen(seen.seen),
            good: words::is_good(seen.seen),
            cost_usd: seen.cost_usd,
            attempts: seen
                .attempts
                .iter()
                .map(|call| Call::of(call, &since, setting))
                .collect(),
            ..Self::default()
        }
    }
}

impl Call {
    fn of(call: &Attempt, since: &impl Fn(Tick) -> f64, setting: &Setting) -> Self {
        Self {
            deployment: setting.deployment(call.deployment),
            begin_s: since(call.begin),
            first_token_s: call.first_token.map(since),
            end_s: since(call.end),
            failure: call.failure.map(words::failure),
            status: call.status,
            waited_s: call.waited.as_secs_f64(),
            why: (call.waited > Duration::ZERO).then(|| why(call)),
        }
    }
}

/// What a wait was for: the provider's wish where it is what was waited, or a backoff.
fn why(call: &Attempt) -> String {
    match call.failure {
        Some(Failure::Status {
            retry_after: Some(wish),
            ..
        }) if call.waited >= wish.mul_f64(0.9) => {
            format!("retry-after: {}", words::seconds(wish.as_secs_f64()))
        }
        _ => "backoff".to_owned(),
    }
}
