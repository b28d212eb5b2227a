//! A name that means whatever is newest.

use crate::audit::{Audit, Family, FixKind, Harm, Hit, Hits, Rule};
use crate::report::{Confidence, Severity};
use crate::system::{Dialect, names};

/// The rule.
pub const RULE: Rule = Rule {
    name: "latest-alias",
    title: "the model is whatever is newest",
    family: Family::Model,
    severity: Severity::Warning,
    confidence: Confidence::High,
    harm: Harm::Rest,
    dialects: Dialect::ALL,
    fix: FixKind::NeedsReview,
    why: "`latest` changes on the provider's calendar: google/adk-python #6010, `gemini-flash-latest` answered \
          404 one morning; browser-use #5673, `pixtral-large-latest` answered 400. 9 % of 104 public LiteLLM \
          configurations use one.",
    how: &[(
        Dialect::Litellm,
        "litellm_params:\n  model: mistral/mistral-medium-2604   # not mistral-medium-latest",
    )],
    check,
};

fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    for (id, route) in audit.routes() {
        for member in &route.members {
            let deployment = audit.system.deployment(*member);
            let model = &deployment.model.value;
            let Some(place) = deployment.model.place().filter(|_| names::is_floating(model)) else {
                continue;
            };
            hits.push(
                Hit::at(
                    place,
                    format!("{model} changes on its maker's calendar: answers, price and limits with it"),
                )
                .route(id)
                .label("whatever is newest")
                .help("name a version"),
            );
        }
    }
}
