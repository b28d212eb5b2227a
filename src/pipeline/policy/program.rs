//! A plan as a flat table of steps, so that a request's place in it is a few numbers.

use std::time::Duration;

use crate::system::{Backoff, Plan, Route, System};

use super::ways::Ways;

/// A step's place in its program.
pub(super) type StepId = usize;

/// One step.
#[derive(Debug, Clone)]
pub(super) enum Step {
    Try {
        deployment: usize,
        timeout: Option<Duration>,
        first_token: Option<Duration>,
        idle: Option<Duration>,
    },
    Pick {
        branches: Vec<(f64, StepId)>,
        ejects: bool,
    },
    Retry {
        body: StepId,
        retries: u32,
        backoff: Backoff,
        on_timeout: bool,
        statuses: Option<Vec<u16>>,
    },
    First(Vec<StepId>),
    Within {
        limit: Option<Duration>,
        body: StepId,
    },
    All(Vec<StepId>),
    Degraded,
}

/// A route's plan, ready to be followed.
#[derive(Debug, Clone)]
pub struct Program {
    pub(super) steps: Vec<Step>,
    pub(super) root: StepId,
    /// The deployments that each step can call, in the order of the plan.
    reach: Vec<Vec<usize>>,
    /// Whether any one of these is enough for a step: there is nothing static in it, and no part that needs
    /// another.
    alternatives: Vec<bool>,
    /// Our own ways, where it is our own middleware that follows the plan.
    pub(super) ways: Option<Ways>,
}

impl Program {
    /// Compiles a plan, to be followed to the letter: what other products do. Deployments keep the numbers
    /// that they have in their system.
    #[must_use]
    pub fn new(plan: &Plan) -> Self {
        let mut steps = Vec::new();
        let root = compile(plan, &mut steps);
        // A step stands after those inside of it.
        let (mut reach, mut alternatives): (Vec<Vec<usize>>, Vec<bool>) = (Vec::new(), Vec::new());
        for step in &steps {
            let inside = inside(step);
            let own = if let Step::Try { deployment, .. } = step {
                Some(*deployment)
            } else {
                None
            };
            let of_parts = inside.iter().flat_map(|part| &reach[*part]).copied();
            let all = own.into_iter().chain(of_parts).collect();
            let any = !matches!(step, Step::All(_) | Step::Degraded) && inside.iter().all(|part| alternatives[*part]);
            reach.push(all);
            alternatives.push(any);
        }
        Self {
            steps,
            root,
            reach,
            alternatives,
            ways: None,
        }
    }

    /// Compiles the plan of a route as `aisys serve` follows it: time is divided among what is left to try,
    /// fallbacks that share a failed fate or do not fit come last, silent calls may get a rival.
    #[must_use]
    pub fn of_route(system: &System, route: &Route) -> Self {
        Self {
            ways: Some(Ways::of(system, route)),
            ..Self::new(&route.plan)
        }
    }

    /// Whether a silent call may get a rival, so that the path must be told of first tokens.
    #[must_use]
    pub fn hedges(&self) -> bool {
        self.ways.as_ref().is_some_and(|ways| ways.hedge.is_some())
    }

    /// Whether a step can end well with deployments that pass a test. A static answer passes always.
    pub(super) fn lives(&self, step: StepId, usable: &mut impl FnMut(usize) -> bool) -> bool {
        if self.alternatives[step] {
            return self.reach[step].iter().any(|deployment| usable(*deployment));
        }
        match &self.steps[step] {
            Step::Degraded => true,
            Step::All(parts) => parts.iter().all(|part| self.lives(*part, usable)),
            other => inside(other).iter().any(|part| self.lives(*part, usable)),
        }
    }

    /// Every deployment that a step can call.
    pub(super) fn reached(&self, step: StepId) -> &[usize] {
        &self.reach[step]
    }

    pub(super) fn is_degraded(&self, step: StepId) -> bool {
        matches!(self.steps[step], Step::Degraded)
    }
}

/// The steps directly inside of a step.
fn inside(step: &Step) -> Vec<StepId> {
    match step {
        Step::Try { .. } | Step::Degraded => Vec::new(),
        Step::Pick { branches, .. } => branches.iter().map(|(_, branch)| *branch).collect(),
        Step::Retry { body, .. } | Step::Within { body, .. } => vec![*body],
        Step::First(parts) | Step::All(parts) => parts.clone(),
    }
}

fn compile(plan: &Plan, steps: &mut Vec<Step>) -> StepId {
    let step = match plan {
        Plan::Try(attempt) => Step::Try {
            deployment: attempt.deployment.0,
            timeout: attempt.timeout.value,
            first_token: attempt.first_token.value,
            idle: attempt.idle.value,
        },
        Plan::Pick { branches, ejects } => Step::Pick {
            branches: branches
                .iter()
                .map(|(weight, plan)| (*weight, compile(plan, steps)))
                .collect(),
            ejects: *ejects,
        },
        Plan::Retry(retry) => Step::Retry {
            body: compile(&retry.plan, steps),
            retries: retry.retries.value,
            backoff: retry.backoff.clone(),
            on_timeout: retry.on_timeout,
            statuses: retry.statuses.as_ref().map(|statuses| statuses.value.clone()),
        },
        Plan::First(branches) => Step::First(branches.iter().map(|branch| compile(&branch.plan, steps)).collect()),
        Plan::Within { limit, plan } => Step::Within {
            limit: limit.value,
            body: compile(plan, steps),
        },
        Plan::All(plans) => Step::All(plans.iter().map(|plan| compile(plan, steps)).collect()),
        Plan::Degraded(_) => Step::Degraded,
    };
    steps.push(step);
    steps.len() - 1
}
