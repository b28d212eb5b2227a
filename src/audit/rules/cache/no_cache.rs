//! Every question is paid anew.

use crate::audit::{Audit, Family, FixKind, Harm, Hit, Hits, Rule};
use crate::report::{Confidence, Severity};
use crate::system::Dialect;

/// The rule.
pub const RULE: Rule = Rule {
    name: "no-cache",
    title: "no cache",
    family: Family::Cache,
    severity: Severity::Note,
    confidence: Confidence::Medium,
    harm: Harm::Pays,
    dialects: &[
        Dialect::Litellm,
        Dialect::Portkey,
        Dialect::Tensorzero,
        Dialect::Helicone,
        Dialect::Aisys,
    ],
    fix: FixKind::NeedsReview,
    why: "The same question is asked again: by a retry, a reload, a test. An exact cache answers it in \
          milliseconds, for nothing, and also while the provider is down. 88 % of 104 public LiteLLM \
          configurations have none.",
    how: &[
        (
            Dialect::Litellm,
            "litellm_settings:\n  cache: true\n  cache_params: {type: redis, ttl: 600}",
        ),
        (
            Dialect::Portkey,
            "{\"cache\": {\"mode\": \"simple\", \"max_age\": 600}}",
        ),
        (
            Dialect::Helicone,
            "global:\n  cache: {directive: \"max-age=600\", buckets: 1}",
        ),
        (
            Dialect::Aisys,
            "routes:\n  assistant:\n    cache: {semantic: {max_error: 1%, ttl: 1d, per: tenant}}",
        ),
    ],
    check,
};

fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    for (id, gateway) in audit.gateways() {
        let routes: Vec<_> = audit.chat_routes_of(id).collect();
        if !RULE.dialects.contains(&gateway.dialect)
            || routes.iter().any(|(_, route)| route.policy.cache.value.is_some())
        {
            continue;
        }
        for (route_id, route) in routes {
            let place = route.policy.cache.place().unwrap_or(&gateway.place);
            hits.push(
                Hit::at(
                    place,
                    "no cache: the same question is paid each time, and has no answer while the provider is down",
                )
                .route(route_id)
                .label("no cache"),
            );
        }
    }
}
