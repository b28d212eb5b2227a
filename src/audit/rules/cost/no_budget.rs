//! No spend limit anywhere in view.

use crate::audit::{Audit, Family, FixKind, Harm, Hit, Hits, Rule};
use crate::report::{Confidence, Severity};
use crate::source::set_key;
use crate::system::{Dialect, GatewayId, Scope};

/// The rule.
pub const RULE: Rule = Rule {
    name: "no-budget",
    title: "no budget is set",
    family: Family::Cost,
    severity: Severity::Warning,
    confidence: Confidence::Medium,
    harm: Harm::Pays,
    dialects: &[Dialect::Litellm, Dialect::Tensorzero, Dialect::Bifrost, Dialect::Aisys],
    fix: FixKind::NeedsReview,
    why: "Mintplex-Labs/anything-llm #3348: 20 USD for one query. kyegomez/swarms #1976: up to 2,000 calls a \
          run. A budget is the line that turns such a night into an error message. 93 % of 104 public LiteLLM \
          configurations have none in the file; budgets can also live in the gateway's database, which a file \
          cannot show.",
    how: &[
        (
            Dialect::Litellm,
            "litellm_settings:\n  max_budget: 50\n  budget_duration: 1d\ngeneral_settings:\n  database_url: os.environ/DATABASE_URL",
        ),
        (
            Dialect::Tensorzero,
            "[[rate_limiting.rules]]\ncost_per_day = 50\nalways = true",
        ),
        (
            Dialect::Bifrost,
            "{\"governance\": {\"budgets\": [{\"id\": \"all\", \"max_limit\": 50, \"reset_duration\": \"1d\"}]}}",
        ),
        (Dialect::Aisys, "routes:\n  assistant:\n    budget: {usd: 50, per: day}"),
    ],
    check,
};

fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    for (id, gateway) in audit.gateways() {
        if !RULE.dialects.contains(&gateway.dialect) || !audit.spends(id) || has_budget(audit, id, gateway.dialect) {
            continue;
        }
        let edit = (gateway.dialect == Dialect::Litellm)
            .then(|| audit.document_at(&gateway.place))
            .flatten()
            .and_then(|root| set_key(root, &["litellm_settings", "max_budget"], "50"));
        for (route, _) in audit.chat_routes_of(id) {
            hits.push(
                Hit::at(
                    &gateway.place,
                    "no budget is in view: a loop or a leaked key spends until somebody looks at the bill",
                )
                .route(route)
                .label("no budget")
                .help("set one here, or note why it lives elsewhere (the gateway's database, the provider's console)")
                .review_fix("set `max_budget: 50`", edit.clone().into_iter().collect()),
            );
        }
    }
}

/// Whether anything limits the spend of more than one user.
fn has_budget(audit: &Audit<'_>, id: GatewayId, dialect: Dialect) -> bool {
    audit.routes_of(id).any(|(_, route)| {
        route.policy.budgets.iter().any(|budget| {
            // Bifrost hangs its budgets on virtual keys; elsewhere a user's budget bounds only that user.
            dialect != Dialect::Litellm || !matches!(budget.scope, Scope::User | Scope::Key)
        })
    })
}
