//! Something that nothing reaches.

use crate::audit::rules::remarks::report;
use crate::audit::{Audit, Family, FixKind, Harm, Hits, Rule};
use crate::report::{Confidence, Severity};
use crate::system::{Dialect, RemarkKind};

/// The rule.
pub const RULE: Rule = Rule {
    name: "unused-deployment",
    title: "a part of the configuration is reached by nothing",
    family: Family::Configuration,
    severity: Severity::Note,
    confidence: Confidence::Medium,
    harm: Harm::Rest,
    dialects: Dialect::ALL,
    fix: FixKind::NeedsReview,
    why: "A credential, provider or route that nothing reaches is a key that nobody rotates, and a reader's \
          hour lost. Where it was meant as a fallback, it helps nobody.",
    how: &[(
        Dialect::Litellm,
        "credential_list:\n  - credential_name: openai   # named by litellm_credential_name",
    )],
    check,
};

fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    report(audit, RemarkKind::Unused, "reached by nothing", hits);
}
