//! What our own middleware knows of its deployments: for each a breaker, a cooldown, what times are usual, and
//! the limits of calls; for each provider a budget of repetitions. This is the [`Fleet`] that `aisys serve`
//! runs and that is simulated for an `aisys.yaml`.

mod breaker;
mod bucket;
mod budget;
mod cooldown;
mod latency;
mod limits;

use std::collections::HashMap;
use std::time::Duration;

use super::{CallEnd, Failure, Fleet, Limit, Refusal, Request, Tick, Useless};
use crate::system::{Fate, FateKind, System};

pub use breaker::{Breaker, BreakerSettings, BreakerState};
pub use bucket::Bucket;
pub use budget::CallBudget;
pub use cooldown::Cooldown;
pub use latency::Latency;
pub use limits::CallRates;

/// The share of requests that may be repeated, where a route says none.
const RETRY_SHARE: f64 = 0.1;
/// Repetitions a second that are always left, and the most that are saved up.
const RETRY_FLOOR: f64 = 1.0;
const RETRY_SAVED: f64 = 10.0;
/// The most second calls that are saved up.
const HEDGE_SAVED: f64 = 5.0;
/// A call is unusually slow that takes so many times what 95 of 100 take, and at least a second longer.
const SLOW: f64 = 3.0;
const SLOW_BY: Duration = Duration::from_secs(1);

/// The state of one deployment.
#[derive(Debug, Clone)]
struct State {
    breaker: Breaker,
    cooldown: Cooldown,
    rates: CallRates,
    whole: Latency,
    first_token: Latency,
    provider: usize,
}

/// The state of all deployments of a system.
#[derive(Debug, Clone)]
pub struct Health {
    states: Vec<State>,
    /// Of each provider.
    repeats: Vec<CallBudget>,
    hedges: CallBudget,
}

impl Health {
    /// All well. Cooldowns, limits and budgets are those of the routes that reach a deployment.
    #[must_use]
    pub fn of(system: &System) -> Self {
        let mut providers: HashMap<Fate, usize> = HashMap::new();
        let lone = lone(system);
        let states = (system.deployments.iter().enumerate())
            .map(|(at, deployment)| {
                let fate = (deployment.fates().into_iter())
                    .find(|fate| matches!(fate.kind, FateKind::Provider | FateKind::Host))
                    .unwrap_or_else(|| Fate::new(FateKind::Model, deployment.name.clone()));
                let next = providers.len();
                let mut settings = BreakerSettings::default();
                if lone[at] {
                    // A part that answers is better than none: left out only when nothing comes at all.
                    settings.failure_share = 1.0;
                }
                let route = system
                    .routes
                    .iter()
                    .find(|route| route.plan.deployments().iter().any(|it| it.0 == at));
                let off = crate::system::Cooldown {
                    enabled: false,
                    allowed_fails: None,
                    time: Duration::ZERO,
                };
                let mut cooldown = route.map_or(off, |route| route.policy.cooldown.value.clone());
                cooldown.enabled &= !lone[at];
                State {
                    breaker: Breaker::new(settings),
                    cooldown: Cooldown::of(&cooldown),
                    rates: CallRates::of(&deployment.limits),
                    whole: Latency::default(),
                    first_token: Latency::default(),
                    provider: *providers.entry(fate).or_insert(next),
                }
            })
            .collect();
        let most = |shares: &mut dyn Iterator<Item = f64>| shares.reduce(f64::max);
        let retries = most(&mut (system.routes.iter()).filter_map(|it| Some(it.policy.retry_budget.as_ref()?.value)));
        let hedges = most(&mut (system.routes.iter()).filter_map(|it| Some(it.policy.hedge.as_ref()?.value.share)));
        let repeats = CallBudget::new(retries.unwrap_or(RETRY_SHARE), RETRY_FLOOR, RETRY_SAVED);
        Self {
            states,
            repeats: vec![repeats; providers.len()],
            hedges: CallBudget::new(hedges.unwrap_or(0.0), 0.0, HEDGE_SAVED),
        }
    }

