//! Dead deployments that only users find.

use crate::audit::{Audit, Family, FixKind, Harm, Hit, Hits, Rule};
use crate::report::{Confidence, Severity};
use crate::source::set_key;
use crate::system::Dialect;

/// The rule.
pub const RULE: Rule = Rule {
    name: "no-health-check",
    title: "only users find a dead deployment",
    family: Family::Retry,
    severity: Severity::Note,
    confidence: Confidence::High,
    harm: Harm::Waits,
    dialects: &[Dialect::Litellm, Dialect::Envoy, Dialect::Helicone, Dialect::Aisys],
    fix: FixKind::Safe,
    why: "Without background or passive checks the first to notice a dead deployment is a user, and after each \
          cooldown another one. 99 % of 104 public LiteLLM configurations have no background health checks.",
    how: &[
        (
            Dialect::Litellm,
            "general_settings:\n  background_health_checks: true\n  health_check_interval: 60",
        ),
        (Dialect::Envoy, "healthCheck: {passive: {consecutive5XxErrors: 3}}"),
    ],
    check,
};

fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    for (id, route) in audit.own_chat_routes() {
        if !RULE.dialects.contains(&route.dialect) || route.is_direct() || route.policy.health_checks.value {
            continue;
        }
        let Some(gateway) = audit.gateway_of(route) else {
            continue;
        };
        let place = route.policy.health_checks.place().unwrap_or(&gateway.place);
        let mut hit = Hit::at(
            place,
            "no health check: a dead deployment is found by users' requests, again after each cooldown",
        )
        .route(id)
        .label("no health check");
        if route.dialect == Dialect::Litellm {
            let edit = audit
                .document_at(&gateway.place)
                .and_then(|root| set_key(root, &["general_settings", "background_health_checks"], "true"));
            hit = hit.safe_fix(
                "set `general_settings.background_health_checks: true`",
                edit.into_iter().collect(),
            );
        }
        hits.push(hit);
    }
}
