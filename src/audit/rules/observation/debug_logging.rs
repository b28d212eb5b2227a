//! Debug logging in production.

use crate::audit::{Audit, Family, FixKind, Harm, Hit, Hits, Rule};
use crate::report::{Confidence, Severity};
use crate::source::Edit;
use crate::system::Dialect;

/// The rule.
pub const RULE: Rule = Rule {
    name: "debug-logging",
    title: "debug logging is on",
    family: Family::Observation,
    severity: Severity::Warning,
    confidence: Confidence::High,
    harm: Harm::Rest,
    dialects: &[Dialect::Litellm, Dialect::Tensorzero],
    fix: FixKind::Safe,
    why: "Debug logs hold whole requests with their keys and prompts, and cost time on each. 6 % of 104 public \
          LiteLLM configurations leave `set_verbose` on.",
    how: &[
        (Dialect::Litellm, "litellm_settings:\n  set_verbose: false"),
        (Dialect::Tensorzero, "[gateway]\ndebug = false"),
    ],
    check,
};

fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    for (_, gateway) in audit.gateways() {
        let Some(place) = &gateway.debug else { continue };
        let mut hit =
            Hit::at(place, "debug logs hold whole requests, keys and prompts among them").label("debug is on");
        let off = match place.text() {
            "true" => Some("false"),
            "True" => Some("False"),
            "DEBUG" => Some("INFO"),
            _ => None,
        };
        if let Some(off) = off {
            hit = hit.safe_fix(
                "switch it off",
                vec![Edit {
                    place: place.clone(),
                    text: off.to_owned(),
                }],
            );
        }
        hits.push(hit);
    }
}
