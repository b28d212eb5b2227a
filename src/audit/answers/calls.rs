//! The most calls of providers for one request: retries of all layers multiply, fallbacks add.

use crate::system::{Plan, System};

use super::number::{Number, Unit};
use super::terms::Terms;

/// The most calls of a plan.
pub(super) fn most(system: &System, plan: &Plan, mut terms: Terms) -> Number {
    let calls = of_plan(system, plan, &mut terms);
    Number::new(calls, Unit::Calls, terms)
}

fn of_plan(system: &System, plan: &Plan, terms: &mut Terms) -> f64 {
    match plan {
        Plan::Try(_) => 1.0,
        Plan::Pick { branches, .. } => branches
            .iter()
            .map(|(_, plan)| of_plan(system, plan, terms))
            .fold(0.0, f64::max),
        Plan::Retry(retry) => {
            let once = of_plan(system, &retry.plan, terms);
            let tries = f64::from(retry.retries.value) + 1.0;
            terms.push(|| format!("× {tries} tries ({})", retry.layer), &retry.retries.origin);
            once * tries
        }
        Plan::First(branches) => branches
            .iter()
            .map(|branch| {
                if let Some(because) = &branch.because {
                    let to = branch.route.map_or("the next", |id| &system.route(id).name);
                    terms.push(|| format!("+ those of {to}"), &because.origin);
                }
                of_plan(system, &branch.plan, terms)
            })
            .sum(),
        Plan::Within { plan, .. } => of_plan(system, plan, terms),
        Plan::All(plans) => plans.iter().map(|plan| of_plan(system, plan, terms)).sum(),
        Plan::Degraded(_) => 0.0,
    }
}
