//! A free route whose fallback costs money.

use crate::audit::{Audit, Family, FixKind, Harm, Hit, Hits, Rule};
use crate::report::{Confidence, Severity};
use crate::system::{Deployment, Dialect, Scope};

/// The rule.
pub const RULE: Rule = Rule {
    name: "paid-fallback-of-free",
    title: "a free route falls back to a paid one",
    family: Family::Fallback,
    severity: Severity::Warning,
    confidence: Confidence::Medium,
    harm: Harm::Pays,
    dialects: &[Dialect::Litellm, Dialect::Aisys],
    fix: FixKind::None,
    why: "Budgets are checked before the first call. When that one is free, older releases skip the check, and \
          the paid fallback is never checked again: BerriAI/litellm #41344. A day of outage of the free model \
          is then a day of unlimited spend.",
    how: &[(
        Dialect::Litellm,
        "# a release that checks fallbacks again, and a cap where the money is spent:\nrouter_settings:\n  provider_budget_config: {openai: {budget_limit: 20, time_period: 1d}}",
    )],
    check,
};

fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    for (id, route) in audit.own_chat_routes() {
        // Without any budget `no-budget` tells; a provider's own budget is counted where it is spent.
        let Some(budget) = route
            .policy
            .enforced_budget()
            .filter(|budget| !matches!(budget.scope, Scope::Provider | Scope::Deployment))
        else {
            continue;
        };
        let is_free = |deployment: &Deployment| match &deployment.facts {
            Some(facts) => facts.input_price == Some(0.0) && facts.output_price == Some(0.0),
            None => deployment.self_hosted,
        };
        let members = || route.members.iter().map(|member| audit.system.deployment(*member));
        if route.members.is_empty() || !members().all(is_free) {
            continue;
        }
        for fallback in route.fallbacks.iter().filter(|fallback| fallback.acts()) {
            let paid = fallback.target.is_some_and(|target| {
                audit.system.route(target).members.iter().any(|member| {
                    let facts = audit.system.deployment(*member).facts.as_ref();
                    facts
                        .and_then(|facts| facts.output_price)
                        .is_some_and(|price| price > 0.0)
                })
            });
            if paid {
                let mut hit = Hit::at(
                    &fallback.place,
                    format!(
                        "`{}` is free and `{}` is not: releases before the re-check let the fallback spend past the budget",
                        route.name, fallback.name
                    ),
                )
                .route(id)
                .label("costs money")
                .related(route.place(), "free");
                if let Some(place) = budget.usd.place() {
                    hit = hit.related(place, "this budget may not be asked");
                }
                hits.push(hit);
            }
        }
    }
}
