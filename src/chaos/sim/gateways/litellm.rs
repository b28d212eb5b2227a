//! `LiteLLM` proxy 1.106.2, from its sources (`router.py`, `router_utils/cooldown_handlers.py`, `utils.py`) and
//! from what it did under 35 faults.
//!
//! - What is tried again: 403, 408, 409, 429, 5xx, timeouts, lost connections, bodies that cannot be read; 401
//!   only where the route has another deployment (`should_retry_this_error`).
//! - After the last repetition it waits once more before the fallback (`async_function_with_retries`).
//! - `retry-after` up to 60 s is waited out although a fallback is healthy (`calculate_retry_after`).
//! - Of a request's failures only the first counts towards a cooldown.
//! - An answer is not looked at (but where `content_policy_fallbacks` are written): no choices, null, empty, filtered
//!   pass as success; a stream that ends in good
//!   order without its end is given one ("stop", `[DONE]`).
//! - Once a stream has its headers, a failure before the first token goes to the fallback at once, without a
//!   repetition; one after it goes to the user, and no fallback is called.

use std::time::Duration;

use crate::pipeline::policy::{
    CallEnd, Circumstances, Failure, Fleet, Limit, Refusal, Semantics, Tick, Treatment, Useless,
};
use crate::system::{Cooldown, RetryCounts, System};

use super::once_passed_on;

/// Its ways with a call of one deployment.
#[derive(Debug, Clone, Copy, Default)]
pub struct Litellm<'a> {
    /// Whether the deployment is the only one of its route.
    pub alone: bool,
    /// Whether `context_window_fallbacks` are written anywhere: then a prompt that is too long goes there or
    /// nowhere.
    pub context_fallbacks: bool,
    /// The same of `content_policy_fallbacks`.
    pub content_fallbacks: bool,
    /// Whether the route has one of these. An answer that is not streamed and was filtered, or has no choices, goes
    /// there too (`_should_raise_content_policy_error`).
    pub content_detour: bool,
    /// Whether `enable_pre_call_checks` looks for a window that is large enough.
    pub checks_windows: bool,
    /// Repetitions by kind of failure: `retry_policy`, which is asked before all else.
    pub retry_counts: Option<&'a RetryCounts>,
}

impl Litellm<'_> {
    /// What the retry policy grants for a failure; `None`: it does not cover it.
    fn granted(&self, failure: &Failure) -> Option<u32> {
        let counts = self.retry_counts?;
        let named = match failure {
            Failure::Status {
                refusal: Refusal::ContentFilter,
                ..
            } => counts.filtered.or(counts.bad_request),
            Failure::Status { status, .. } => match status {
                400 | 422 => counts.bad_request,
                401 => counts.authentication,
                404 => counts.not_found,
                408 | 504 => counts.timeout,
                429 => counts.rate_limit,
                500 => counts.server_error,
                503 => counts.unavailable,
                _ => None,
            },
            Failure::TimedOut(_) => counts.timeout,
            _ => None,
        };
        named.or(counts.unnamed)
    }
}

impl Semantics for Litellm<'_> {
    fn repeats(&self, failure: &Failure) -> Option<u32> {
        let counts = self.retry_counts?;
        Some(self.granted(failure).unwrap_or(counts.otherwise))
    }

    fn treats(&self, failure: &Failure, circumstances: Circumstances) -> Treatment {
        if circumstances.passed_on {
            return once_passed_on(failure);
        }
        match failure {
            Failure::Useless(Useless::Filtered | Useless::NoChoices)
                if self.content_detour && !circumstances.streamed =>
            {
                Treatment::Fail
            }
            Failure::Useless(_) | Failure::Unfinished => Treatment::Deliver,
            Failure::Status { .. } if self.granted(failure).is_some() => Treatment::Retry,
            Failure::Status {
                refusal: Refusal::ContextLength,
                ..
            } if self.checks_windows && !self.alone => Treatment::Elsewhere,
            Failure::Status {
                refusal: Refusal::ContextLength,
                ..
            } if self.context_fallbacks => Treatment::Fail,
            Failure::Status {
                refusal: Refusal::ContentFilter,
                ..
            } if self.content_fallbacks => Treatment::Fail,
            Failure::Status { status, .. } => match status {
                // 403 becomes a plain `APIError`, which the rule for lone deployments does not know.
                403 | 408 | 409 | 429 | 500.. => Treatment::Retry,
                401 if !self.alone => Treatment::Retry,
                _ => Treatment::Next,
            },
            // With the headers there, the router's loop of repetitions has been left.
            Failure::Broken | Failure::Unreadable if circumstances.streamed => Treatment::Next,
            Failure::ErrorEvent | Failure::TimedOut(Limit::Idle) | Failure::NoneAvailable | Failure::OwnLimit => {
                Treatment::Next
            }
            // The number in `code` is taken for the status (`convert_dict_to_response.py`); a word there, as OpenAI's
            // own bodies have it, is not tried again.
            Failure::ErrorBody | Failure::Connect | Failure::Broken | Failure::Unreadable | Failure::TimedOut(_) => {
                Treatment::Retry
            }
        }
    }
}

