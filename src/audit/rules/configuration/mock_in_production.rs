//! Canned answers instead of a model.

use crate::audit::{Audit, Family, FixKind, Harm, Hit, Hits, Rule};
use crate::report::{Confidence, Severity};
use crate::system::Dialect;

/// The rule.
pub const RULE: Rule = Rule {
    name: "mock-in-production",
    title: "a canned answer is returned instead of a model's",
    family: Family::Configuration,
    severity: Severity::Error,
    confidence: Confidence::High,
    harm: Harm::Rest,
    dialects: &[Dialect::Litellm],
    fix: FixKind::NeedsReview,
    why: "`mock_response` answers every request with the same text without a call. It is for tests; left in, \
          users get it, dashboards stay green, and nothing fails.",
    how: &[(
        Dialect::Litellm,
        "litellm_params:\n  model: openai/gpt-5.4-mini   # and no mock_response",
    )],
    check,
};

fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    for (id, route) in audit.routes() {
        for member in &route.members {
            if let Some(place) = &audit.system.deployment(*member).mock {
                hits.push(
                    Hit::at(
                        place,
                        format!("`{}` answers with a canned text and calls no model", route.name),
                    )
                    .route(id)
                    .label("no model is called"),
                );
            }
        }
    }
}
