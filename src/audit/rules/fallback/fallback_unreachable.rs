//! Fallbacks that never act.

use crate::audit::{Audit, Family, FixKind, Harm, Hit, Hits, Rule};
use crate::report::{Confidence, Severity};
use crate::system::Dialect;

/// The rule.
pub const RULE: Rule = Rule {
    name: "fallback-unreachable",
    title: "a fallback is never tried",
    family: Family::Fallback,
    severity: Severity::Warning,
    confidence: Confidence::High,
    harm: Harm::Dies,
    dialects: &[
        Dialect::Litellm,
        Dialect::Portkey,
        Dialect::Tensorzero,
        Dialect::Kong,
        Dialect::Aisys,
    ],
    fix: FixKind::None,
    why: "A fallback can be written and never be tried: LiteLLM's `default_fallbacks` is a catch-all for \
          routes without an entry of their own and not an appendix to those with one, the walk ends after \
          `max_fallbacks`, a status list can leave out what fails. Measured on LiteLLM 1.106.2: with `a: [b]` \
          and `default_fallbacks: [c]`, c is never called for a.",
    how: &[(
        Dialect::Litellm,
        "router_settings:\n  fallbacks: [{a: [b, c]}]   # instead of a: [b] and default_fallbacks: [c]",
    )],
    check,
};

fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    for (id, route) in audit.chat_routes() {
        for fallback in &route.fallbacks {
            // Envoy's priorities have a rule of their own.
            let Some(why) = fallback
                .unreachable
                .as_ref()
                .filter(|_| route.dialect != Dialect::Envoy)
            else {
                continue;
            };
            hits.push(
                Hit::at(
                    &fallback.place,
                    format!("`{}` is never tried here: {why}", fallback.name),
                )
                .route(id)
                .label("never tried")
                .related(route.place(), "when this route fails"),
            );
        }
    }
}
