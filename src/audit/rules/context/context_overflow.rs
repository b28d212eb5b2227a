//! More than the window holds.

use crate::audit::{Audit, Family, FixKind, Harm, Hit, Hits, Rule};
use crate::report::{Confidence, Severity};
use crate::system::Dialect;

/// The rule.
pub const RULE: Rule = Rule {
    name: "context-overflow",
    title: "a request may need more than the window holds",
    family: Family::Context,
    severity: Severity::Error,
    confidence: Confidence::Medium,
    harm: Harm::Dies,
    dialects: &[Dialect::Aisys, Dialect::Code],
    fix: FixKind::None,
    why: "Prompt, passages, history and the room for the answer share one window. Each number looks harmless; \
          the sum is what the provider refuses, and only for the users with the longest questions.",
    how: &[(
        Dialect::Aisys,
        "routes:\n  assistant:\n    limits: {input_tokens: 16000, output_tokens: 800}\n    retrieval: {top_k: 5}",
    )],
    check,
};

fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    for (id, route) in audit.chat_routes() {
        let answers = audit.answers(id);
        let (Some(needed), Some(window)) = (&answers.context_needed, &answers.smallest_window) else {
            continue;
        };
        let (Some(needs), Some(holds)) = (needed.value, window.value) else {
            continue;
        };
        if needs <= holds {
            continue;
        }
        let traced = audit.traced(id).context_needed;
        let terms: Vec<&str> = traced
            .iter()
            .flat_map(|number| &number.terms)
            .map(|term| term.text.as_str())
            .collect();
        let place = route.policy.max_input_tokens.as_ref().and_then(|limit| limit.place());
        hits.push(
            Hit::at(
                place.unwrap_or_else(|| route.place()),
                format!(
                    "a request may need {needs} tokens and the smallest window holds {holds}: {}",
                    terms.join(", ")
                ),
            )
            .route(id)
            .label("more than the window"),
        );
    }
}
