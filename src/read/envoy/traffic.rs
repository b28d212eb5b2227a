//! `BackendTrafficPolicy`: retries, health checks, and what they do to priorities.

use std::time::Duration;

use crate::source::Node;
use crate::system::{Backoff, Cooldown, Origin, ProductDefault, Setting, units};

use super::ENVOY;
use super::resources::{self, Resources};

/// `NumRetries`: "Defaults to 2" (`retry_types.go`, Envoy Gateway).
const RETRIES: u32 = 2;
/// Envoy's `base_interval` when none is written, and its ten times for `max_interval`
/// (`config.route.v3.RetryPolicy.RetryBackOff`).
const BASE: Duration = Duration::from_millis(25);
/// `consecutive5XxErrors` and `baseEjectionTime` of `PassiveHealthCheck` (`healthcheck_types.go`).
const CONSECUTIVE: u64 = 5;
const EJECTED: Duration = Duration::from_secs(30);

/// The policies that act on one `AIGatewayRoute`: those on its generated `HTTPRoute`, which has its name,
/// before those on its gateways. A policy on the route replaces one on the gateway whole.
#[derive(Clone, Copy, Default)]
pub(super) struct Traffic<'a> {
    spec: Option<&'a Node>,
}

/// What becomes of backends of a later priority.
pub(super) enum Failover {
    /// A retry moves on after so many attempts at one priority.
    Within(u32),
    /// Only once a health check has taken the first ones out.
    Ejected,
    /// Never; the text says why.
    Never(String),
}

/// Finds the policy of a route.
pub(super) fn of_route<'a>(resources: &Resources<'a>, route: &Node) -> Traffic<'a> {
    let (namespace, name) = (resources::namespace(route), resources::name(route));
    let on_route = resources.policies("BackendTrafficPolicy", "HTTPRoute", namespace, name);
    let mut parents = route.at(&["spec", "parentRefs"]).into_iter().flat_map(Node::items);
    let on_gateway = parents.find_map(|parent| {
        let of = parent.get("namespace").and_then(Node::as_str).unwrap_or(namespace);
        let name = parent.get("name")?.as_str()?;
        resources
            .policies("BackendTrafficPolicy", "Gateway", of, name)
            .first()
            .copied()
    });
    Traffic {
        spec: on_route
            .first()
            .copied()
            .or(on_gateway)
            .and_then(|policy| policy.get("spec")),
    }
}

