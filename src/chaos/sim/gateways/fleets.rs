//! What the requests of a product share.

use std::time::Duration;

use crate::pipeline::policy::{CallEnd, Failure, Fleet, Health, Request, Tick};
use crate::system::{Cooldown, Dialect, System};

use super::litellm::Cooldowns;

/// The state of one gateway's deployments.
#[derive(Debug, Clone)]
pub enum Fleets {
    /// Our own middleware's.
    Aisys(Box<Health>),
    /// `LiteLLM`'s cooldowns.
    Litellm(Cooldowns),
    /// Failures in a row, as Envoy and Kong count them.
    InARow(InARow),
    /// Nothing is remembered.
    Nothing,
}

impl Fleets {
    /// That of a dialect's product; `cooldown` in place of the configuration's own time.
    #[must_use]
    pub fn of(dialect: Dialect, system: &System, cooldown: Option<Duration>) -> Self {
        match dialect {
            Dialect::Aisys => Self::Aisys(Box::new(Health::of(system))),
            Dialect::Litellm => Self::Litellm(Cooldowns::of(system, cooldown)),
            Dialect::Envoy | Dialect::Kong | Dialect::Helicone => Self::InARow(InARow::of(system, cooldown)),
            _ => Self::Nothing,
        }
    }
}

impl Fleet for Fleets {
    fn usable(&mut self, deployment: usize, now: Tick) -> bool {
        match self {
            Self::Aisys(health) => health.usable(deployment, now),
            Self::Litellm(cooldowns) => cooldowns.usable(deployment, now),
            Self::InARow(in_a_row) => in_a_row.usable(deployment, now),
            Self::Nothing => true,
        }
    }

    fn saw(&mut self, deployment: usize, now: Tick, end: &CallEnd) {
        match self {
            Self::Aisys(health) => health.saw(deployment, now, end),
            Self::Litellm(cooldowns) => cooldowns.saw(deployment, now, end),
            Self::InARow(in_a_row) => in_a_row.saw(deployment, now, end),
            Self::Nothing => {}
        }
    }

    fn began(&mut self, deployment: usize, now: Tick, request: &Request, again: bool) {
        if let Self::Aisys(health) = self {
            health.began(deployment, now, request, again);
        }
    }

    fn dropped(&mut self, deployment: usize, began: Tick, now: Tick) {
        if let Self::Aisys(health) = self {
            health.dropped(deployment, began, now);
        }
    }

    fn may_repeat(&mut self, deployment: usize, now: Tick) -> bool {
        match self {
            Self::Aisys(health) => health.may_repeat(deployment, now),
            _ => true,
        }
    }

    fn may_hedge(&mut self, deployment: usize, now: Tick) -> bool {
        match self {
            Self::Aisys(health) => health.may_hedge(deployment, now),
            _ => true,
        }
    }

    fn latency(&mut self, deployment: usize, streamed: bool, share: f64) -> Option<Duration> {
        match self {
            Self::Aisys(health) => health.latency(deployment, streamed, share),
            _ => None,
        }
    }
}

/// Who is out after so many failures in a row. Envoy puts a host out for its base time multiplied by how often it
/// has been out (`outlier_detection.consecutive_5xx`, Envoy 1.3x); it keeps the last one in.
#[derive(Debug, Clone)]
pub struct InARow {
    states: Vec<State>,
}

#[derive(Debug, Clone)]
struct State {
    settings: Option<Cooldown>,
    failed: u64,
    outs: u32,
    until: Tick,
}

/// Envoy's `consecutive_5xx` where nothing is written.
const IN_A_ROW: u64 = 5;

impl InARow {
    fn of(system: &System, time: Option<Duration>) -> Self {
        let states = (0..system.deployments.len()).map(|at| {
            let mut routes = system.routes.iter();
            let route = routes.find(|route| route.plan.deployments().iter().any(|id| id.0 == at));
            let cooldown = route.map(|route| Cooldown {
                time: time.unwrap_or(route.policy.cooldown.value.time),
                ..route.policy.cooldown.value.clone()
            });
            let others = route.is_some_and(|route| route.plan.deployments().len() > 1);
            State {
                settings: cooldown.filter(|it| it.enabled && others),
                failed: 0,
                outs: 0,
                until: Tick::ZERO,
            }
        });
        Self {
            states: states.collect(),
        }
    }

    fn usable(&self, deployment: usize, now: Tick) -> bool {
        self.states.get(deployment).is_none_or(|state| now >= state.until)
    }

    fn saw(&mut self, deployment: usize, now: Tick, end: &CallEnd) {
        let Some(state) = self.states.get_mut(deployment) else {
            return;
        };
        let counts = match &end.failure {
            Some(Failure::Status { status, .. }) => *status >= 500,
            Some(Failure::Connect | Failure::TimedOut(_)) => true,
            _ => false,
        };
        if !counts {
            state.failed = 0;
            return;
        }
        state.failed += 1;
        let Some(settings) = &state.settings else { return };
        if state.failed >= settings.allowed_fails.unwrap_or(IN_A_ROW).max(1) {
            state.failed = 0;
            state.outs = state.outs.saturating_add(1);
            state.until = now.after(settings.time.saturating_mul(state.outs));
        }
    }
}
