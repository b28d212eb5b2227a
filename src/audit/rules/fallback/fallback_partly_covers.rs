//! Some routes have a fallback, others do not.

use crate::audit::some_of;
use crate::audit::{Audit, Family, FixKind, Harm, Hit, Hits, Rule};
use crate::report::{Confidence, Severity};
use crate::source::set_key;
use crate::system::{Dialect, FateKind, Route, RouteId};

/// The rule.
pub const RULE: Rule = Rule {
    name: "fallback-partly-covers",
    title: "only some routes have a fallback",
    family: Family::Fallback,
    severity: Severity::Warning,
    confidence: Confidence::High,
    harm: Harm::Dies,
    dialects: &[Dialect::Litellm, Dialect::Aisys, Dialect::Tensorzero],
    fix: FixKind::NeedsReview,
    why: "Of the 20 public LiteLLM configurations with fallbacks 85 % cover only some routes. A fallback \
          target is covered only if it has a way out of its own, and `default_fallbacks` covers only the \
          routes that have no entry in `fallbacks` (LiteLLM 1.109.1): both are easily overlooked.",
    how: &[
        (
            Dialect::Litellm,
            "router_settings:\n  fallbacks: [{chat: [reserve]}]\n  default_fallbacks: [reserve]   # for every other route",
        ),
        (Dialect::Aisys, "routes:\n  search: {use: light, fallback: [strong]}"),
    ],
    check,
};

fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    for (id, _) in audit.gateways() {
        let routes: Vec<_> = audit.chat_routes_of(id).collect();
        let Some(covering) = routes
            .iter()
            .find_map(|(_, route)| route.fallbacks.iter().find(|fallback| fallback.acts()))
        else {
            continue;
        };
        // The last of a chain needs no fallback while no single provider or host takes it down.
        let open: Vec<_> = routes
            .iter()
            .filter(|(route_id, route)| !route.has_fallback() && is_fragile(audit, *route_id))
            .collect();
        let Some((_, first)) = open.first() else { continue };
        // Whether applications call a fallback's target by name, the file cannot tell.
        let only_targets = open.iter().all(|(route_id, _)| audit.is_fallback_target(*route_id));
        let names: Vec<&str> = open.iter().map(|(_, route)| route.name.as_str()).collect();
        let message = format!(
            "{} of {} chat routes have no fallback: {}",
            open.len(),
            routes.len(),
            some_of(&names, 6)
        );
        for (route_id, _) in &open {
            let mut hit = Hit::at(first.place(), message.clone())
                .route(*route_id)
                .label("has no fallback")
                .related(&covering.place, "others are covered here");
            if only_targets {
                hit = hit.confidence(Confidence::Low);
            }
            hits.push(with_fix(audit, first, &covering.name, hit));
        }
    }
}

fn is_fragile(audit: &Audit<'_>, route: RouteId) -> bool {
    [FateKind::Provider, FateKind::Host]
        .into_iter()
        .any(|kind| audit.single_fates(route, kind).next().is_some())
}

fn with_fix(audit: &Audit<'_>, route: &Route, target: &str, hit: Hit) -> Hit {
    if route.dialect != Dialect::Litellm {
        return hit.help("give each of them a fallback");
    }
    let edit = audit
        .document_at(route.place())
        .filter(|root| root.at(&["litellm_settings", "default_fallbacks"]).is_none())
        .and_then(|root| {
            set_key(
                root,
                &["router_settings", "default_fallbacks"],
                &format!("[{target:?}]"),
            )
        });
    hit.help(format!(
        "`router_settings.default_fallbacks: [{target}]` covers every route without an entry of its own"
    ))
    .review_fix(
        format!("let the others fall back to `{target}`"),
        edit.into_iter().collect(),
    )
}
