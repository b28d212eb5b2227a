//! Fallbacks that run in a circle.

use crate::audit::{Audit, Family, FixKind, Harm, Hit, Hits, Rule};
use crate::report::{Confidence, Severity};
use crate::system::{Dialect, FallbackKind, RouteId};

/// The rule.
pub const RULE: Rule = Rule {
    name: "fallback-cycle",
    title: "fallbacks run in a circle",
    family: Family::Fallback,
    severity: Severity::Warning,
    confidence: Confidence::High,
    harm: Harm::Dies,
    dialects: &[Dialect::Litellm, Dialect::Portkey, Dialect::Aisys],
    fix: FixKind::NeedsReview,
    why: "In a circle the last resort of each route is the other one, so nothing is left when both fail. \
          LiteLLM 1.109.1 skips what was tried in this request; older releases walk the circle until \
          `max_fallbacks` is spent, which multiplies calls and waits on the worst day. Of the public LiteLLM \
          configurations with fallbacks 35 % hold a circle.",
    how: &[(
        Dialect::Litellm,
        "router_settings:\n  fallbacks: [{a: [b]}, {b: [c]}]   # not {b: [a]}",
    )],
    check,
};

fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    let routes = &audit.system.routes;
    // Depth-first over the entries of the routes' own; a catch-all never leads back to itself.
    let mut state = vec![State::New; routes.len()];
    for start in 0..routes.len() {
        if state[start] == State::New {
            walk(audit, RouteId(start), &mut state, &mut Vec::new(), hits);
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    New,
    Open,
    Done,
}

/// Circles longer than this are not followed: no walk of any product is so deep.
const DEEPEST: usize = 64;

fn walk(audit: &Audit<'_>, id: RouteId, state: &mut [State], path: &mut Vec<RouteId>, hits: &mut Hits<'_>) {
    state[id.0] = State::Open;
    path.push(id);
    let edges = audit
        .system
        .route(id)
        .fallbacks
        .iter()
        .filter(|it| !it.catch_all && it.kind == FallbackKind::Any);
    for fallback in edges {
        let Some(target) = fallback.target.filter(|target| *target != id) else {
            continue;
        };
        match state[target.0] {
            State::New if path.len() < DEEPEST => walk(audit, target, state, path, hits),
            State::Open => {
                let from = path.iter().position(|it| *it == target).unwrap_or(0);
                let mut names: Vec<&str> = path[from..]
                    .iter()
                    .map(|it| audit.system.route(*it).name.as_str())
                    .collect();
                names.push(&fallback.name);
                hits.push(
                    Hit::at(
                        &fallback.place,
                        format!(
                            "fallbacks run in a circle, {}: when all of them fail there is no way out, and LiteLLM before 1.109 walks it until `max_fallbacks` is spent",
                            names.join(" → ")
                        ),
                    )
                    .route(id)
                    .label("leads back")
                    .help("end the chain at a route of another provider, or with a cached or static answer"),
                );
            }
            State::New | State::Done => {}
        }
    }
    path.pop();
    state[id.0] = State::Done;
}
