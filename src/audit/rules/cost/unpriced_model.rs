//! A model whose price nobody knows.

use crate::audit::{Audit, Family, FixKind, Harm, Hit, Hits, Rule};
use crate::report::{Confidence, Severity};
use crate::system::{Deployment, Dialect};

/// The rule.
pub const RULE: Rule = Rule {
    name: "unpriced-model",
    title: "no price is known for a model",
    family: Family::Cost,
    severity: Severity::Note,
    confidence: Confidence::High,
    harm: Harm::Pays,
    dialects: &[Dialect::Litellm, Dialect::Tensorzero, Dialect::Aisys],
    fix: FixKind::NeedsReview,
    why: "A gateway counts a model without a price as free: its budgets never fill, and its reports are wrong. \
          62 % of 104 public LiteLLM configurations hold at least one model that the price map does not know.",
    how: &[
        (
            Dialect::Litellm,
            "litellm_params:\n  input_cost_per_token: 0.000001\n  output_cost_per_token: 0.000004\nmodel_info:\n  base_model: azure/gpt-5.4-mini",
        ),
        (
            Dialect::Tensorzero,
            "[models.chat.providers.own]\ncost = [{ pointer = \"/usage/prompt_tokens\", cost_per_million = 1.0 }]",
        ),
    ],
    check,
};

fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    for (id, route) in audit.chat_routes() {
        if !RULE.dialects.contains(&route.dialect) || route.wildcard {
            continue;
        }
        for member in &route.members {
            let deployment = audit.system.deployment(*member);
            let priced = deployment.facts.as_ref().is_some_and(|facts| {
                facts.input_price.is_some() && (facts.found.is_certain() || facts.key == "declared")
            });
            if priced || deployment.self_hosted || is_free_or_unnamed(deployment) {
                continue;
            }
            hits.push(
                Hit::at(
                    deployment.model.place().unwrap_or(&deployment.place),
                    format!(
                        "no price is known for {}: budgets and reports count it as free",
                        deployment.model.value
                    ),
                )
                .route(id)
                .label("no price known"),
            );
        }
    }
}

/// Whether there is no price to know: `OpenRouter` serves `:free` models without charge, a router
/// inside the gateway is no model, and a name from the environment is in no file.
fn is_free_or_unnamed(deployment: &Deployment) -> bool {
    let (provider, model) = (deployment.provider.value.as_str(), deployment.model.value.as_str());
    (provider == "openrouter" && model.ends_with(":free"))
        || provider == "auto_router"
        || model.starts_with("os.environ/")
}
