//! The requests of a scenario's users, fixed beforehand: the same for a simulation and for a real run.

use std::time::Duration;

use crate::rng::Chance;

use super::traffic::Arrivals;
use super::{Sampler, Scenario, Traffic};

/// One request of a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Request {
    /// Its number in the order of arrival.
    pub id: u64,
    /// When it is sent, since the scenario's beginning.
    pub at: Duration,
    /// Tokens of its prompt, uploads included.
    pub prompt_tokens: u32,
    /// Tokens of a whole answer.
    pub output_tokens: u32,
    /// Whose it is; from 1.
    pub tenant: u32,
    /// What is asked: the same number is the same question.
    pub question: u64,
    /// Whether a stream is asked for.
    pub streamed: bool,
}

/// Gives the requests one by one.
#[derive(Debug, Clone)]
pub struct Requests<'a> {
    scenario: &'a Scenario,
    chance: Chance,
    seed: u64,
    next: u64,
    clock: f64,
    questions: u64,
    prompt_tokens: Sampler,
    output_tokens: Sampler,
    tenants: Sampler,
}

impl<'a> Requests<'a> {
    pub(super) fn new(scenario: &'a Scenario, seed: u64) -> Self {
        Self {
            scenario,
            chance: Chance::seeded(seed, "requests"),
            seed,
            next: 0,
            clock: 0.0,
            questions: 0,
            prompt_tokens: Sampler::of(&scenario.traffic.prompt_tokens),
            output_tokens: Sampler::of(&scenario.traffic.output_tokens),
            tenants: Sampler::of(&scenario.traffic.tenants),
        }
    }

    /// Seconds from the beginning to the next arrival.
    #[expect(clippy::cast_precision_loss, reason = "counts are below 2^53")]
    fn arrival(&mut self) -> f64 {
        let Traffic { arrivals, rate, .. } = self.scenario.traffic;
        let number = self.next as f64;
        match arrivals {
            Arrivals::Poisson => self.clock - (1.0 - self.chance.unit()).ln() / rate,
            Arrivals::Even => number / rate,
            Arrivals::Bursts => (number / rate).floor(),
        }
    }
}

impl Iterator for Requests<'_> {
    type Item = Request;

    fn next(&mut self) -> Option<Request> {
        self.clock = self.arrival();
        let traffic = &self.scenario.traffic;
        let at = Duration::try_from_secs_f64(self.clock)
            .ok()
            .filter(|at| *at < traffic.lasts)?;
        let id = self.next;
        self.next += 1;
        // Always drawn in the same order, so that one setting does not shift what the others draw.
        let chance = &mut self.chance;
        let prompt_tokens = count(self.prompt_tokens.quantile(chance.unit())).max(1);
        let output_tokens = count(self.output_tokens.quantile(chance.unit())).max(1);
        let tenant = count(self.tenants.quantile(chance.unit())).max(1);
        let (repeats, which, streams) = (chance.unit(), chance.unit(), chance.unit());
        let question = if self.questions > 0 && repeats < traffic.repeat_questions {
            scaled(self.questions, which)
        } else {
            self.questions += 1;
            self.questions - 1
        };
        Some(Request {
            id,
            at,
            prompt_tokens: prompt_tokens.saturating_add(self.scenario.uploaded(self.seed, id, at)),
            output_tokens,
            tenant,
            question,
            streamed: streams < traffic.streamed,
        })
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "not negative, and a cast stops at the greatest number"
)]
fn count(value: f64) -> u32 {
    value.round() as u32
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts are below 2^53"
)]
fn scaled(count: u64, unit: f64) -> u64 {
    (count as f64 * unit) as u64
}
