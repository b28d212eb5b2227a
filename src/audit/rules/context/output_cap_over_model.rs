//! An output cap above what the model can write.

use crate::audit::{Audit, Family, FixKind, Harm, Hit, Hits, Rule};
use crate::report::{Confidence, Severity};
use crate::source::Edit;
use crate::system::Dialect;

/// The rule.
pub const RULE: Rule = Rule {
    name: "output-cap-over-model",
    title: "the output cap is above the model's limit",
    family: Family::Context,
    severity: Severity::Error,
    confidence: Confidence::Medium,
    harm: Harm::Dies,
    dialects: Dialect::ALL,
    fix: FixKind::Safe,
    why: "Providers refuse a request whose `max_tokens` is above the model's own limit with a 400: every \
          request of the route fails, and a fallback to a smaller model fails on the day it is needed. The \
          limits are the price map's.",
    how: &[(
        Dialect::Litellm,
        "litellm_params:\n  model: openai/gpt-4o-2024-11-20\n  max_tokens: 16384",
    )],
    check,
};

fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    for (id, route) in audit.chat_routes() {
        for attempt in route.plan.attempts() {
            let deployment = audit.system.deployment(attempt.deployment);
            let Some(facts) = deployment.facts.as_ref().filter(|facts| facts.found.is_certain()) else {
                continue;
            };
            let (Some(cap), Some(most)) = (&attempt.max_output_tokens, facts.max_output_tokens) else {
                continue;
            };
            let Some(place) = cap.place().filter(|_| cap.value > most) else {
                continue;
            };
            let mut hit = Hit::at(
                place,
                format!(
                    "{} writes at most {most} tokens: a request for {} is refused",
                    deployment.model.value, cap.value
                ),
            )
            .route(id)
            .label(format!("above {most}"));
            if place.text() == cap.value.to_string() {
                hit = hit.safe_fix(
                    format!("lower it to {most}"),
                    vec![Edit {
                        place: place.clone(),
                        text: most.to_string(),
                    }],
                );
            }
            hits.push(hit);
        }
    }
}
