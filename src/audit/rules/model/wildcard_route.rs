//! A route that passes any model.

use crate::audit::{Audit, Family, FixKind, Harm, Hit, Hits, Rule};
use crate::report::{Confidence, Severity};
use crate::system::Dialect;

/// The rule.
pub const RULE: Rule = Rule {
    name: "wildcard-route",
    title: "a wildcard passes any model",
    family: Family::Model,
    severity: Severity::Warning,
    confidence: Confidence::High,
    harm: Harm::Pays,
    dialects: &[Dialect::Litellm, Dialect::Aisys],
    fix: FixKind::NeedsReview,
    why: "Behind `*` every caller may ask for every model of the provider, the dearest too, and for models \
          that nobody has evaluated. 3 % of 104 public LiteLLM configurations have one. Name the models that \
          may be used.",
    how: &[(
        Dialect::Litellm,
        "model_list:\n  - model_name: chat\n    litellm_params: {model: openai/gpt-5.4-mini}   # instead of openai/*",
    )],
    check,
};

fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    for (id, route) in audit.routes().filter(|(_, route)| route.wildcard) {
        hits.push(
            Hit::at(
                route.place(),
                format!("`{}` passes any model: any price, and any behaviour", route.name),
            )
            .route(id)
            .label("any model"),
        );
    }
}
