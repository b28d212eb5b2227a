//! A long prompt in the code.

use crate::audit::{Audit, Family, FixKind, Harm, Hit, Hits, Rule};
use crate::report::{Confidence, Severity};
use crate::system::Dialect;

/// The rule.
pub const RULE: Rule = Rule {
    name: "prompt-in-code",
    title: "a long prompt is a literal in the code",
    family: Family::Prompt,
    severity: Severity::Note,
    confidence: Confidence::Medium,
    harm: Harm::Rest,
    dialects: &[Dialect::Code],
    fix: FixKind::None,
    why: "A prompt in the code cannot be changed without a deploy, has no version in the logs, and is not what \
          the evaluation suite runs. In a file it is all of that.",
    how: &[(Dialect::Code, "PROMPT = Path(\"prompts/support.v3.md\").read_text()")],
    check,
};

/// Shorter prompts are one line of instruction, and fine where they are.
const LONG: usize = 600;

fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    for (id, route) in audit.routes() {
        let prompt = route.call.and_then(|call| audit.system.call(call).prompt.as_ref());
        if let Some(prompt) = prompt.filter(|prompt| prompt.characters >= LONG) {
            hits.push(
                Hit::at(
                    &prompt.place,
                    format!(
                        "a prompt of {} characters is a literal: it has no version, and no suite runs it",
                        prompt.characters
                    ),
                )
                .route(id)
                .label("a prompt in the code"),
            );
        }
    }
}
