//! A key that stands twice.

use crate::audit::rules::remarks::report;
use crate::audit::{Audit, Family, FixKind, Harm, Hits, Rule};
use crate::report::{Confidence, Severity};
use crate::system::{Dialect, RemarkKind};

/// The rule.
pub const RULE: Rule = Rule {
    name: "duplicate-key",
    title: "a key stands twice",
    family: Family::Configuration,
    severity: Severity::Error,
    confidence: Confidence::High,
    harm: Harm::Rest,
    dialects: Dialect::ALL,
    fix: FixKind::None,
    why: "YAML loaders keep the last one and drop the first without a word: in 2 of 142 public files a second \
          `litellm_settings` silently takes the place of the first, with its timeouts and budgets.",
    how: &[(
        Dialect::Litellm,
        "litellm_settings:      # one block, all keys in it\n  request_timeout: 6\n  max_budget: 50",
    )],
    check,
};

fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    report(audit, RemarkKind::DuplicateKey, "this one is dropped", hits);
}
