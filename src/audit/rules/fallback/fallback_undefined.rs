//! Fallback entries whose route or target does not exist.

use crate::audit::{Audit, Family, FixKind, Harm, Hit, Hits, Rule};
use crate::report::{Confidence, Severity};
use crate::source::{Edit, Place};
use crate::system::{Dialect, GatewayId, nearest};

/// The rule.
pub const RULE: Rule = Rule {
    name: "fallback-undefined",
    title: "a fallback names a route that does not exist",
    family: Family::Fallback,
    severity: Severity::Error,
    confidence: Confidence::High,
    harm: Harm::Dies,
    dialects: &[
        Dialect::Litellm,
        Dialect::Portkey,
        Dialect::Envoy,
        Dialect::Tensorzero,
        Dialect::Aisys,
    ],
    fix: FixKind::Safe,
    why: "A misspelt name is silent until the outage: an entry for a route that does not exist never acts, and \
          a target that does not exist answers with an error of its own. Of the public LiteLLM configurations \
          with fallbacks 10 % name a source and 5 % a target that no route has (aliases and wildcards \
          counted).",
    how: &[(
        Dialect::Litellm,
        "router_settings:\n  fallbacks: [{chat: [reserve]}]   # both are a model_name in model_list",
    )],
    check,
};

fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    for (id, route) in audit.routes() {
        for fallback in &route.fallbacks {
            if fallback.target.is_some() || fallback.deployment.is_some() {
                continue;
            }
            let hit = Hit::at(
                &fallback.place,
                format!(
                    "no route is called `{}`, so this fallback answers with an error",
                    fallback.name
                ),
            )
            .route(id)
            .label("no such route");
            hits.push(with_nearest(
                audit,
                route.gateway,
                &fallback.name,
                &fallback.place,
                Some(&route.name),
                hit,
            ));
        }
    }
    for entry in &audit.system.undefined_fallbacks {
        let hit = Hit::at(
            &entry.place,
            format!("no route is called `{}`, so its fallbacks never act", entry.name),
        )
        .label("no such route");
        hits.push(with_nearest(
            audit,
            Some(entry.gateway),
            &entry.name,
            &entry.place,
            None,
            hit,
        ));
    }
}

/// Names the nearest route, and offers to write it.
fn with_nearest(
    audit: &Audit<'_>,
    gateway: Option<GatewayId>,
    name: &str,
    place: &Place,
    own: Option<&str>,
    hit: Hit,
) -> Hit {
    let routes = audit
        .routes()
        .filter(|(_, route)| route.gateway == gateway)
        .map(|(_, route)| route.name.as_str());
    let aliases = audit
        .system
        .aliases
        .iter()
        .filter(|(of, ..)| Some(*of) == gateway)
        .map(|(_, alias, _)| alias.as_str());
    let near = nearest(name, routes.chain(aliases).filter(|candidate| Some(*candidate) != own));
    let Some(near) = near else {
        return hit.help("define the route, or take the entry out");
    };
    let hit = hit.help(format!("did you mean `{near}`?"));
    if place.text() != name {
        return hit;
    }
    let edit = Edit {
        place: place.clone(),
        text: near.to_owned(),
    };
    hit.safe_fix(format!("write `{near}`"), vec![edit])
}
