//! A route whose every path ends at one provider.

use crate::audit::{Audit, Family, FixKind, Harm, Hit, Hits, Rule};
use crate::report::{Confidence, Severity};
use crate::source::set_key;
use crate::system::{Dialect, FateKind, Route, RouteId};

/// The rule.
pub const RULE: Rule = Rule {
    name: "single-provider",
    title: "every path ends at one provider",
    family: Family::Failure,
    severity: Severity::Error,
    confidence: Confidence::High,
    harm: Harm::Dies,
    dialects: Dialect::ALL,
    fix: FixKind::NeedsReview,
    why: "On 2024-12-11 OpenAI's API was down for more than four hours: whoever had one provider was down \
          for as long. 93 % of 104 public LiteLLM configurations have a chat route with one provider and no \
          fallback. A second provider turns the worst day of the year into a slower and dearer one.",
    how: &[
        (
            Dialect::Litellm,
            "model_list:\n  - model_name: chat\n    litellm_params: {model: openai/gpt-5.4-mini}\n  - model_name: reserve\n    litellm_params: {model: anthropic/claude-haiku-4-5}\nrouter_settings:\n  fallbacks: [{chat: [reserve]}]",
        ),
        (
            Dialect::Tensorzero,
            "[models.chat]\nrouting = [\"openai\", \"anthropic\"]",
        ),
        (
            Dialect::Portkey,
            "{\"strategy\": {\"mode\": \"fallback\", \"on_status_codes\": [429, 500, 502, 503, 504]},\n \"targets\": [{\"provider\": \"openai\"}, {\"provider\": \"anthropic\"}]}",
        ),
        (
            Dialect::Envoy,
            "backendRefs:\n  - {name: openai, priority: 0}\n  - {name: anthropic, priority: 1}",
        ),
        (
            Dialect::Aisys,
            "models:\n  strong: [{provider: openai, model: gpt-5.4}, {provider: azure-eu, model: gpt-5.4}]",
        ),
        (
            Dialect::Code,
            "# put a gateway in front, or catch the failure and ask another provider\nmodel.with_fallbacks([other_model])",
        ),
    ],
    check,
};

fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    for (id, route) in audit.own_chat_routes() {
        // A route with fallbacks that stay at the provider has `fallback-shares-fate`, and code
        // without any has `no-fallback`: one cause, one finding.
        if route.has_fallback() || route.is_direct() {
            continue;
        }
        let Some(provider) = audit.single_fates(id, FateKind::Provider).next() else {
            continue;
        };
        let mut hit = Hit::at(
            route.place(),
            format!(
                "`{}` has no way around {}: when it is down, every request fails",
                route.name, provider.name
            ),
        )
        .route(id)
        .label(format!("only {}", provider.name));
        for place in route.places.iter().skip(1).take(4) {
            hit = hit.related(place, format!("also at {}", provider.name));
        }
        if audit.is_fallback_target(id) {
            // It is somebody's way out already; only callers that name it have no other.
            hit = hit.severity(Severity::Warning).confidence(Confidence::Medium);
        }
        // What the request names is the caller's choice: Bifrost takes fallbacks from requests.
        if route.dialect == Dialect::Bifrost {
            hit = hit.confidence(Confidence::Low);
        }
        hits.push(with_way_out(audit, id, route, hit));
    }
}

/// Names a route of the same gateway at another provider, and the line that makes it the fallback.
fn with_way_out(audit: &Audit<'_>, id: RouteId, route: &Route, hit: Hit) -> Hit {
    let own: Vec<&str> = audit
        .single_fates(id, FateKind::Provider)
        .map(|fate| fate.name.as_str())
        .collect();
    let other = route.gateway.and_then(|gateway| {
        audit.chat_routes_of(gateway).find(|(other, candidate)| {
            *other != id
                && !candidate.wildcard
                && candidate
                    .members
                    .iter()
                    .any(|member| !own.contains(&audit.system.deployment(*member).provider.value.as_str()))
        })
    });
    let Some((_, other)) = other.filter(|_| route.dialect == Dialect::Litellm) else {
        return hit.help("add a fallback at another provider");
    };
    let hit = hit.help(format!(
        "`{}` is at another provider: `router_settings.fallbacks: [{{{}: [{}]}}]`",
        other.name, route.name, other.name
    ));
    let edit = audit
        .document_at(route.place())
        .filter(|root| {
            root.at(&["router_settings", "fallbacks"]).is_none()
                && root.at(&["litellm_settings", "fallbacks"]).is_none()
        })
        .and_then(|root| {
            let value = format!("[{{{}: [{}]}}]", quoted(&route.name), quoted(&other.name));
            set_key(root, &["router_settings", "fallbacks"], &value)
        });
    hit.review_fix(
        format!("let `{}` fall back to `{}`", route.name, other.name),
        edit.into_iter().collect(),
    )
}

/// A name as a YAML flow scalar.
fn quoted(name: &str) -> String {
    let plain = name
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/'));
    if plain { name.to_owned() } else { format!("{name:?}") }
}
