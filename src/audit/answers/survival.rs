//! Which requests of a plan are answered while some deployments are down.

use crate::system::{DeploymentId, Plan};

/// The share of requests, from 0 to 1, that a deployment still answers. A degraded answer is none:
/// it is honest, and the model is gone all the same.
pub(super) fn share(plan: &Plan, is_down: &impl Fn(DeploymentId) -> bool) -> f64 {
    match plan {
        Plan::Try(attempt) => f64::from(u8::from(!is_down(attempt.deployment))),
        Plan::Pick { branches, ejects: true } => branches
            .iter()
            .map(|(_, plan)| share(plan, is_down))
            .fold(0.0, f64::max),
        Plan::Pick { branches, .. } => shares(branches)
            .map(|(weight, plan)| weight * share(plan, is_down))
            .sum(),
        Plan::Retry(retry) => share(&retry.plan, is_down),
        Plan::First(branches) => {
            1.0 - branches
                .iter()
                .map(|branch| 1.0 - share(&branch.plan, is_down))
                .product::<f64>()
        }
        Plan::Within { plan, .. } => share(plan, is_down),
        Plan::All(plans) => plans.iter().map(|plan| share(plan, is_down)).fold(1.0, f64::min),
        Plan::Degraded(_) => 0.0,
    }
}

/// The branches of a pick with their share of the traffic; equal shares when all weights are zero.
pub(super) fn shares(branches: &[(f64, Plan)]) -> impl Iterator<Item = (f64, &Plan)> {
    let sum: f64 = branches.iter().map(|(weight, _)| weight.max(0.0)).sum();
    #[expect(clippy::cast_precision_loss, reason = "a pick has few branches")]
    let equal = 1.0 / branches.len().max(1) as f64;
    branches.iter().map(move |(weight, plan)| {
        let share = if sum > 0.0 { weight.max(0.0) / sum } else { equal };
        (share, plan)
    })
}

/// The plan's own path: what is left when every fallback to another route is taken away.
#[must_use]
pub fn without_fallbacks(plan: &Plan) -> &Plan {
    match plan {
        Plan::First(branches) => branches.first().map_or(plan, |branch| without_fallbacks(&branch.plan)),
        _ => plan,
    }
}
