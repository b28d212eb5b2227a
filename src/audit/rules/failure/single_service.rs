//! One Redis, database or vector store in the request's path.

use crate::audit::{Audit, Family, FixKind, Harm, Hit, Hits, Rule};
use crate::report::{Confidence, Severity};
use crate::system::{Dialect, Origin};

/// The rule.
pub const RULE: Rule = Rule {
    name: "single-service",
    title: "one store stands in the path of every request",
    family: Family::Failure,
    severity: Severity::Warning,
    confidence: Confidence::Medium,
    harm: Harm::Dies,
    dialects: &[
        Dialect::Litellm,
        Dialect::Tensorzero,
        Dialect::Helicone,
        Dialect::Aisys,
        Dialect::Compose,
    ],
    fix: FixKind::None,
    why: "A cache or a rate limiter that every request asks first is as much a point of failure as a provider. \
          When it is set to fail closed, it stops everything; when it fails open, each request still waits for \
          its connection to time out. 8 % of 104 public LiteLLM configurations put one Redis there.",
    how: &[
        (
            Dialect::Litellm,
            "litellm_settings:\n  cache: true\n  cache_params:\n    type: redis\n    redis_startup_nodes: [{host: redis-1, port: 6379}, {host: redis-2, port: 6379}]",
        ),
        (
            Dialect::Compose,
            "services:\n  redis:\n    image: redis:7.4\n    command: redis-server --replicaof redis-main 6379",
        ),
    ],
    check,
};

fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    for (id, gateway) in audit.gateways() {
        for service in &gateway.path_services {
            let place = service.place().unwrap_or(&gateway.place);
            hits.push(
                Hit::at(
                    place,
                    format!(
                        "{} is asked on every request and fails closed: when it is down, every route stops",
                        service.value
                    ),
                )
                .severity(Severity::Error)
                .label("fails closed")
                .help("run a second one of it, or let the gateway go on without it"),
            );
        }
        for (route_id, route) in audit.routes_of(id) {
            let store = route.policy.cache.value.as_ref().and_then(|cache| cache.store.as_ref());
            let Some((store, Origin::Written(place))) = store.map(|store| (store, &store.origin)) else {
                continue;
            };
            hits.push(
                Hit::at(
                    place,
                    format!(
                        "one {} stands before every call: while it hangs, each request waits for it first",
                        store.value
                    ),
                )
                .route(route_id)
                .label("one store")
                .help("use a cluster or Sentinel, and a connection timeout below a second"),
            );
        }
    }
}
