//! A key that the product does not know.

use std::collections::HashSet;

use crate::audit::rules::remarks::report_with;
use crate::audit::{Audit, Family, FixKind, Harm, Hits, Rule};
use crate::report::{Confidence, Severity};
use crate::system::{Dialect, Remark, RemarkKind};

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
    let mut given = HashSet::new();
    report_with(audit, RemarkKind::UnknownKey, "not known", hits, |remark| {
        renames_freely(audit, remark, &mut given)
    });
}

/// Whether no other key of the mapping has the new name, nor was promised it: a fix must not double a
/// key.
fn renames_freely(audit: &Audit<'_>, remark: &Remark, given: &mut HashSet<(usize, String)>) -> bool {
    let Some(edit) = remark.edits.first() else { return true };
    let name = edit.text.trim_matches('"');
    let mut free = true;
    if let Some(root) = audit.document_at(&remark.place) {
        root.walk(&mut |node| {
            if node.entries().any(|entry| entry.key.place == remark.place) {
                let start = node.entries().next().map_or(0, |entry| entry.key.place.span.start);
                free &= node.entries().all(|entry| entry.key.text != name) && given.insert((start, name.to_owned()));
            }
        });
    }
    free
}
