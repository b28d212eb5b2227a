//! A semantic cache that takes unlike questions for like ones.

use crate::audit::{Audit, Family, FixKind, Harm, Hit, Hits, Rule};
use crate::report::{Confidence, Severity};
use crate::system::Dialect;

/// The rule.
pub const RULE: Rule = Rule {
    name: "cache-threshold-too-low",
    title: "the semantic cache's threshold is low",
    family: Family::Cache,
    severity: Severity::Warning,
    confidence: Confidence::Medium,
    harm: Harm::Rest,
    dialects: &[Dialect::Litellm, Dialect::Aisys],
    fix: FixKind::None,
    why: "Embeddings of \"how do I open an account\" and \"how do I close an account\" are alike to about 0.9: \
          below that a semantic cache answers the wrong question with confidence. Measure the threshold on \
          your own questions.",
    how: &[(
        Dialect::Litellm,
        "litellm_settings:\n  cache_params: {similarity_threshold: 0.95}",
    )],
    check,
};

/// Below this alikeness opposite questions share an answer.
const LOW: f64 = 0.9;

fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    for (id, route) in audit.routes() {
        let threshold = route
            .policy
            .cache
            .value
            .as_ref()
            .and_then(|cache| cache.threshold.as_ref());
        let Some(threshold) = threshold.filter(|threshold| threshold.value < LOW) else {
            continue;
        };
        hits.push(
            Hit::at(
                &route.place_of(threshold),
                format!(
                    "questions that are alike to {} get the same answer, and opposite ones are alike to 0.9",
                    threshold.value
                ),
            )
            .route(id)
            .label("below 0.9"),
        );
    }
}
