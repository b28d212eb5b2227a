//! A key that does nothing where it stands.

use crate::audit::rules::remarks::report;
use crate::audit::{Audit, Family, FixKind, Harm, Hits, Rule};
use crate::report::{Confidence, Severity};
use crate::system::{Dialect, RemarkKind};

/// The rule.
pub const RULE: Rule = Rule {
    name: "misplaced-key",
    title: "a key does nothing where it stands",
    family: Family::Configuration,
    severity: Severity::Error,
    confidence: Confidence::High,
    harm: Harm::Rest,
    dialects: &[
        Dialect::Litellm,
        Dialect::Portkey,
        Dialect::Tensorzero,
        Dialect::Bifrost,
        Dialect::Helicone,
        Dialect::Envoy,
        Dialect::Kong,
        Dialect::Aisys,
    ],
    fix: FixKind::Safe,
    why: "10 % of 104 public LiteLLM configurations hold a key where nothing reads it: `num_retries` under \
          `general_settings`, `timeout` under `litellm_settings`. The team believes that it is set.",
    how: &[(
        Dialect::Litellm,
        "router_settings:\n  timeout: 6       # not under litellm_settings\n  cooldown_time: 30",
    )],
    check,
};

fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    report(audit, RemarkKind::MisplacedKey, "does nothing here", hits);
}