    /// Where a deployment's breaker stands.
    #[must_use]
    pub fn breaker(&self, deployment: usize, now: Tick) -> BreakerState {
        (self.states.get(deployment)).map_or(BreakerState::Closed, |state| state.breaker.state(now))
    }
}

/// Which deployments are the only one in every route that reaches them.
fn lone(system: &System) -> Vec<bool> {
    let mut lone = vec![true; system.deployments.len()];
    for route in &system.routes {
        let reached = route.plan.deployments();
        if reached.len() > 1 {
            for id in reached {
                lone[id.0] = false;
            }
        }
    }
    lone
}

/// Whether a failure speaks against the deployment, and not against the request.
const fn is_the_deployments(failure: &Failure) -> bool {
    match failure {
        Failure::Status { refusal, status, .. } => match refusal {
            Refusal::ContextLength | Refusal::ContentFilter => false,
            Refusal::Quota | Refusal::ModelGone => true,
            Refusal::Plain => !matches!(status, 400 | 409 | 413 | 422 | 424 | 499),
        },
        Failure::Useless(useless) => matches!(useless, Useless::NoChoices | Useless::NullContent | Useless::EmptyText),
        Failure::NoneAvailable | Failure::OwnLimit => false,
        Failure::Connect
        | Failure::TimedOut(Limit::Connect | Limit::FirstToken | Limit::Idle | Limit::Total | Limit::Deadline)
        | Failure::Broken
        | Failure::Unreadable
        | Failure::ErrorEvent
        | Failure::ErrorBody
        | Failure::Unfinished => true,
    }
}

impl Fleet for Health {
    fn usable(&mut self, deployment: usize, now: Tick) -> bool {
        (self.states.get(deployment)).is_none_or(|state| state.breaker.allows(now) && state.rates.allows(now))
    }

    fn began(&mut self, deployment: usize, now: Tick, request: &Request, again: bool) {
        let Some(state) = self.states.get_mut(deployment) else {
            return;
        };
        state.breaker.began(now);
        state.rates.began(now, request);
        if !again {
            self.repeats[state.provider].earn(now);
            self.hedges.earn(now);
        }
    }

    fn saw(&mut self, deployment: usize, now: Tick, end: &CallEnd) {
        let Some(state) = self.states.get_mut(deployment) else {
            return;
        };
        state.rates.ended();
        let (latency, took) = match end.first_token {
            Some(first) => (&mut state.first_token, first.since(end.began)),
            None if end.streamed => (&mut state.first_token, now.since(end.began)),
            None => (&mut state.whole, now.since(end.began)),
        };
        let usual = latency.quantile(0.95);
        let slow = usual.is_some_and(|usual| took > usual.mul_f64(SLOW).max(usual + SLOW_BY));
        // A failure's time says nothing of how long answers take.
        if end.failure.is_none() {
            latency.learn(took, slow);
        }
        let failed = slow || end.failure.as_ref().is_some_and(is_the_deployments);
        state.breaker.ended(now, end.began, failed);
        if let Some(until) = state.cooldown.ended(now, end.failure.as_ref(), failed) {
            state.breaker.open_until(until);
        }
    }

    fn dropped(&mut self, deployment: usize, began: Tick, _now: Tick) {
        if let Some(state) = self.states.get_mut(deployment) {
            state.rates.ended();
            state.breaker.dropped(began);
        }
    }

    fn may_repeat(&mut self, deployment: usize, now: Tick) -> bool {
        (self.states.get(deployment)).is_none_or(|state| self.repeats[state.provider].spend(now))
    }

    fn may_hedge(&mut self, _deployment: usize, now: Tick) -> bool {
        self.hedges.spend(now)
    }

    fn latency(&mut self, deployment: usize, streamed: bool, share: f64) -> Option<Duration> {
        let state = self.states.get_mut(deployment)?;
        if streamed {
            state.first_token.quantile(share)
        } else {
            state.whole.quantile(share)
        }
    }
}
