//! Fallbacks that are the same model through another shop.

use crate::audit::{Audit, Family, FixKind, Harm, Hit, Hits, Rule};
use crate::report::{Confidence, Severity};
use crate::system::{Dialect, FateKind};

/// The rule.
pub const RULE: Rule = Rule {
    name: "single-model-family",
    title: "every path runs the same model",
    family: Family::Failure,
    severity: Severity::Note,
    confidence: Confidence::Medium,
    harm: Harm::Rest,
    dialects: &[
        Dialect::Litellm,
        Dialect::Portkey,
        Dialect::Tensorzero,
        Dialect::Envoy,
        Dialect::Aisys,
    ],
    fix: FixKind::None,
    why: "The same model through another shop survives an outage of the shop and not one of the model: Azure's \
          GPT-5.2 answered 400 and 429 for 20 hours on 2026-03-09 while other models were fine, and a model that \
          is retired is retired everywhere. A fallback of another family also survives a bad release.",
    how: &[(
        Dialect::Litellm,
        "router_settings:\n  fallbacks: [{chat-gpt: [chat-claude]}]",
    )],
    check,
};

fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    for (id, route) in audit.own_chat_routes() {
        let deployments = route.plan.deployments();
        // Where one provider takes it down anyway, that is the finding.
        let narrower = [FateKind::Provider, FateKind::Host]
            .into_iter()
            .any(|kind| audit.single_fates(id, kind).next().is_some());
        if deployments.len() < 2 || narrower {
            continue;
        }
        let family = audit.system.deployment(deployments[0]).family();
        if deployments
            .iter()
            .all(|it| audit.system.deployment(*it).family() == family)
        {
            hits.push(
                Hit::at(
                    route.place(),
                    format!(
                        "every path of `{}` runs {family}: a bad release or its retirement takes them all",
                        route.name
                    ),
                )
                .route(id)
                .label("one model family"),
            );
        }
    }
}
