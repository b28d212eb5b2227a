//! Nobody is told.

use crate::audit::{Audit, Family, FixKind, Harm, Hit, Hits, Rule};
use crate::report::{Confidence, Severity};
use crate::system::Dialect;

/// The rule.
pub const RULE: Rule = Rule {
    name: "no-alerting",
    title: "nobody is told when it breaks",
    family: Family::Observation,
    severity: Severity::Note,
    confidence: Confidence::Medium,
    harm: Harm::Rest,
    dialects: &[Dialect::Litellm, Dialect::Aisys],
    fix: FixKind::None,
    why: "The outage of 2024-12-11 was first noticed in most teams by their users. Not one of 104 public \
          LiteLLM configurations sets `alerting`, which tells a channel of hanging requests, failing \
          deployments and spent budgets.",
    how: &[(
        Dialect::Litellm,
        "general_settings:\n  alerting: [slack]\n  alerting_threshold: 60",
    )],
    check,
};

fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    for (id, gateway) in audit.gateways() {
        if !RULE.dialects.contains(&gateway.dialect) || gateway.alerting.value || audit.routes_of(id).next().is_none() {
            continue;
        }
        let place = gateway.alerting.place().unwrap_or(&gateway.place);
        hits.push(
            Hit::at(
                place,
                "no alerting: users notice first, and nobody hears of a spent budget",
            )
            .label("no alerting"),
        );
    }
}
