//! Several calls for each request.

use crate::audit::{Audit, Family, FixKind, Harm, Hit, Hits, Rule};
use crate::report::{Confidence, Severity};
use crate::system::{Dialect, Plan};

/// The rule.
pub const RULE: Rule = Rule {
    name: "multiplied-calls",
    title: "each request makes several calls",
    family: Family::Cost,
    severity: Severity::Note,
    confidence: Confidence::High,
    harm: Harm::Pays,
    dialects: &[Dialect::Tensorzero, Dialect::Aisys, Dialect::Code],
    fix: FixKind::None,
    why: "Best-of-n, mixtures and `n=5` multiply the bill and the load on the rate limit for each request. \
          That can be worth it; it should be known, and be in the sum that a budget is set for.",
    how: &[(Dialect::Code, "client.chat.completions.create(…, n=1)")],
    check,
};

fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    for (id, route) in audit.chat_routes() {
        let call = route.call.and_then(|call| audit.system.call(call).multiplier.as_ref());
        if let Some(factor) = call.filter(|factor| factor.value > 1) {
            hits.push(
                Hit::at(
                    &route.place_of(factor),
                    format!("each request asks for {} answers and pays for all", factor.value),
                )
                .route(id)
                .label(format!("× {}", factor.value)),
            );
        }
        let calls = side_by_side(&route.plan);
        if calls > 1 {
            hits.push(
                Hit::at(
                    route.place(),
                    format!("each request of `{}` makes {calls} calls, all of them paid", route.name),
                )
                .route(id)
                .label(format!("× {calls}")),
            );
        }
    }
}

/// How many calls a request makes when nothing fails.
fn side_by_side(plan: &Plan) -> usize {
    match plan {
        Plan::Try(_) => 1,
        Plan::Degraded(_) => 0,
        Plan::Retry(retry) => side_by_side(&retry.plan),
        Plan::Within { plan, .. } => side_by_side(plan),
        Plan::First(branches) => branches.first().map_or(0, |branch| side_by_side(&branch.plan)),
        Plan::Pick { branches, .. } => branches.iter().map(|(_, plan)| side_by_side(plan)).max().unwrap_or(0),
        Plan::All(plans) => plans.iter().map(side_by_side).sum(),
    }
}
