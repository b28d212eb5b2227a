//! A number in the wrong unit.

use crate::audit::rules::remarks::report;
use crate::audit::{Audit, Family, FixKind, Harm, Hits, Rule};
use crate::report::{Confidence, Severity};
use crate::system::{Dialect, RemarkKind};

/// The rule.
pub const RULE: Rule = Rule {
    name: "unit-mistake",
    title: "a number is in the wrong unit",
    family: Family::Time,
    severity: Severity::Error,
    confidence: Confidence::Medium,
    harm: Harm::Waits,
    dialects: &[
        Dialect::Litellm,
        Dialect::Portkey,
        Dialect::Tensorzero,
        Dialect::Bifrost,
    ],
    fix: FixKind::NeedsReview,
    why: "LiteLLM counts seconds, Portkey and TensorZero milliseconds: `request_timeout: 30000` is more than \
          eight hours, `\"request_timeout\": 30` is 30 ms and fails every call. Both are read without a \
          complaint.",
    how: &[
        (
            Dialect::Litellm,
            "litellm_settings:\n  request_timeout: 30      # seconds",
        ),
        (Dialect::Portkey, "{\"request_timeout\": 30000}"),
    ],
    check,
};

fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    report(audit, RemarkKind::UnitMistake, "the wrong unit", hits);
}
