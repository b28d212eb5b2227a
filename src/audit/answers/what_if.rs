//! What one outage does to one route.

use std::collections::{BTreeMap, HashSet};

use crate::system::{Attempt, Deployment, DeploymentId, Fate, Plan, Route, System};

use super::wait::{self, Outcome};
use super::{WhatIf, survival};

/// One row for each fate of a route, in the order of the fates' kinds and names.
pub(super) fn rows(system: &System, route: &Route) -> Vec<WhatIf> {
    let mut deployments_of: BTreeMap<Fate, HashSet<DeploymentId>> = BTreeMap::new();
    for id in route.plan.deployments() {
        for fate in system.deployment(id).fates() {
            deployments_of.entry(fate).or_default().insert(id);
        }
    }
    let usual = usual(system, &route.plan);
    let mut rows: Vec<WhatIf> = deployments_of
        .into_iter()
        .map(|(fate, down)| row(system, route, fate, &|id| down.contains(&id), usual))
        .collect();
    rows.extend(system.path_services(route).into_iter().map(|service| WhatIf {
        fate: service,
        survives: 0.0,
        through: None,
        wait: None,
        price_factor: None,
        window: None,
        lost: Vec::new(),
    }));
    rows
}

/// The attempt that answers when nothing is down.
fn usual<'p>(system: &System, plan: &'p Plan) -> Option<&'p Attempt> {
    match wait::walk(system, plan, &|_| false) {
        Outcome::Answered(attempt, _) => Some(attempt),
        Outcome::Failed(_) => None,
    }
}

fn row(
    system: &System,
    route: &Route,
    fate: Fate,
    is_down: &impl Fn(DeploymentId) -> bool,
    usual: Option<&Attempt>,
) -> WhatIf {
    let survives = survival::share(&route.plan, is_down);
    let nothing = WhatIf {
        fate,
        survives,
        through: None,
        wait: None,
        price_factor: None,
        window: None,
        lost: Vec::new(),
    };
    if survives <= 0.0 {
        let through = route
            .plan
            .has_degraded_answer()
            .then(|| "the degraded answer".to_owned());
        return WhatIf { through, ..nothing };
    }
    let Some(answering) = first_alive(&route.plan, is_down) else {
        return nothing;
    };
    let waited = match wait::walk(system, &route.plan, is_down) {
        Outcome::Answered(_, waited) => waited,
        // An error is passed on to the next path, and a call that hangs outlasts the whole limit.
        Outcome::Failed(_) => f64::INFINITY,
    };
    let through = system.deployment(answering.deployment);
    let before = usual.map(|attempt| system.deployment(attempt.deployment));
    WhatIf {
        through: Some(through.name.clone()),
        wait: Some(waited),
        price_factor: before.and_then(|before| price_factor(before, through)),
        window: through.facts.as_ref().and_then(|facts| facts.max_input_tokens),
        lost: before.map_or_else(Vec::new, |before| lost(before, through)),
        ..nothing
    }
}

/// The first attempt that is not down, in the order of the path.
fn first_alive<'p>(plan: &'p Plan, is_down: &impl Fn(DeploymentId) -> bool) -> Option<&'p Attempt> {
    plan.attempts().into_iter().find(|attempt| !is_down(attempt.deployment))
}

/// How much dearer the second is for three tokens in and one out, the usual mix of a chat.
#[must_use]
pub fn price_factor(before: &Deployment, after: &Deployment) -> Option<f64> {
    let price = |deployment: &Deployment| {
        let facts = deployment.facts.as_ref()?;
        Some(3.0 * facts.input_price? + facts.output_price?)
    };
    let (before, after) = (price(before)?, price(after)?);
    (before > 0.0).then(|| after / before)
}

/// What the first can do and the second cannot, as far as both are known.
#[must_use]
pub fn lost(before: &Deployment, after: &Deployment) -> Vec<&'static str> {
    let (Some(before), Some(after)) = (&before.facts, &after.facts) else {
        return Vec::new();
    };
    [
        (before.tools && !after.tools, "tools"),
        (before.vision && !after.vision, "vision"),
        (before.schema && !after.schema, "schema"),
        (!before.no_stream && after.no_stream, "streaming"),
    ]
    .into_iter()
    .filter_map(|(lost, name)| lost.then_some(name))
    .collect()
}
