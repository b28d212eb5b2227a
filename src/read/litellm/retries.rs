//! How often a failed call is repeated, and how long `LiteLLM` waits between.

use std::time::Duration;

use crate::source::Node;
use crate::system::{Backoff, Dialect, Origin, ProductDefault, RetryCounts, Setting, Wait};

use super::config::Config;

/// `openai.DEFAULT_MAX_RETRIES`, which the Router takes when nothing is written (measured on 1.106.2).
const DEFAULT_RETRIES: u32 = 2;
/// `INITIAL_RETRY_DELAY` of `constants.py`, `LiteLLM` 1.109.1.
const INITIAL: Duration = Duration::from_millis(500);
/// `MAX_RETRY_DELAY`, the same.
const MAX: Duration = Duration::from_secs(8);
/// `JITTER`, the same: up to this much is added to each wait.
const JITTER: Duration = Duration::from_millis(750);
/// A `Retry-After` up to this is obeyed (`calculate_retry_after` in `utils.py`, 1.109.1); a longer
/// one is ignored.
const RETRY_AFTER: Duration = Duration::from_secs(60);

/// How often a call of a route is repeated: a retry policy's largest count where one applies, else
/// the deployments' own number, else the router's, else the module's, else 2.
pub(super) fn count(config: &Config<'_>, route: &str, params: &[&Node]) -> Setting<u32> {
    if let Some(largest) = policy(config, route).and_then(largest) {
        return largest;
    }
    without_policy(config, params)
}

/// The counts of a route's retry policy (`router_utils/get_retry_from_policy.py`, 1.106.2).
pub(super) fn counts(config: &Config<'_>, route: &str, params: &[&Node]) -> Option<Setting<RetryCounts>> {
    let policy = policy(config, route)?;
    let count = |key: &str| Some(whole(policy.get(key)?)?.value);
    let counts = RetryCounts {
        timeout: count("TimeoutErrorRetries"),
        rate_limit: count("RateLimitErrorRetries"),
        server_error: count("InternalServerErrorRetries"),
        unavailable: count("ServiceUnavailableErrorRetries"),
        bad_request: count("BadRequestErrorRetries"),
        authentication: count("AuthenticationErrorRetries"),
        filtered: count("ContentPolicyViolationErrorRetries"),
        not_found: count("NotFoundErrorRetries"),
        unnamed: count("DefaultRetries"),
        otherwise: without_policy(config, params).value,
    };
    Some(Setting::written(counts, policy.place.clone()))
}

fn policy<'a>(config: &Config<'a>, route: &str) -> Option<&'a Node> {
    let of_route = config.router.get("model_group_retry_policy");
    of_route
        .and_then(|policies| policies.get(route))
        .or_else(|| config.router.get("retry_policy"))
}

fn without_policy(config: &Config<'_>, params: &[&Node]) -> Setting<u32> {
    let own = params
        .iter()
        .filter_map(|params| whole(params.get("num_retries")?))
        .max_by_key(|count| count.value);
    own.or_else(|| whole(config.router_or_litellm("num_retries")?))
        .unwrap_or_else(|| Setting::default_of(DEFAULT_RETRIES, Dialect::Litellm))
}

/// Retries inside the provider's SDK, which the Router sets to 0 unless a deployment asks for them.
pub(super) fn sdk_count(params: &Node) -> Option<Setting<u32>> {
    whole(params.get("max_retries")?).filter(|count| count.value > 0)
}

fn whole(node: &Node) -> Option<Setting<u32>> {
    Some(Setting::written(
        u32::try_from(node.as_u64()?).ok()?,
        node.place.clone(),
    ))
}

fn largest(policy: &Node) -> Option<Setting<u32>> {
    policy
        .entries()
        .filter_map(|entry| whole(&entry.value))
        .max_by_key(|count| count.value)
}

/// The waits between repetitions on a route. With several deployments another healthy one is tried
/// at once; a lone one is waited for, also after its last failure, before any fallback
/// (`_time_to_sleep_before_retry`, 1.109.1).
pub(super) fn backoff(config: &Config<'_>, deployments: usize) -> Backoff {
    let default = Origin::Default(ProductDefault::of(Dialect::Litellm));
    if deployments > 1 {
        return Backoff::none(default);
    }
    let floor = config
        .router
        .get("retry_after")
        .and_then(|node| Some((Duration::try_from_secs_f64(node.as_f64()?).ok()?, node)));
    Backoff {
        initial: INITIAL,
        factor: 2.0,
        floor: floor.map_or(Duration::ZERO, |(floor, _)| floor),
        max: MAX,
        origin: floor.map_or(default, |(_, node)| Origin::Written(node.place.clone())),
        jitter: JITTER,
        jittered: true,
        after_last: true,
        retry_after: Some(Wait::AtMost(RETRY_AFTER)),
    }
}

/// The waits of the OpenAI and Anthropic SDKs between their own repetitions: 0.5 s doubling to 8 s,
/// jitter only shortens (openai-python, `_calculate_retry_timeout`).
pub(super) fn sdk_backoff() -> Backoff {
    Backoff {
        initial: INITIAL,
        factor: 2.0,
        floor: Duration::ZERO,
        max: MAX,
        jitter: Duration::ZERO,
        jittered: true,
        after_last: false,
        retry_after: Some(Wait::AtMost(RETRY_AFTER)),
        origin: Origin::Default(ProductDefault {
            product: "openai-python",
            version: "2.x",
        }),
    }
}
