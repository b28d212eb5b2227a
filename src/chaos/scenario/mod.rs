//! A scenario: who asks what, how providers behave when well, what breaks when, and what must hold.
//!
//! [`Scenario::read`] reads the file; [`Scenario::requests`] gives the users' requests, and
//! [`Scenario::behaviour`] what each call of a provider meets. Both hang on the seed and on numbers alone, so
//! that a simulation and a real run meet the same.

mod abort;
mod call;
mod client;
mod distribution;
mod injection;
mod joined;
mod matching;
mod pace;
mod pattern;
mod provider;
pub mod quantity;
mod read;
mod requests;
mod sampler;
mod schema;
mod selector;
pub mod shipped;
mod subject;
mod timeline;
mod traffic;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::time::Duration;

use crate::source::Place;

use super::Behaviour;
use super::behaviour::Limits;
use super::faults::Act;
use super::hypothesis::Hypothesis;

pub use abort::Abort;
pub use call::CallFacts;
pub use client::{Client, Jitter, TooLong};
pub use distribution::Distribution;
pub use injection::Injection;
pub use provider::{Health, read_limits};
pub use requests::{Request, Requests};
pub use sampler::Sampler;
pub use schema::json_schema;
pub use selector::Selector;
pub(in crate::chaos) use subject::as_json;
pub use subject::{Subject, Target};
pub use timeline::Timeline;
pub use traffic::{Arrivals, Traffic};

/// A scenario.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub place: Place,
    /// What it is about, for people.
    pub about: String,
    /// The kind of thing that breaks: `dead`, `hung`, `slow`, … or `incident`.
    pub class: Option<String>,
    /// Where its facts come from: what is documented, by whom.
    pub source: Vec<String>,
    /// What is assumed beyond that.
    pub assumed: Vec<String>,
    /// What is tried: a configuration, or a running application.
    pub subject: Option<Subject>,
    /// What users ask.
    pub traffic: Traffic,
    /// Healthy providers by name; `default` stands for all others.
    pub providers: BTreeMap<String, Health>,
    /// What breaks, in order.
    pub faults: Vec<Injection>,
    /// What must hold.
    pub hypotheses: Vec<Hypothesis>,
    /// The seed of all chance.
    pub seed: u64,
    /// When a real run is stopped at once.
    pub abort: Abort,
    timeline: Timeline,
}

impl Scenario {
    /// What a call meets at a moment since the scenario's beginning: all faults that strike it, one after the
    /// other. Without one in force this is one search among the scenario's edges.
    #[must_use]
    pub fn behaviour(&self, call: &CallFacts<'_>, at: Duration) -> Behaviour {
        self.behaviour_of(self.seed, call, at)
    }

    /// The same under another seed: another replication.
    #[must_use]
    pub fn behaviour_of(&self, seed: u64, call: &CallFacts<'_>, at: Duration) -> Behaviour {
        let mut behaviour = Behaviour::default();
        for index in self.timeline.at(at) {
            let injection = &self.faults[*index];
            if let Some(moment) = injection.strikes(seed, call, at) {
                injection.strike(seed, call.number, moment, &mut behaviour);
            }
        }
        behaviour
    }

    /// The names of the faults that strike a call, for a journal.
    pub fn striking<'a>(&'a self, call: &'a CallFacts<'a>, at: Duration) -> impl Iterator<Item = &'a Injection> {
        let in_force = self.timeline.at(at).iter().map(|index| &self.faults[*index]);
        in_force.filter(move |injection| injection.strikes(self.seed, call, at).is_some())
    }

    /// The requests of the users, in the order of their arrival.
    #[must_use]
    pub fn requests(&self) -> Requests<'_> {
        Requests::new(self, self.seed)
    }

    /// The same under another seed.
    #[must_use]
    pub fn requests_of(&self, seed: u64) -> Requests<'_> {
        Requests::new(self, seed)
    }

    /// Whether nothing is broken at a moment.
    #[must_use]
    pub fn is_quiet(&self, at: Duration) -> bool {
        self.timeline.at(at).is_empty()
    }

    /// When faults begin or end next; `None`: never again.
    #[must_use]
    pub fn changes_after(&self, at: Duration) -> Option<Duration> {
        self.timeline.changes_after(at)
    }

    /// Tokens that faults add to a request's prompt.
    fn uploaded(&self, seed: u64, request: u64, at: Duration) -> u32 {
        let in_force = self.timeline.at(at).iter().map(|index| &self.faults[*index]);
        let tokens = in_force.filter_map(|injection| {
            let Act::Request(upload) = injection.act else {
                return None;
            };
            let moment = injection.in_force(at)?;
            injection.chosen(seed, request, moment).then_some(upload)
        });
        tokens.fold(0, u32::saturating_add)
    }

    /// How a provider behaves when it is well.
    #[must_use]
    pub fn health(&self, provider: &str) -> Health {
        let named = self.providers.get(provider).or_else(|| self.providers.get("default"));
        named.cloned().unwrap_or_default()
    }

    /// The limits in force for a call that meets this behaviour at this provider.
    #[must_use]
    pub fn limits(&self, provider: &str, behaviour: &Behaviour) -> Limits {
        behaviour.limits.unwrap_or_else(|| self.health(provider).limits)
    }

    /// From the first fault's beginning to the last one's end.
    #[must_use]
    pub fn fault_span(&self) -> Option<(Duration, Duration)> {
        Timeline::span(&self.faults, self.traffic.lasts)
    }

    /// The same scenario without its faults: what everything is held against.
    #[must_use]
    pub fn baseline(&self) -> Self {
        Self {
            faults: Vec::new(),
            timeline: Timeline::default(),
            ..self.clone()
        }
    }

    /// The same scenario with other faults or another length.
    #[must_use]
    pub fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self.timeline = Timeline::new(&self.faults, self.traffic.lasts);
        self
    }
}
