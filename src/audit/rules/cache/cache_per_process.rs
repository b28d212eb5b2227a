//! A cache that each instance has for itself.

use crate::audit::{Audit, Family, FixKind, Harm, Hit, Hits, Rule};
use crate::report::{Confidence, Severity};
use crate::system::{CacheKind, Dialect};

/// The rule.
pub const RULE: Rule = Rule {
    name: "cache-per-process",
    title: "each instance caches for itself",
    family: Family::Cache,
    severity: Severity::Warning,
    confidence: Confidence::Medium,
    harm: Harm::Pays,
    dialects: &[Dialect::Litellm, Dialect::Compose, Dialect::Kubernetes, Dialect::Aisys],
    fix: FixKind::None,
    why: "With several instances a cache in memory answers only those who reach the same instance: the hit \
          rate falls with each replica, and users see different answers to the same question.",
    how: &[(
        Dialect::Litellm,
        "litellm_settings:\n  cache: true\n  cache_params: {type: redis, host: os.environ/REDIS_HOST}",
    )],
    check,
};

fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    for (id, gateway) in audit.gateways() {
        let processes = audit.processes(gateway);
        if processes < 2 {
            continue;
        }
        for (route_id, route) in audit.routes_of(id) {
            let cache = &route.policy.cache;
            if cache
                .value
                .as_ref()
                .is_some_and(|cache| cache.kind == CacheKind::Process)
            {
                hits.push(
                    Hit::at(
                        cache.place().unwrap_or(&gateway.place),
                        format!("{processes} processes each cache for themselves: most repeated questions miss"),
                    )
                    .route(route_id)
                    .label("in one process's memory"),
                );
            }
        }
    }
}
