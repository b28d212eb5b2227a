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
        Self {
            steps,
            root,
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
        match &self.steps[step] {
            Step::Try { deployment, .. } => usable(*deployment),
            Step::Pick { branches, .. } => branches.iter().any(|(_, branch)| self.lives(*branch, usable)),
            Step::Retry { body, .. } | Step::Within { body, .. } => self.lives(*body, usable),
            Step::First(branches) => branches.iter().any(|branch| self.lives(*branch, usable)),
            Step::All(parts) => parts.iter().all(|part| self.lives(*part, usable)),
            Step::Degraded => true,
        }
    }

    /// Shows every deployment that a step can call to `visit`.
    pub(super) fn each(&self, step: StepId, visit: &mut impl FnMut(usize)) {
        match &self.steps[step] {
            Step::Try { deployment, .. } => visit(*deployment),
            Step::Pick { branches, .. } => branches.iter().for_each(|(_, branch)| self.each(*branch, visit)),
            Step::Retry { body, .. } | Step::Within { body, .. } => self.each(*body, visit),
            Step::First(branches) | Step::All(branches) => branches.iter().for_each(|branch| self.each(*branch, visit)),
            Step::Degraded => {}
        }
    }

    pub(super) fn is_degraded(&self, step: StepId) -> bool {
        matches!(self.steps[step], Step::Degraded)
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
