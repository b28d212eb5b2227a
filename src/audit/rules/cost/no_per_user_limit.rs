//! One user can spend all.

use crate::audit::{Audit, Family, FixKind, Harm, Hit, Hits, Rule};
use crate::report::{Confidence, Severity};
use crate::system::Dialect;

/// The rule.
pub const RULE: Rule = Rule {
    name: "no-per-user-limit",
    title: "one user can spend the whole budget",
    family: Family::Cost,
    severity: Severity::Note,
    confidence: Confidence::Low,
    harm: Harm::Pays,
    dialects: &[Dialect::Litellm, Dialect::Bifrost, Dialect::Aisys],
    fix: FixKind::None,
    why: "A budget for everybody is spent by the first who loops, and then nobody is served: a limit per user \
          or key keeps one mistake small. Keys and their limits often live in the gateway's database, so a \
          file alone cannot tell.",
    how: &[
        (
            Dialect::Litellm,
            "litellm_settings:\n  max_internal_user_budget: 2\n  internal_user_budget_duration: 1d",
        ),
        (
            Dialect::Bifrost,
            "{\"governance\": {\"virtual_keys\": [{\"budget_id\": \"one-user\"}]}}",
        ),
    ],
    check,
};

fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    for (id, gateway) in audit.gateways() {
        if RULE.dialects.contains(&gateway.dialect) && !gateway.per_user_limits.value && audit.spends(id) {
            hits.push(
                Hit::at(
                    &gateway.place,
                    "no limit for one user or key is in view: the first loop spends for all",
                )
                .label("no limit per user"),
            );
        }
    }
}
