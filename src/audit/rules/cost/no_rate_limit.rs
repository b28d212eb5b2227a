//! No limit on requests or tokens.

use crate::audit::{Audit, Family, FixKind, Harm, Hit, Hits, Rule};
use crate::report::{Confidence, Severity};
use crate::system::{Dialect, LimitKind};

/// The rule.
pub const RULE: Rule = Rule {
    name: "no-rate-limit",
    title: "no rate limit is set",
    family: Family::Cost,
    severity: Severity::Warning,
    confidence: Confidence::Medium,
    harm: Harm::Pays,
    dialects: &[
        Dialect::Litellm,
        Dialect::Tensorzero,
        Dialect::Envoy,
        Dialect::Helicone,
        Dialect::Bifrost,
        Dialect::Kong,
        Dialect::Aisys,
    ],
    fix: FixKind::None,
    why: "Without a limit one client in a loop uses up the provider's quota for everybody, and the others see \
          429. 91 % of 104 public LiteLLM configurations write neither `rpm` nor `tpm`; limits can also be set \
          on keys in the gateway's database.",
    how: &[
        (
            Dialect::Litellm,
            "litellm_params: {rpm: 300, tpm: 400000}\nrouter_settings:\n  optional_pre_call_checks: [enforce_model_rate_limits]",
        ),
        (
            Dialect::Tensorzero,
            "[[rate_limiting.rules]]\ntokens_per_minute = 400_000\nalways = true",
        ),
        (
            Dialect::Envoy,
            "rateLimit: {global: {rules: [{limit: {requests: 300, unit: Minute}}]}}",
        ),
        (
            Dialect::Helicone,
            "routers:\n  main:\n    rate-limit: {per-api-key: {capacity: 300, refill-frequency: 1m}}",
        ),
        (
            Dialect::Aisys,
            "routes:\n  assistant:\n    limits: {requests_per_minute: 600}",
        ),
    ],
    check,
};

fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    for (id, gateway) in audit.gateways() {
        let limited = audit.routes_of(id).any(|(_, route)| {
            let own = route.policy.limits.iter();
            let members = route
                .members
                .iter()
                .flat_map(|member| &audit.system.deployment(*member).limits);
            own.chain(members).any(|limit| limit.kind != LimitKind::Parallel)
        });
        if limited || !RULE.dialects.contains(&gateway.dialect) {
            continue;
        }
        for (route, _) in audit.chat_routes_of(id) {
            hits.push(
                Hit::at(
                    &gateway.place,
                    "no request or token limit is in view: one client in a loop uses up the quota of all",
                )
                .route(route)
                .label("no rate limit")
                .help("limit requests and tokens here, or on the keys"),
            );
        }
    }
}
