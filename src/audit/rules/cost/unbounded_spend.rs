//! An hour that may cost any sum.

use crate::audit::{Audit, Family, FixKind, Harm, Hit, Hits, Rule};
use crate::report::{Confidence, Severity};
use crate::system::{Dialect, Scope};

/// The rule.
pub const RULE: Rule = Rule {
    name: "unbounded-spend",
    title: "nothing bounds what an hour may cost",
    family: Family::Cost,
    severity: Severity::Warning,
    confidence: Confidence::High,
    harm: Harm::Pays,
    dialects: Dialect::ALL,
    fix: FixKind::None,
    why: "kyegomez/swarms #1976: up to 2,000 calls a run, because each limit in view bounded something else. \
          This is the sum over what is enforced: a budget of one user, one key or one provider bounds only its \
          own part. `--explain-number ROUTE.hourly-cost` shows the terms.",
    how: &[
        (
            Dialect::Litellm,
            "litellm_settings:\n  max_budget: 50\n  budget_duration: 1d",
        ),
        (Dialect::Aisys, "routes:\n  assistant:\n    budget: {usd: 50, per: day}"),
    ],
    check,
};

fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    for (id, gateway) in audit.gateways() {
        let routes: Vec<_> = audit.chat_routes_of(id).collect();
        let budgets = || routes.iter().flat_map(|(_, route)| &route.policy.budgets);
        let limits = || routes.iter().flat_map(|(_, route)| &route.policy.limits);
        // Where a limit is absent or idle, the rule about that says so: this one is for those that are
        // enforced and still do not bound the sum, and for dialects that have no budgets.
        let absent = match gateway.dialect {
            Dialect::Litellm => !budgets().any(|budget| !matches!(budget.scope, Scope::User | Scope::Key)),
            Dialect::Tensorzero | Dialect::Bifrost | Dialect::Aisys => budgets().next().is_none(),
            Dialect::Envoy | Dialect::Helicone | Dialect::Kong => limits().next().is_none(),
            _ => false,
        };
        let idle = budgets().any(|budget| budget.enforced.is_err()) || limits().any(|limit| limit.enforced.is_err());
        if absent || idle {
            continue;
        }
        for (route_id, _) in &routes {
            let answers = audit.answers(*route_id);
            let Some(bound) = answers.would_bound else { continue };
            // A price that nobody knows has `unpriced-model`.
            if answers.request_cost.value.is_none() && budgets().next().is_some() {
                continue;
            }
            let mut hit = Hit::at(
                &gateway.place,
                "no enforced limit bounds the whole: an hour may cost any sum",
            )
            .route(*route_id)
            .label("no bound on the sum")
            .help(format!("one line would bound it: {bound}"));
            if gateway.dialect == Dialect::Portkey {
                hit = hit.confidence(Confidence::Low);
            }
            hits.push(hit);
        }
    }
}
