//! Only dear models for any question.

use crate::audit::{Audit, Family, FixKind, Harm, Hit, Hits, Rule};
use crate::report::{Confidence, Severity};
use crate::system::{Dialect, units};

/// The rule.
pub const RULE: Rule = Rule {
    name: "no-light-route",
    title: "every route reaches only dear models",
    family: Family::Cost,
    severity: Severity::Note,
    confidence: Confidence::Medium,
    harm: Harm::Pays,
    dialects: &[Dialect::Litellm, Dialect::Tensorzero, Dialect::Aisys, Dialect::Code],
    fix: FixKind::None,
    why: "Most of what an application asks, a small model answers as well: titles, classifications, short \
          questions. Where every route leads to a dear model, each of these pays ten to fifty times what it \
          needs, and there is no cheap way out when a budget runs low.",
    how: &[
        (
            Dialect::Litellm,
            "model_list:\n  - model_name: light\n    litellm_params: {model: openai/gpt-5.4-nano}",
        ),
        (
            Dialect::Aisys,
            "routes:\n  assistant:\n    use: {easy: light, hard: strong}",
        ),
    ],
    check,
};

/// Dollars for one input token from which a model is dear: 2 USD a million.
const DEAR: f64 = 2e-6;

fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    for (id, gateway) in audit.gateways() {
        if !RULE.dialects.contains(&gateway.dialect) {
            continue;
        }
        let prices: Option<Vec<f64>> = audit
            .chat_routes_of(id)
            .flat_map(|(_, route)| &route.members)
            .map(|member| audit.system.deployment(*member).facts.as_ref()?.input_price)
            .collect();
        // One model without a price may be the light one.
        let Some(cheapest) = prices.and_then(|prices| prices.into_iter().min_by(f64::total_cmp)) else {
            continue;
        };
        if cheapest < DEAR {
            continue;
        }
        hits.push(
            Hit::at(
                &gateway.place,
                format!(
                    "the cheapest model here costs ${} a million input tokens: small questions pay the price of hard ones",
                    units::trim(cheapest * 1e6)
                ),
            )
            .label("no light model"),
        );
    }
}
