//! A value that the product cannot use.

use crate::audit::rules::remarks::report;
use crate::audit::{Audit, Family, FixKind, Harm, Hits, Rule};
use crate::report::{Confidence, Severity};
use crate::system::{Dialect, RemarkKind};

/// The rule.
pub const RULE: Rule = Rule {
    name: "invalid-value",
    title: "a value is not one that the product takes",
    family: Family::Configuration,
    severity: Severity::Error,
    confidence: Confidence::High,
    harm: Harm::Dies,
    dialects: Dialect::ALL,
    fix: FixKind::Safe,
    why: "Wrong types and forms stop the start or are taken for something else: two routes in one item of \
          `fallbacks` stop LiteLLM 1.109.1 (measured on 1.106.2 too), a bare name instead of a list was walked \
          letter by letter.",
    how: &[(
        Dialect::Litellm,
        "router_settings:\n  fallbacks:\n    - chat: [reserve]\n    - search: [reserve]",
    )],
    check,
};

fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    report(audit, RemarkKind::InvalidValue, "cannot be used", hits);
}
