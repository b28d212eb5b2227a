//! Prompts that travel without encryption.

use crate::audit::rules::remarks::report;
use crate::audit::{Audit, Family, FixKind, Harm, Hits, Rule};
use crate::report::{Confidence, Severity};
use crate::system::{Dialect, RemarkKind};

/// The rule.
pub const RULE: Rule = Rule {
    name: "plaintext-endpoint",
    title: "prompts travel without encryption",
    family: Family::Safety,
    severity: Severity::Warning,
    confidence: Confidence::Medium,
    harm: Harm::Rest,
    dialects: Dialect::ALL,
    fix: FixKind::NeedsReview,
    why: "Over plain http prompts, answers and the key itself can be read and changed by everything between. 3 \
          % of 104 public LiteLLM configurations reach a host that is not local so. Hosts of one's own network \
          are not reported.",
    how: &[(
        Dialect::Litellm,
        "litellm_params:\n  api_base: https://llm.example.com/v1",
    )],
    check,
};

fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    report(audit, RemarkKind::PlaintextEndpoint, "no encryption", hits);
}
