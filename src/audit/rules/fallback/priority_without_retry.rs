//! Envoy priorities that nothing fails over to.

use crate::audit::{Audit, Family, FixKind, Harm, Hit, Hits, Rule};
use crate::report::{Confidence, Severity};
use crate::system::Dialect;

/// The rule.
pub const RULE: Rule = Rule {
    name: "priority-without-retry",
    title: "priorities do not fail over within a request",
    family: Family::Fallback,
    severity: Severity::Error,
    confidence: Confidence::Medium,
    harm: Harm::Dies,
    dialects: &[Dialect::Envoy],
    fix: FixKind::NeedsReview,
    why: "A backend of a higher priority number is used when the first ones are unhealthy, and nothing makes \
          them so: without a retry policy or a passive health check in a `BackendTrafficPolicy` each request \
          to the failing backend fails (Envoy AI Gateway's `examples/provider_fallback` sets both).",
    how: &[(
        Dialect::Envoy,
        "apiVersion: gateway.envoyproxy.io/v1alpha1\nkind: BackendTrafficPolicy\nspec:\n  retry:\n    numAttemptsPerPriority: 1\n    numRetries: 3\n    retryOn: {httpStatusCodes: [429, 500, 502, 503, 504], triggers: [connect-failure, retriable-status-codes]}\n  healthCheck: {passive: {consecutive5XxErrors: 3, baseEjectionTime: 30s}}",
    )],
    check,
};

fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    for (id, route) in audit.chat_routes().filter(|(_, route)| route.dialect == Dialect::Envoy) {
        for fallback in &route.fallbacks {
            let Some(why) = &fallback.unreachable else { continue };
            hits.push(
                Hit::at(
                    &fallback.place,
                    format!("`{}` is not tried when the first backend fails: {why}", fallback.name),
                )
                .route(id)
                .label("never tried")
                .related(route.place(), "the route")
                .help("add a `BackendTrafficPolicy` with `retry` and a passive health check"),
            );
        }
    }
}
