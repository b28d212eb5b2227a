//! Answers of any length.

use crate::audit::answers::without_fallbacks;
use crate::audit::{Audit, Family, FixKind, Harm, Hit, Hits, Rule};
use crate::report::{Confidence, Severity};
use crate::system::Dialect;

/// The rule.
pub const RULE: Rule = Rule {
    name: "no-output-cap",
    title: "no output cap",
    family: Family::Cost,
    severity: Severity::Warning,
    confidence: Confidence::Medium,
    harm: Harm::Pays,
    dialects: Dialect::ALL,
    fix: FixKind::NeedsReview,
    why: "Output tokens are the dear ones, and a model that repeats itself writes until its own limit: minutes \
          of waiting and the whole price. 90 % of 104 public LiteLLM configurations set `max_tokens` on no \
          chat deployment. In code it is a note, since other checkers have made it the rule that drowns all \
          others.",
    how: &[
        (Dialect::Litellm, "litellm_params:\n  max_tokens: 800"),
        (Dialect::Tensorzero, "[functions.chat.variants.main]\nmax_tokens = 800"),
        (Dialect::Portkey, "{\"override_params\": {\"max_tokens\": 800}}"),
        (
            Dialect::Aisys,
            "routes:\n  assistant:\n    limits: {output_tokens: 800}",
        ),
        (
            Dialect::Code,
            "client.chat.completions.create(model=…, messages=…, max_completion_tokens=800)",
        ),
    ],
    check,
};

fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    for (id, gateway) in audit.gateways() {
        // Bifrost and Envoy pass on what the request says: the file has no place for a cap.
        if matches!(gateway.dialect, Dialect::Bifrost | Dialect::Envoy | Dialect::Helicone) {
            continue;
        }
        let routes: Vec<_> = audit.chat_routes_of(id).collect();
        let none_at_all = routes.iter().all(|(_, route)| {
            without_fallbacks(&route.plan)
                .attempts()
                .iter()
                .all(|it| it.max_output_tokens.is_none())
        });
        for (route_id, route) in routes {
            for attempt in without_fallbacks(&route.plan).attempts() {
                if attempt.max_output_tokens.is_some() {
                    continue;
                }
                let deployment = audit.system.deployment(attempt.deployment);
                let (place, message) = if none_at_all {
                    (
                        &gateway.place,
                        "no deployment caps its output: one answer may be as long as its model can write".to_owned(),
                    )
                } else {
                    let most = deployment.facts.as_ref().and_then(|facts| facts.max_output_tokens);
                    let tokens = most.map_or_else(String::new, |most| format!(", up to {most} tokens"));
                    (
                        deployment.model.place().unwrap_or(&deployment.place),
                        format!(
                            "one answer of {} may be as long as it can write{tokens}",
                            deployment.model.value
                        ),
                    )
                };
                hits.push(Hit::at(place, message).route(route_id).label("no output cap"));
            }
        }
    }
    for (id, route) in audit.own_chat_routes().filter(|(_, route)| route.is_direct()) {
        let open = route
            .call
            .is_some_and(|call| audit.system.call(call).max_output_tokens.is_none());
        if open {
            hits.push(
                Hit::at(
                    route.place(),
                    "no output cap: one answer may be as long as its model can write",
                )
                .route(id)
                .severity(Severity::Note)
                .label("no output cap"),
            );
        }
    }
}
