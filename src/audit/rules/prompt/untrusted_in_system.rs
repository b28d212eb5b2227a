//! Text from outside in the system prompt.

use crate::audit::{Audit, Family, FixKind, Harm, Hit, Hits, Rule};
use crate::report::{Confidence, Severity};
use crate::system::Dialect;

/// The rule.
pub const RULE: Rule = Rule {
    name: "untrusted-in-system",
    title: "text from outside is joined into the system prompt",
    family: Family::Prompt,
    severity: Severity::Warning,
    confidence: Confidence::Medium,
    harm: Harm::Rest,
    dialects: &[Dialect::Code],
    fix: FixKind::None,
    why: "What stands in the system prompt is obeyed. A user's text, a document or a web page that is joined \
          into it gives its instructions with the application's authority (OWASP LLM01, prompt injection).",
    how: &[(
        Dialect::Code,
        "messages=[{\"role\": \"system\", \"content\": RULES}, {\"role\": \"user\", \"content\": f\"<document>{text}</document>\"}]",
    )],
    check,
};

fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    for (id, route) in audit.routes() {
        let place = route
            .call
            .and_then(|call| audit.system.call(call).untrusted_in_system.as_ref());
        if let Some(place) = place {
            hits.push(
                Hit::at(
                    place,
                    "text that comes from outside is joined into the system prompt, where it is obeyed",
                )
                .route(id)
                .label("from outside")
                .help("put it into a user message, between delimiters"),
            );
        }
    }
}
