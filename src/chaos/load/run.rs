//! What came of a run.

use std::time::Duration;

use crate::chaos::hypothesis::{Hypothesis, Measure, Scope, Seen, Unit, Verdict, recovery};
use crate::chaos::{Observation, Scenario};
use crate::pipeline::policy::Tick;

/// A run of a scenario.
#[derive(Debug, Clone)]
pub struct Run {
    /// The scenario's name.
    pub scenario: String,
    /// The requests in the order of arrival; times are those of the clock.
    pub requests: Vec<Observation>,
    /// How long it was meant to last, by the clock.
    pub lasts: Duration,
    /// From the first fault's beginning to the last one's end, by the clock.
    pub fault: Option<(Duration, Duration)>,
    /// How many times as fast as the scenario its schedule was.
    pub speed: f64,
    /// How many calls providers got, where the emulator or proxy behind the application counted them.
    pub provider_calls: Option<u64>,
    /// Why it ended before its time.
    pub stopped: Option<Stopped>,
}

/// Why a run ended before its time.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum Stopped {
    /// Too many requests failed, by share of the last ones.
    #[error("{:.0} % of the last requests failed", .0 * 100.0)]
    TooManyFailed(f64),
    /// Too many US dollars were spent.
    #[error("${:.2} were spent", .0)]
    TooExpensive(f64),
    /// Too many calls were made.
    #[error("{0} calls were made")]
    TooManyCalls(u64),
    /// The user stopped it.
    #[error("it was interrupted")]
    Interrupted,
}

impl Run {
    /// Seconds from the last fault's end until all was as before, by the clock.
    #[must_use]
    pub fn recovery(&self) -> Option<f64> {
        let requests: Vec<&Observation> = self.requests.iter().collect();
        recovery(&requests, self.fault?)
    }

    /// Holds the scenario's hypotheses against what was seen. Minutes are the scenario's, waits and recovery are
    /// the clock's. What a load cannot see (the cost, who answered) is left out; its hypotheses are given apart.
    #[must_use]
    pub fn verdicts(&self, scenario: &Scenario) -> (Vec<Verdict>, Vec<String>) {
        let stretched = self.in_scenario_time();
        let scale = |it: Duration| it.mul_f64(self.speed);
        let whole = Seen {
            requests: &stretched,
            lasts: scale(self.lasts),
            fault: self.fault.map(|(begin, end)| (scale(begin), scale(end))),
            answers_by: &|_, _| false,
        };
        let clock = Seen {
            requests: &self.requests,
            lasts: self.lasts,
            fault: self.fault,
            answers_by: &|_, _| false,
        };
        let before = self.before();
        let baseline = Seen {
            requests: &before,
            lasts: self.fault.map_or(self.lasts, |(begin, _)| begin),
            fault: None,
            answers_by: &|_, _| false,
        };
        let sees = |it: &&Hypothesis| match it.measure {
            Measure::By(_) => false,
            Measure::CallsPerRequest => self.provider_calls.is_some() && it.scope == Scope::Run,
            _ => it.measure.unit() != Unit::Usd,
        };
        let (seen, unseen): (Vec<_>, Vec<_>) = scenario.hypotheses.iter().partition(sees);
        let verdicts = seen.iter().map(|hypothesis| {
            let run = if hypothesis.measure == Measure::Recovery {
                &clock
            } else {
                &whole
            };
            hypothesis.check(run, Some(&baseline))
        });
        (verdicts.collect(), unseen.iter().map(|it| it.text.clone()).collect())
    }

    /// The requests at the scenario's times, each with its part of the calls that providers got: which of them were
    /// whose cannot be seen from outside.
    fn in_scenario_time(&self) -> Vec<Observation> {
        let moved = |request: &Observation, calls: u32| {
            let at = Tick::ZERO.after(Duration::from_nanos(request.at.0).mul_f64(self.speed));
            let later = |tick: Tick| at.after(tick.since(request.at));
            Observation {
                at,
                first_token: request.first_token.map(later),
                end: later(request.end),
                attempts: Vec::new(),
                calls,
                ..request.clone()
            }
        };
        let shares = Shares::new(self.provider_calls.unwrap_or(0), self.requests.len() as u64);
        self.requests
            .iter()
            .zip(shares)
            .map(|(request, calls)| moved(request, calls))
            .collect()
    }

    /// The requests before the first fault: what all is held against.
    fn before(&self) -> Vec<Observation> {
        let begin = self.fault.map_or(Duration::MAX, |(begin, _)| begin);
        let sent_before = |it: &&Observation| Duration::from_nanos(it.at.0) < begin;
        self.requests.iter().filter(sent_before).cloned().collect()
    }
}

/// A number of calls dealt out evenly among requests.
struct Shares {
    calls: u64,
    requests: u64,
    at: u64,
}

impl Shares {
    const fn new(calls: u64, requests: u64) -> Self {
        Self { calls, requests, at: 0 }
    }
}

impl Iterator for Shares {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        let until = |at: u64| self.calls * at / self.requests.max(1);
        let dealt = until(self.at + 1) - until(self.at);
        self.at += 1;
        u32::try_from(dealt).ok()
    }
}
