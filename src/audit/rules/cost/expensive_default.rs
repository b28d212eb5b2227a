//! A dear model for whoever names none.

use crate::audit::{Audit, Family, FixKind, Harm, Hit, Hits, Rule};
use crate::report::{Confidence, Severity};
use crate::system::{Dialect, Route, units};

/// The rule.
pub const RULE: Rule = Rule {
    name: "expensive-default",
    title: "the default is among the dearest models",
    family: Family::Cost,
    severity: Severity::Note,
    confidence: Confidence::Medium,
    harm: Harm::Pays,
    dialects: &[Dialect::Litellm, Dialect::Portkey, Dialect::Aisys],
    fix: FixKind::None,
    why: "Whoever does not choose gets the default, and most callers do not choose: scripts, tests, the batch \
          job of last year. A catch-all that leads to the dearest model makes every oversight cost the most.",
    how: &[(
        Dialect::Litellm,
        "model_list:\n  - model_name: \"*\"\n    litellm_params: {model: openai/gpt-5.4-mini}",
    )],
    check,
};

/// How many times dearer than the cheapest route a default may be.
const FACTOR: f64 = 5.0;

fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    for (id, _) in audit.gateways() {
        let price = |route: &Route| {
            let facts = audit.system.deployment(*route.members.first()?).facts.as_ref()?;
            facts.input_price
        };
        let routes: Vec<_> = audit.chat_routes_of(id).collect();
        let cheapest = routes
            .iter()
            .filter_map(|(_, route)| price(route).filter(|price| *price > 0.0))
            .min_by(f64::total_cmp);
        for (route_id, route) in &routes {
            let is_default = route.catch_all || route.name == "default";
            let (Some(price), Some(cheapest)) = (price(route), cheapest) else {
                continue;
            };
            if is_default && price >= FACTOR * cheapest {
                hits.push(
                    Hit::at(
                        route.place(),
                        format!(
                            "whoever names no model gets one that is {} times dearer than the cheapest here",
                            units::trim(price / cheapest)
                        ),
                    )
                    .route(*route_id)
                    .label("the default"),
                );
            }
        }
    }
}
