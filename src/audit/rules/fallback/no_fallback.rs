//! A route with no fallback.

use crate::audit::{Audit, Family, FixKind, Harm, Hit, Hits, Rule};
use crate::report::{Confidence, Severity};
use crate::source::set_key;
use crate::system::{Dialect, FateKind, Gateway, Route, RouteId};

/// The rule.
pub const RULE: Rule = Rule {
    name: "no-fallback",
    title: "no fallback is set",
    family: Family::Fallback,
    severity: Severity::Error,
    confidence: Confidence::High,
    harm: Harm::Dies,
    dialects: &[
        Dialect::Litellm,
        Dialect::Portkey,
        Dialect::Tensorzero,
        Dialect::Envoy,
        Dialect::Kong,
        Dialect::Aisys,
        Dialect::Code,
    ],
    fix: FixKind::NeedsReview,
    why: "A fallback is the one line that lets users not notice an outage. 80 % of 104 public LiteLLM \
          configurations have none of any kind. vladm3105/aidoc-flow-framework #585: a spent balance answered \
          402, every route was single, and one `fallbacks` block ended the outage.",
    how: &[
        (
            Dialect::Litellm,
            "router_settings:\n  fallbacks: [{chat: [reserve]}]\n  # or, for every route without an entry of its own:\n  default_fallbacks: [reserve]",
        ),
        (
            Dialect::Portkey,
            "{\"strategy\": {\"mode\": \"fallback\", \"on_status_codes\": [429, 500, 502, 503, 504]}, \"targets\": [{\"provider\": \"openai\"}, {\"provider\": \"anthropic\"}]}",
        ),
        (
            Dialect::Tensorzero,
            "[models.chat]\nrouting = [\"openai\", \"anthropic\"]",
        ),
        (
            Dialect::Envoy,
            "backendRefs:\n  - {name: openai, priority: 0}\n  - {name: anthropic, priority: 1}",
        ),
        (
            Dialect::Aisys,
            "routes:\n  assistant: {fallback: [light], degraded: \"I cannot answer right now.\"}",
        ),
        (
            Dialect::Code,
            "model = ChatOpenAI(…).with_fallbacks([ChatAnthropic(…)])",
        ),
    ],
    check,
};

fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    for (id, gateway) in audit.gateways() {
        let routes: Vec<_> = audit.chat_routes_of(id).collect();
        // Where some routes have one, `fallback-partly-covers` names those that have none.
        if routes.iter().any(|(_, route)| route.has_fallback()) {
            continue;
        }
        let several = routes.iter().all(|(route, _)| {
            [FateKind::Provider, FateKind::Host]
                .into_iter()
                .all(|kind| audit.single_fates(*route, kind).next().is_none())
        });
        for (route_id, _) in &routes {
            let mut hit = Hit::at(
                &gateway.place,
                "no route has a fallback: what its own deployments cannot answer, users see as an error",
            )
            .route(*route_id)
            .label("nothing here is tried next");
            if several {
                hit = hit.severity(Severity::Warning);
            }
            // Bifrost takes fallbacks from the request, so the file cannot tell.
            if gateway.dialect == Dialect::Bifrost {
                hit = hit.confidence(Confidence::Low);
            }
            hits.push(with_fix(audit, gateway, &routes, hit));
        }
    }
    for (id, route) in audit.own_chat_routes().filter(|(_, route)| route.is_direct()) {
        let Some(call) = route.call.map(|call| audit.system.call(call)) else {
            continue;
        };
        if route.has_fallback() || !call.fallbacks.is_empty() {
            continue;
        }
        let confidence = if call.handles_failure {
            Confidence::Low
        } else {
            Confidence::Medium
        };
        hits.push(
            Hit::at(
                route.place(),
                format!(
                    "nothing is tried when {} fails: users see the error",
                    call.provider.value
                ),
            )
            .route(id)
            .severity(Severity::Warning)
            .confidence(confidence)
            .label("the only way to an answer")
            .help("call a gateway with fallbacks, or catch the failure and ask another provider"),
        );
    }
}

/// With two routes at hand, the second can stand in for all others.
fn with_fix(audit: &Audit<'_>, gateway: &Gateway, routes: &[(RouteId, &Route)], hit: Hit) -> Hit {
    let [(_, first), .., (_, last)] = routes else {
        return hit.help("add a second route and name it as fallback");
    };
    if gateway.dialect != Dialect::Litellm || first.wildcard || last.wildcard {
        return hit;
    }
    let provider = |route: &Route| {
        route
            .members
            .first()
            .map(|member| audit.system.deployment(*member).provider.value.clone())
    };
    let other = routes
        .iter()
        .map(|(_, route)| *route)
        .find(|route| provider(route) != provider(first));
    let target = other.unwrap_or(last);
    let edit = audit.document_at(&gateway.place).and_then(|root| {
        set_key(
            root,
            &["router_settings", "default_fallbacks"],
            &format!("[{:?}]", target.name),
        )
    });
    hit.help(format!(
        "`router_settings.default_fallbacks: [{}]` would cover all others",
        target.name
    ))
    .review_fix(
        format!("let every route fall back to `{}`", target.name),
        edit.into_iter().collect(),
    )
}
