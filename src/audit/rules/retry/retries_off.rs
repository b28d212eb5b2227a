//! Neither a retry nor a fallback.

use crate::audit::{Audit, Family, FixKind, Harm, Hit, Hits, Rule};
use crate::report::{Confidence, Severity};
use crate::source::{Edit, set_key};
use crate::system::Dialect;

/// The rule.
pub const RULE: Rule = Rule {
    name: "retries-off",
    title: "a single hiccup fails the request",
    family: Family::Retry,
    severity: Severity::Warning,
    confidence: Confidence::High,
    harm: Harm::Dies,
    dialects: &[
        Dialect::Portkey,
        Dialect::Tensorzero,
        Dialect::Bifrost,
        Dialect::Helicone,
        Dialect::Code,
    ],
    fix: FixKind::Safe,
    why: "A request in a few hundred fails for a reason that is gone a second later. Portkey, TensorZero, \
          Bifrost and Helicone's gateway retry nothing unless told to, so without a fallback users see every \
          one of them.",
    how: &[
        (Dialect::Portkey, "{\"retry\": {\"attempts\": 1}}"),
        (
            Dialect::Tensorzero,
            "[functions.chat.variants.main]\nretries = { num_retries = 1, max_delay_s = 2 }",
        ),
        (Dialect::Bifrost, "{\"network_config\": {\"max_retries\": 1}}"),
        (
            Dialect::Helicone,
            "routers:\n  main:\n    retries: {strategy: exponential, max-retries: 1}",
        ),
        (Dialect::Code, "client = OpenAI(max_retries=1)"),
    ],
    check,
};

fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    for (id, route) in audit.own_chat_routes() {
        let retried = route.plan.retries().into_iter().any(|retry| retry.retries.value > 0);
        if !RULE.dialects.contains(&route.dialect) || retried || route.has_fallback() {
            continue;
        }
        let call = route.call.map(|call| audit.system.call(call));
        if call.is_some_and(|call| call.app_retries.is_some() || call.handles_failure) {
            continue;
        }
        let written = route.plan.retries().into_iter().find_map(|retry| retry.retries.place());
        let mut hit = Hit::at(
            written.unwrap_or_else(|| route.place()),
            format!(
                "`{}` tries once and falls back to nothing: each dropped connection is an error for a user",
                route.name
            ),
        )
        .route(id)
        .label("no retry, no fallback");
        if let Some(place) = written.filter(|place| place.text() == "0") {
            hit = hit.safe_fix(
                "retry once",
                vec![Edit {
                    place: place.clone(),
                    text: "1".to_owned(),
                }],
            );
        } else if route.dialect == Dialect::Portkey {
            let edit = audit
                .document_at(route.place())
                .and_then(|root| set_key(root, &["retry", "attempts"], "1"));
            hit = hit.safe_fix("retry once", edit.into_iter().collect());
        }
        hits.push(hit);
    }
}