impl<'a> Traffic<'a> {
    /// The policy's `spec`.
    pub(super) const fn spec(self) -> Option<&'a Node> {
        self.spec
    }

    fn retry(self) -> Option<&'a Node> {
        self.spec?.get("retry")
    }

    fn passive(self) -> Option<&'a Node> {
        self.spec?.at(&["healthCheck", "passive"])
    }

    fn active(self) -> Option<&'a Node> {
        self.spec?.at(&["healthCheck", "active"])
    }

    /// Whether a sick backend is left out of its priority: by a health check, or because a retry avoids
    /// the host that has failed (`previous_hosts`, `route.go`).
    pub(super) fn ejects(self) -> bool {
        self.retry().is_some() || self.passive().is_some() || self.active().is_some()
    }

    /// How many repetitions follow the first attempt. Without the block there are none.
    pub(super) fn retries(self) -> Setting<u32> {
        let Some(retry) = self.retry() else {
            return Setting::default_of(0, ENVOY);
        };
        retry
            .get("numRetries")
            .and_then(|node| {
                Some(Setting::written(
                    u32::try_from(node.as_u64()?).ok()?,
                    node.place.clone(),
                ))
            })
            .unwrap_or_else(|| Setting::default_of(RETRIES, ENVOY))
    }

    /// What becomes of later priorities. Retries choose the priority anew only with
    /// `numAttemptsPerPriority` (`previous_priorities`, `route.go`); without it they stay with the first
    /// one that is healthy, so a passive health check must have taken it out.
    pub(super) fn failover(self) -> Failover {
        let whole = |node: Option<&Node>| node.and_then(Node::as_u64).and_then(|count| u32::try_from(count).ok());
        let attempts = self
            .retry()
            .and_then(|retry| whole(retry.get("numAttemptsPerPriority")));
        if let Some(attempts) = attempts.filter(|attempts| *attempts > 0) {
            return Failover::Within(attempts);
        }
        let Some(passive) = self.passive() else {
            return if self.active().is_some() {
                Failover::Ejected
            } else if self.retry().is_some() {
                Failover::Never(
                    "without `numAttemptsPerPriority` or a passive health check a retry stays with the first priority"
                        .to_owned(),
                )
            } else {
                Failover::Never("no `BackendTrafficPolicy` in view retries or takes a failing backend out".to_owned())
            };
        };
        let needed = whole(passive.get("consecutive5XxErrors")).unwrap_or(5).max(1);
        if self.retry().is_some() && needed <= self.retries().value {
            Failover::Within(needed)
        } else {
            Failover::Ejected
        }
    }

    /// The limit on one attempt.
    pub(super) fn per_try(self) -> Option<Setting<Option<Duration>>> {
        time(self.retry()?.at(&["perRetry", "timeout"])?)
    }

    /// The waits between attempts: Envoy doubles from the base to the maximum and then takes any shorter
    /// time at random.
    pub(super) fn backoff(self) -> Backoff {
        let block = self.retry().and_then(|retry| retry.at(&["perRetry", "backOff"]));
        let get = |key: &str| Some((block?.get(key)?, units::duration(block?.get(key)?.as_str()?)?));
        let base = get("baseInterval");
        let initial = base.map_or(BASE, |(_, base)| base);
        Backoff {
            initial,
            factor: 2.0,
            floor: Duration::ZERO,
            max: get("maxInterval").map_or(initial.saturating_mul(10), |(_, max)| max),
            jitter: Duration::ZERO,
            jittered: true,
            after_last: false,
            retry_after: None,
            origin: base.map_or(Origin::Default(ProductDefault::of(ENVOY)), |(node, _)| {
                Origin::Written(node.place.clone())
            }),
        }
    }

    /// Whether a time limit on one attempt starts the next: Envoy counts it as a reset or a 504.
    pub(super) fn retries_timeouts(self) -> bool {
        let triggers = self.retry().and_then(|retry| retry.at(&["retryOn", "triggers"]));
        triggers.is_some_and(|list| {
            list.items()
                .any(|item| matches!(item.as_str(), Some("5xx" | "gateway-error" | "reset")))
        })
    }

    /// The statuses after which Envoy tries again; 503 when no `retryOn` is written (`retry_types.go`).
    pub(super) fn statuses(self) -> Option<Setting<Vec<u16>>> {
        let retry = self.retry()?;
        let Some(on) = retry.get("retryOn") else {
            return Some(Setting::default_of(vec![503], ENVOY));
        };
        let triggers: Vec<&str> = on
            .get("triggers")
            .into_iter()
            .flat_map(Node::items)
            .filter_map(Node::as_str)
            .collect();
        let mut statuses = Vec::new();
        if triggers.contains(&"retriable-status-codes") {
            let listed = on.get("httpStatusCodes").into_iter().flat_map(Node::items);
            statuses.extend(listed.filter_map(|item| u16::try_from(item.as_u64()?).ok()));
        }
        if triggers.contains(&"5xx") {
            statuses.extend([500, 502, 503, 504]);
        }
        if triggers.contains(&"gateway-error") {
            statuses.extend([502, 503, 504]);
        }
        if triggers.contains(&"retriable-4xx") {
            statuses.push(409);
        }
        statuses.sort_unstable();
        statuses.dedup();
        let place = on.get("httpStatusCodes").unwrap_or(on).place.clone();
        Some(Setting::written(statuses, place))
    }

    /// How a failing backend is left out for a while.
    pub(super) fn cooldown(self) -> Setting<Cooldown> {
        let Some(passive) = self.passive() else {
            return Setting::default_of(
                Cooldown {
                    enabled: false,
                    allowed_fails: None,
                    time: Duration::ZERO,
                },
                ENVOY,
            );
        };
        let time = passive
            .get("baseEjectionTime")
            .and_then(Node::as_str)
            .and_then(units::duration);
        let consecutive = passive.get("consecutive5XxErrors").and_then(Node::as_u64);
        Setting::written(
            Cooldown {
                enabled: true,
                allowed_fails: Some(consecutive.unwrap_or(CONSECUTIVE)),
                time: time.unwrap_or(EJECTED),
            },
            passive.place.clone(),
        )
    }

    /// Whether backends are asked without a user's request.
    pub(super) fn health_checks(self) -> Setting<bool> {
        self.active().map_or_else(
            || Setting::default_of(false, ENVOY),
            |active| Setting::written(true, active.place.clone()),
        )
    }
}

/// A Gateway API duration; zero switches the limit off.
pub(super) fn time(node: &Node) -> Option<Setting<Option<Duration>>> {
    let limit = units::duration(node.as_str()?)?;
    Some(Setting::written(
        Some(limit).filter(|limit| !limit.is_zero()),
        node.place.clone(),
    ))
}
