//! Requests of any size.

use crate::audit::{Audit, Family, FixKind, Harm, Hit, Hits, Rule};
use crate::report::{Confidence, Severity};
use crate::source::set_key;
use crate::system::Dialect;

/// The rule.
pub const RULE: Rule = Rule {
    name: "no-input-limit",
    title: "no limit on a request's size",
    family: Family::Context,
    severity: Severity::Warning,
    confidence: Confidence::Medium,
    harm: Harm::Waits,
    dialects: &[Dialect::Litellm, Dialect::Bifrost, Dialect::Aisys],
    fix: FixKind::Safe,
    why: "A huge upload is parsed, held in memory, counted and forwarded before anybody says no: one of them \
          slows all other requests down, and a few stop the process. A limit on the body is one line.",
    how: &[
        (Dialect::Litellm, "general_settings:\n  max_request_size_mb: 10"),
        (Dialect::Bifrost, "{\"client\": {\"max_request_body_size_mb\": 10}}"),
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
            if route.policy.max_request_bytes.is_some() || route.policy.max_input_tokens.is_some() {
                continue;
            }
            let (path, value): (&[&str], &str) = match gateway.dialect {
                Dialect::Litellm => (&["general_settings", "max_request_size_mb"], "10"),
                Dialect::Bifrost => (&["client", "max_request_body_size_mb"], "10"),
                _ => (&[], ""),
            };
            let edit = audit
                .document_at(&gateway.place)
                .filter(|_| !path.is_empty())
                .and_then(|root| set_key(root, path, value));
            hits.push(
                Hit::at(
                    &gateway.place,
                    "a request may be of any size: one huge upload slows or stops the gateway for all",
                )
                .route(route_id)
                .label("no limit on size")
                .safe_fix("refuse requests above 10 MB", edit.into_iter().collect()),
            );
        }
    }
}
