//! A long fixed prompt that is paid in full each time.

use crate::audit::{Audit, Family, FixKind, Harm, Hit, Hits, Rule};
use crate::report::{Confidence, Severity};
use crate::system::Dialect;

/// The rule.
pub const RULE: Rule = Rule {
    name: "no-prompt-cache",
    title: "a long system prompt is not cached by the provider",
    family: Family::Cache,
    severity: Severity::Note,
    confidence: Confidence::Medium,
    harm: Harm::Pays,
    dialects: &[Dialect::Code, Dialect::Aisys],
    fix: FixKind::None,
    why: "Anthropic caches a prompt's beginning when it is marked with `cache_control`, and reads it back at a \
          tenth of the price from 1,024 tokens on; OpenAI and Gemini do so unasked. A long system prompt \
          without the mark is paid in full by each request.",
    how: &[(
        Dialect::Code,
        "system=[{\"type\": \"text\", \"text\": PROMPT, \"cache_control\": {\"type\": \"ephemeral\"}}]",
    )],
    check,
};

/// About 1,024 tokens, below which Anthropic caches nothing, at four characters a token.
const LONG: usize = 4_096;

fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    for (id, route) in audit.chat_routes() {
        let Some(call) = route.call.map(|call| audit.system.call(call)) else {
            continue;
        };
        let Some(prompt) = call
            .prompt
            .as_ref()
            .filter(|prompt| prompt.system && prompt.characters >= LONG)
        else {
            continue;
        };
        if call.prompt_cache || call.provider.value != "anthropic" {
            continue;
        }
        hits.push(
            Hit::at(
                &prompt.place,
                format!(
                    "about {} tokens of fixed prompt are paid in full by each request",
                    prompt.characters / 4
                ),
            )
            .route(id)
            .label("not marked with `cache_control`"),
        );
    }
}
