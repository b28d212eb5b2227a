//! A fallback that is far dearer.

use crate::audit::answers::price_factor;
use crate::audit::{Audit, Family, FixKind, Harm, Hit, Hits, Rule};
use crate::report::{Confidence, Severity};
use crate::system::{Dialect, units};

/// The rule.
pub const RULE: Rule = Rule {
    name: "fallback-price-jump",
    title: "the fallback is far dearer",
    family: Family::Cost,
    severity: Severity::Warning,
    confidence: Confidence::Medium,
    harm: Harm::Pays,
    dialects: &[Dialect::Litellm, Dialect::Portkey, Dialect::Tensorzero, Dialect::Aisys],
    fix: FixKind::None,
    why: "On the day of the outage all traffic moves to the fallback, and its price is the price of the day. \
          BerriAI/litellm #41344: a free primary with a paid fallback spent past its budget. A jump of five \
          times wants a cap of its own.",
    how: &[(
        Dialect::Litellm,
        "router_settings:\n  provider_budget_config: {anthropic: {budget_limit: 20, time_period: 1d}}",
    )],
    check,
};

/// From how many times the usual price a fallback is a jump.
const JUMP: f64 = 5.0;

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
            let factor = target.and_then(|target| price_factor(own, audit.system.deployment(target)));
            let Some(factor) = factor.filter(|factor| *factor >= JUMP) else {
                continue;
            };
            hits.push(
                Hit::at(
                    &fallback.place,
                    format!(
                        "`{}` costs {} times what `{}` does: an outage of a day is paid at that price",
                        fallback.name,
                        units::trim(factor),
                        route.name
                    ),
                )
                .route(id)
                .label(format!("× {}", units::trim(factor)))
                .related(route.place(), "stands in for this"),
            );
        }
    }
}
