//! Budgets that nothing counts.

use crate::audit::{Audit, Family, FixKind, Harm, Hit, Hits, Rule};
use crate::report::{Confidence, Severity};
use crate::system::Dialect;

/// The rule.
pub const RULE: Rule = Rule {
    name: "budget-not-enforced",
    title: "a budget is written and not enforced",
    family: Family::Cost,
    severity: Severity::Error,
    confidence: Confidence::Medium,
    harm: Harm::Pays,
    dialects: &[Dialect::Litellm, Dialect::Tensorzero],
    fix: FixKind::None,
    why: "LiteLLM counts budgets in a database: without one it prints a warning at start \
          (`warn_budget_without_db`, 1.109.1) and never blocks a request. `max_budget` also needs \
          `budget_duration`. TensorZero's rules need Postgres or Valkey. 2 % of 104 public LiteLLM \
          configurations hold a budget that nothing enforces: the team believes it is safe.",
    how: &[
        (
            Dialect::Litellm,
            "litellm_settings:\n  max_budget: 50\n  budget_duration: 1d\ngeneral_settings:\n  database_url: os.environ/DATABASE_URL",
        ),
        (Dialect::Tensorzero, "[rate_limiting]\nbackend = \"postgres\""),
    ],
    check,
};

fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    for (id, route) in audit.routes() {
        for budget in &route.policy.budgets {
            let (Err(why), Some(place)) = (&budget.enforced, budget.usd.place()) else {
                continue;
            };
            hits.push(
                Hit::at(place, format!("this budget stops nobody: {why}"))
                    .route(id)
                    .label("not enforced"),
            );
        }
    }
}
