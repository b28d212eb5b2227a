//! Fallbacks that fall with what they stand in for.

use crate::audit::some_of;
use crate::audit::{Audit, Family, FixKind, Harm, Hit, Hits, Rule};
use crate::report::{Confidence, Severity};
use crate::system::{Dialect, FateKind};

/// The rule.
pub const RULE: Rule = Rule {
    name: "fallback-shares-fate",
    title: "the fallback falls with the route",
    family: Family::Fallback,
    severity: Severity::Error,
    confidence: Confidence::High,
    harm: Harm::Dies,
    dialects: &[
        Dialect::Litellm,
        Dialect::Portkey,
        Dialect::Tensorzero,
        Dialect::Envoy,
        Dialect::Bifrost,
        Dialect::Aisys,
    ],
    fix: FixKind::None,
    why: "A fallback in the same provider, key, region or host helps against nothing that takes all of it \
          down. Of the public LiteLLM configurations with fallbacks 40 % stay within one provider: they look \
          covered, and on the day of the outage they are not.",
    how: &[
        (
            Dialect::Litellm,
            "router_settings:\n  fallbacks: [{gpt-5: [claude-haiku]}]   # not [gpt-5-mini]",
        ),
        (
            Dialect::Portkey,
            "{\"targets\": [{\"provider\": \"openai\"}, {\"provider\": \"anthropic\"}]}",
        ),
        (
            Dialect::Aisys,
            "routes:\n  assistant: {use: strong, fallback: [light]}   # light: another provider",
        ),
    ],
    check,
};

fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    for (id, route) in audit.own_chat_routes() {
        if !route.has_fallback() {
            continue;
        }
        // The widest shared fate says it all: a shared provider shares its keys' fate too.
        let kinds = [FateKind::Provider, FateKind::Host, FateKind::Region, FateKind::Account];
        let Some(shared) = kinds.into_iter().find_map(|kind| audit.single_fates(id, kind).next()) else {
            continue;
        };
        let written = route.fallbacks.iter().find(|fallback| fallback.acts());
        let place = written.map_or_else(|| route.place(), |fallback| &fallback.place);
        let names: Vec<&str> = route
            .fallbacks
            .iter()
            .filter(|fallback| fallback.acts())
            .map(|fallback| fallback.name.as_str())
            .collect();
        let others = if names.is_empty() {
            "its other deployments".to_owned()
        } else {
            some_of(&names, 4)
        };
        let mut hit = Hit::at(
            place,
            format!(
                "`{}` falls back to {others}, and all of it falls with {shared}",
                route.name
            ),
        )
        .route(id)
        .label(format!("same {}: {}", shared.kind.name(), shared.name))
        .related(route.place(), "stands in for this route");
        if matches!(shared.kind, FateKind::Region | FateKind::Account) {
            hit = hit.severity(Severity::Warning).confidence(Confidence::Medium);
        }
        hits.push(hit.help("name a fallback at another provider"));
    }
}
