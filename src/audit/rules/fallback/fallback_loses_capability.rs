//! A fallback that cannot do what the route can.

use crate::audit::answers;
use crate::audit::{Audit, Family, FixKind, Harm, Hit, Hits, Rule};
use crate::report::{Confidence, Severity};
use crate::system::Dialect;

/// The rule.
pub const RULE: Rule = Rule {
    name: "fallback-loses-capability",
    title: "the fallback cannot do what the route can",
    family: Family::Fallback,
    severity: Severity::Warning,
    confidence: Confidence::Medium,
    harm: Harm::Dies,
    dialects: &[Dialect::Litellm, Dialect::Portkey, Dialect::Tensorzero, Dialect::Aisys],
    fix: FixKind::None,
    why: "A fallback without tools, vision or schema output answers with an error, or worse, with text that \
          the application cannot use. The price map's flags tell which model can do what; requests that use \
          the ability fail on the day of the outage.",
    how: &[(
        Dialect::Litellm,
        "router_settings:\n  fallbacks: [{chat: [claude-haiku]}]   # tools, vision and JSON schema like chat",
    )],
    check,
};

fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    for (id, route) in audit.own_chat_routes() {
        let Some(own) = route.members.first().map(|member| audit.system.deployment(*member)) else {
            continue;
        };
        for fallback in route.fallbacks.iter().filter(|fallback| fallback.acts()) {
            let target = fallback
                .target
                .and_then(|target| audit.system.route(target).members.first().copied())
                .or(fallback.deployment);
            let Some(target) = target.map(|target| audit.system.deployment(target)) else {
                continue;
            };
            let lost = answers::lost(own, target);
            if lost.is_empty() {
                continue;
            }
            hits.push(
                Hit::at(
                    &fallback.place,
                    format!(
                        "`{}` has no {} and `{}` has: requests that use it fail on the fallback",
                        fallback.name,
                        lost.join(", no "),
                        route.name
                    ),
                )
                .route(id)
                .label(format!("no {}", lost.join(", no ")))
                .related(route.place(), "can do it"),
            );
        }
    }
}
