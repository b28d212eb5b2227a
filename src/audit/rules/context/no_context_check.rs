//! Input that is not measured before the call.

use crate::audit::{Audit, Family, FixKind, Harm, Hit, Hits, Rule};
use crate::report::{Confidence, Severity};
use crate::source::set_key;
use crate::system::Dialect;

/// The rule.
pub const RULE: Rule = Rule {
    name: "no-context-check",
    title: "input is not checked against the window",
    family: Family::Context,
    severity: Severity::Warning,
    confidence: Confidence::High,
    harm: Harm::Dies,
    dialects: &[Dialect::Litellm, Dialect::Aisys],
    fix: FixKind::Safe,
    why: "A long input is sent, waited for and refused by the provider with a 400 that no retry mends. 94 % of \
          104 public LiteLLM configurations do not switch `enable_pre_call_checks` on, which would pick a \
          deployment whose window is large enough.",
    how: &[
        (Dialect::Litellm, "router_settings:\n  enable_pre_call_checks: true"),
        (
            Dialect::Aisys,
            "routes:\n  assistant:\n    limits: {input_tokens: 16000}",
        ),
    ],
    check,
};

fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    for (id, gateway) in audit.gateways() {
        if !RULE.dialects.contains(&gateway.dialect) {
            continue;
        }
        for (route_id, route) in audit.chat_routes_of(id) {
            let check = &route.policy.context_check;
            if check.value {
                continue;
            }
            let edit = (gateway.dialect == Dialect::Litellm)
                .then(|| audit.document_at(&gateway.place))
                .flatten()
                .and_then(|root| set_key(root, &["router_settings", "enable_pre_call_checks"], "true"));
            hits.push(
                Hit::at(
                    check.place().unwrap_or(&gateway.place),
                    "input is not measured before the call: what is too long is sent, waited for and refused",
                )
                .route(route_id)
                .label("not checked")
                .safe_fix(
                    "set `router_settings.enable_pre_call_checks: true`",
                    edit.into_iter().collect(),
                ),
            );
        }
    }
}
