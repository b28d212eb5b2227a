//! A key that the product does not know.

use crate::audit::rules::remarks::report;
use crate::audit::{Audit, Family, FixKind, Harm, Hits, Rule};
use crate::report::{Confidence, Severity};
use crate::system::{Dialect, RemarkKind};

/// The rule.
pub const RULE: Rule = Rule {
    name: "unknown-key",
    title: "a key is not known to the product",
    family: Family::Configuration,
    severity: Severity::Warning,
    confidence: Confidence::High,
    harm: Harm::Rest,
    dialects: Dialect::ALL,
    fix: FixKind::Safe,
    why: "A misspelt key is silent: LiteLLM takes every key under `litellm_settings` without a check \
          (BerriAI/litellm #31287), so a timeout or a budget that was written is not there.",
    how: &[(
        Dialect::Litellm,
        "litellm_settings:\n  request_timeout: 6   # not request_timeouts",
    )],
    check,
};

fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    report(audit, RemarkKind::UnknownKey, "not known", hits);
}
