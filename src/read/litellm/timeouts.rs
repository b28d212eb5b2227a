//! Which of `LiteLLM`'s timeouts wins.
//!
//! `_get_non_stream_timeout` and `_get_stream_timeout` of `router_python_core.py`, `LiteLLM` 1.109.1,
//! from the strongest to the weakest:
//!
//! - a whole answer: the deployment's `timeout`, its `request_timeout`, then
//!   `litellm_settings.request_timeout` (only when the router has a timeout of its own), the
//!   router's `timeout` (which is `litellm_settings.request_timeout` when it is not written), 6000 s;
//! - a stream: the deployment's `stream_timeout`, the router's, `litellm_settings.request_timeout`
//!   (again only beside a router timeout), and only then the chain for a whole answer.

use std::time::Duration;

use crate::source::Node;
use crate::system::{Dialect, Setting, System, units};

use super::config::{Config, truthy};

/// `DEFAULT_REQUEST_TIMEOUT_SECONDS` of `constants.py`, `LiteLLM` 1.109.1.
pub(super) const DEFAULT_TIMEOUT: Duration = Duration::from_secs(6_000);

/// A time limit with its origin; `None` inside when its value is out of sight.
pub(super) type Limit = Setting<Option<Duration>>;

/// The limit on a whole answer of one deployment.
pub(super) fn whole(config: &Config<'_>, params: &Node, system: &mut System) -> Limit {
    let router = config.router.get("timeout");
    let module = config.litellm.get("request_timeout");
    let candidates = [
        params.get("timeout"),
        params.get("request_timeout"),
        module.filter(|_| router.is_some()),
        router,
        module,
    ];
    first(candidates, system).unwrap_or_else(|| Setting::default_of(Some(DEFAULT_TIMEOUT), Dialect::Litellm))
}

/// The limit on a stream's silence. The handler passes it to the HTTP client as a read timeout, so
/// it bounds the wait for the first token and each gap after it alike.
pub(super) fn stream(config: &Config<'_>, params: &Node, system: &mut System) -> Option<Limit> {
    let router = config.router.get("timeout");
    let module = config.litellm.get("request_timeout").filter(|_| router.is_some());
    first(
        [
            params.get("stream_timeout"),
            config.router.get("stream_timeout"),
            module,
        ],
        system,
    )
}

/// The first candidate that Python takes for true: `timeout: 0` is no timeout but a skipped one.
fn first<'a>(candidates: impl IntoIterator<Item = Option<&'a Node>>, system: &mut System) -> Option<Limit> {
    candidates
        .into_iter()
        .flatten()
        .find(|node| truthy(node))
        .map(|node| Setting::written(seconds(node, system), node.place.clone()))
}

/// Seconds of a number or of text that holds one. A reference to the environment is noted as a
/// need; its value is out of sight.
fn seconds(node: &Node, system: &mut System) -> Option<Duration> {
    if let Some(variable) = node.as_str().and_then(|text| text.strip_prefix("os.environ/")) {
        system.variables.need(variable, node.place.clone());
        return None;
    }
    let number = node.as_f64().or_else(|| node.as_str()?.trim().parse().ok())?;
    units::seconds_to_duration(number)
}
