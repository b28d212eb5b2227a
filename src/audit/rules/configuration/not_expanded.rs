//! A variable in a syntax that is not expanded.

use crate::audit::rules::remarks::report;
use crate::audit::{Audit, Family, FixKind, Harm, Hits, Rule};
use crate::report::{Confidence, Severity};
use crate::system::{Dialect, RemarkKind};

/// The rule.
pub const RULE: Rule = Rule {
    name: "not-expanded",
    title: "a variable is not expanded",
    family: Family::Configuration,
    severity: Severity::Error,
    confidence: Confidence::High,
    harm: Harm::Dies,
    dialects: &[Dialect::Litellm, Dialect::Bifrost, Dialect::Tensorzero],
    fix: FixKind::Safe,
    why: "`${VAR}` is the shell's and compose's syntax. LiteLLM expands `os.environ/VAR` only, Bifrost \
          `env.VAR`, TensorZero `env::VAR`: anything else is sent to the provider as the key, which answers \
          401. 6 of 142 public LiteLLM files do so.",
    how: &[
        (Dialect::Litellm, "api_key: os.environ/OPENAI_API_KEY"),
        (Dialect::Bifrost, "{\"value\": \"env.OPENAI_API_KEY\"}"),
        (Dialect::Tensorzero, "api_key_location = \"env::OPENAI_API_KEY\""),
    ],
    check,
};

fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    report(audit, RemarkKind::NotExpanded, "sent as it stands", hits);
}
