//! Prompts and answers in logs.

use crate::audit::{Audit, Family, FixKind, Harm, Hit, Hits, Rule};
use crate::report::{Confidence, Severity};
use crate::source::Edit;
use crate::system::Dialect;

/// The rule.
pub const RULE: Rule = Rule {
    name: "prompts-logged",
    title: "prompts and answers are written to logs",
    family: Family::Safety,
    severity: Severity::Note,
    confidence: Confidence::High,
    harm: Harm::Rest,
    dialects: &[Dialect::Litellm, Dialect::Bifrost, Dialect::Tensorzero],
    fix: FixKind::Safe,
    why: "What users type holds names, keys and health: in spend tables and logs it is kept for a year \
          (Bifrost's default is 365 days) and read by everybody with access to the dashboard. Log metadata, \
          and content only where somebody has agreed.",
    how: &[
        (
            Dialect::Litellm,
            "general_settings:\n  store_prompts_in_spend_logs: false\nlitellm_settings:\n  turn_off_message_logging: true",
        ),
        (Dialect::Bifrost, "{\"client\": {\"disable_content_logging\": true}}"),
    ],
    check,
};

fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    for (_, gateway) in audit.gateways() {
        let Some(place) = &gateway.prompts_logged else { continue };
        let mut hit =
            Hit::at(place, "prompts and answers are kept in logs that many can read").label("content is logged");
        if place.text() == "true" && gateway.dialect == Dialect::Litellm {
            hit = hit.safe_fix(
                "keep content out of the spend logs",
                vec![Edit {
                    place: place.clone(),
                    text: "false".to_owned(),
                }],
            );
        }
        hits.push(hit);
    }
}
