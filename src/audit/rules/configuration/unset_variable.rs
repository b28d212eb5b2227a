//! A variable that nothing sets.

use crate::audit::{Audit, Family, FixKind, Harm, Hit, Hits, Rule};
use crate::report::{Confidence, Severity};
use crate::system::Dialect;

/// The rule.
pub const RULE: Rule = Rule {
    name: "unset-variable",
    title: "a variable is set nowhere beside the configuration",
    family: Family::Configuration,
    severity: Severity::Warning,
    confidence: Confidence::Medium,
    harm: Harm::Dies,
    dialects: Dialect::ALL,
    fix: FixKind::None,
    why: "A key that is missing shows itself at the first request: LiteLLM answers 500 (BerriAI/litellm \
          #34877). Where a compose file, a manifest or an `.env` file lies beside the configuration, what they \
          set can be compared with what it needs.",
    how: &[
        (
            Dialect::Compose,
            "services:\n  litellm:\n    environment:\n      OPENAI_API_KEY: ${OPENAI_API_KEY}",
        ),
        (Dialect::Env, "OPENAI_API_KEY="),
    ],
    check,
};

fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    let variables = &audit.system.variables;
    for need in &variables.needed {
        // Only where something that sets variables was read can one be missing.
        let folder = need
            .place
            .file
            .path()
            .parent()
            .unwrap_or_else(|| std::path::Path::new(""));
        let known = variables
            .folders
            .iter()
            .any(|of| folder == of || folder.starts_with(of));
        if !known || variables.is_set(&need.name) || is_injected(&need.name) {
            continue;
        }
        hits.push(
            Hit::at(
                &need.place,
                format!(
                    "nothing that was read sets {}: calls that need it fail at the first request",
                    need.name
                ),
            )
            .label("set nowhere here")
            .help("pass it through in the compose file, or list it in an `.env.example`"),
        );
    }
}

/// Variables that clouds and platforms set themselves.
fn is_injected(name: &str) -> bool {
    name.starts_with("AWS_")
        || name.starts_with("KUBERNETES_")
        || matches!(name, "GOOGLE_APPLICATION_CREDENTIALS" | "PORT" | "HOSTNAME")
}