/// `DEFAULT_FAILURE_THRESHOLD_MINIMUM_REQUESTS` of `constants.py`.
const FEWEST: u32 = 5;
/// `SINGLE_DEPLOYMENT_TRAFFIC_FAILURE_THRESHOLD`, the same.
const LONE_FEWEST: u32 = 1_000;
/// Counts of successes and of failures live so long from their first one.
const WINDOW: Duration = Duration::from_secs(60);

/// Who cools down.
#[derive(Debug, Clone)]
pub struct Cooldowns {
    states: Vec<State>,
}

#[derive(Debug, Clone)]
struct State {
    alone: bool,
    settings: Cooldown,
    until: Tick,
    successes: Count,
    failures: Count,
    /// Failures that `allowed_fails` counts, for as long as a cooldown.
    allowed: Count,
}

/// A count that is forgotten a time after its first one.
#[derive(Debug, Clone, Copy, Default)]
struct Count {
    count: u32,
    ends: Tick,
}

impl Count {
    fn value(self, now: Tick) -> u32 {
        if now < self.ends { self.count } else { 0 }
    }

    fn add(&mut self, now: Tick, lives: Duration) -> u32 {
        if now >= self.ends {
            *self = Self {
                count: 0,
                ends: now.after(lives),
            };
        }
        self.count = self.count.saturating_add(1);
        self.count
    }
}

impl Cooldowns {
    /// Everybody is well. A deployment's settings are those of the route that it belongs to; `time` in place of its own.
    #[must_use]
    pub fn of(system: &System, time: Option<Duration>) -> Self {
        let off = Cooldown {
            enabled: false,
            allowed_fails: None,
            time: Duration::ZERO,
        };
        let states = (0..system.deployments.len()).map(|at| {
            let route = system
                .routes
                .iter()
                .find(|route| route.members.iter().any(|id| id.0 == at));
            State {
                alone: route.is_none_or(|route| route.members.len() <= 1),
                settings: route.map_or_else(
                    || off.clone(),
                    |route| Cooldown {
                        time: time.unwrap_or(route.policy.cooldown.value.time),
                        ..route.policy.cooldown.value.clone()
                    },
                ),
                until: Tick::ZERO,
                successes: Count::default(),
                failures: Count::default(),
                allowed: Count::default(),
            }
        });
        Self {
            states: states.collect(),
        }
    }
}

impl Fleet for Cooldowns {
    fn usable(&mut self, deployment: usize, now: Tick) -> bool {
        self.states.get(deployment).is_none_or(|state| now >= state.until)
    }

    fn saw(&mut self, deployment: usize, now: Tick, end: &CallEnd) {
        let Some(state) = self.states.get_mut(deployment) else {
            return;
        };
        let Some(failure) = &end.failure else {
            state.successes.add(now, WINDOW);
            return;
        };
        // A request logs one failure, and a deployment's failures are counted where they are logged
        // (`has_logged_async_failure` of `litellm_logging.py`): what fails after that is forgotten.
        if end.failed_before {
            return;
        }
        let Some(status) = status(failure) else { return };
        let failures = state.failures.add(now, WINDOW);
        if !state.settings.enabled || !counts(status) {
            return;
        }
        let all = failures + state.successes.value(now);
        let cools = match state.settings.allowed_fails {
            // `allowed_fails: 3` is what nothing written means, and changes nothing.
            Some(allowed) if allowed != 3 => {
                let seen = state.allowed.add(now, state.settings.time);
                u64::from(seen) > allowed
            }
            _ => {
                let others = !state.alone;
                (status == 429 && others)
                    || (failures == all && all >= LONE_FEWEST)
                    || (others && all >= FEWEST && failures * 2 > all)
                    || matches!(status, 401 | 402 | 404)
            }
        };
        if cools {
            // What the provider asks for wins over the router's own time.
            let asked = match failure {
                Failure::Status {
                    retry_after: Some(asked),
                    ..
                } => *asked,
                _ => state.settings.time,
            };
            state.until = state.until.max(now.after(asked));
        }
    }
}

/// The status that the router's exception for a failure has; `None` for what is no failure of a deployment, and
/// for connection errors inside a stream, which never count.
const fn status(failure: &Failure) -> Option<u16> {
    match failure {
        Failure::Status { status, .. } => Some(*status),
        Failure::TimedOut(Limit::Connect | Limit::FirstToken | Limit::Total | Limit::Deadline) => Some(408),
        Failure::Connect | Failure::Unreadable => Some(500),
        Failure::TimedOut(Limit::Idle)
        | Failure::Broken
        | Failure::ErrorEvent
        | Failure::ErrorBody
        | Failure::Unfinished
        | Failure::Useless(_)
        | Failure::NoneAvailable
        | Failure::OwnLimit => None,
    }
}

/// `_is_cooldown_required`.
const fn counts(status: u16) -> bool {
    matches!(status, 401 | 402 | 404 | 408 | 429 | 500..)
}
