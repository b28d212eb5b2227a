//! A hypothesis held against what was seen.

use std::time::Duration;

use crate::chaos::Observation;

use super::measure::{until_anything, until_end};
use super::{Bound, Comparison, Hypothesis, MINUTE, Measure, Scope, Unit, recovery};

/// What was seen of a run.
#[derive(Clone, Copy)]
pub struct Seen<'a> {
    /// Its requests, in the order of arrival.
    pub requests: &'a [Observation],
    /// How long it lasted.
    pub lasts: Duration,
    /// From the first fault's beginning to the last one's end.
    pub fault: Option<(Duration, Duration)>,
    /// Whether a deployment's number goes by a name: its own, or its provider's.
    pub answers_by: &'a dyn Fn(usize, &str) -> bool,
}

/// Whether a hypothesis holds, and what shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// As it was written.
    pub hypothesis: String,
    /// Whether it holds. Where nothing was seen, it does not.
    pub holds: bool,
    /// What was measured: over the scope, or in the worst minute where every minute must hold.
    pub value: Option<f64>,
    /// What it was held against.
    pub bound: Option<f64>,
    /// What both count in.
    pub unit: Unit,
    /// The first minute, from 0, whose requests on their own violate it.
    pub first_violation: Option<u32>,
    /// A request that shows it, from that minute where there is one.
    pub unlucky: Option<u64>,
}

impl Hypothesis {
    /// Holds it against a run, and against the same run without faults where there was one.
    #[must_use]
    pub fn check(&self, run: &Seen<'_>, baseline: Option<&Seen<'_>>) -> Verdict {
        let all: Vec<&Observation> = run.requests.iter().collect();
        let bound = self.bound(run, baseline);
        let minutes = minutes(&all);
        let violates = |value: Option<f64>| {
            let pair = value.zip(bound.per_minute);
            pair.is_some_and(|(value, bound)| !self.comparison.holds(value, bound))
        };
        let of_minute = |requests: &[&Observation]| self.measure.of(requests, MINUTE, run.answers_by);
        let first = minutes
            .iter()
            .filter(|(at, _)| self.in_scope(*at, run.fault))
            .find(|(_, requests)| violates(of_minute(requests)));
        let value = match self.scope {
            Scope::EveryMinute => {
                let values = minutes.iter().filter_map(|(_, requests)| of_minute(requests));
                values.reduce(|worst, value| if self.worse(value, worst) { value } else { worst })
            }
            _ if self.measure == Measure::Recovery => run.fault.and_then(|fault| recovery(&all, fault)),
            _ => {
                let (scoped, lasts) = self.scoped(&all, run);
                self.measure.of(&scoped, lasts, run.answers_by)
            }
        };
        // A run without a fault has nothing to recover from.
        let idle = self.measure == Measure::Recovery && run.fault.is_none();
        let pair = value.zip(bound.whole);
        let holds = idle || pair.is_some_and(|(value, bound)| self.comparison.holds(value, bound));
        let (scoped, _) = self.scoped(&all, run);
        let witness = match first {
            Some((_, requests)) => self.unlucky(requests),
            None => self.unlucky(&scoped),
        };
        Verdict {
            hypothesis: self.text.clone(),
            holds,
            value,
            bound: bound.whole,
            unit: self.measure.unit(),
            first_violation: first.filter(|_| !holds).map(|(at, _)| minute_of(*at)),
            unlucky: witness.filter(|_| !holds),
        }
    }

    /// What the value of the whole and that of one minute are held against.
    fn bound(&self, run: &Seen<'_>, baseline: Option<&Seen<'_>>) -> Bounds {
        let times = match self.bound {
            Bound::Fixed(value) => {
                // Money of a whole run says nothing of a minute but for its part.
                let of_minute = match self.measure {
                    Measure::Cost => value * MINUTE.as_secs_f64() / run.lasts.as_secs_f64().max(1.0),
                    _ => value,
                };
                return Bounds {
                    whole: Some(value),
                    per_minute: Some(of_minute),
                };
            }
            Bound::Baseline(times) => times,
        };
        let Some(base) = baseline else {
            return Bounds {
                whole: None,
                per_minute: None,
            };
        };
        let requests: Vec<&Observation> = base.requests.iter().collect();
        let whole = self
            .measure
            .of(&requests, base.lasts, base.answers_by)
            .map(|value| value * times);
        let part = MINUTE.as_secs_f64() / base.lasts.as_secs_f64().max(1.0);
        Bounds {
            whole,
            per_minute: whole.map(|whole| {
                if self.measure == Measure::Cost {
                    whole * part
                } else {
                    whole
                }
            }),
        }
    }

    fn in_scope(&self, minute: Duration, fault: Option<(Duration, Duration)>) -> bool {
        match (self.scope, fault) {
            (Scope::Run | Scope::EveryMinute, _) => true,
            (Scope::Fault, Some((begin, end))) => minute + MINUTE > begin && minute < end,
            (Scope::After, Some((_, end))) => minute >= end,
            (Scope::Fault | Scope::After, None) => false,
        }
    }

    fn scoped<'a>(&self, all: &[&'a Observation], run: &Seen<'_>) -> (Vec<&'a Observation>, Duration) {
        let (begin, end) = match (self.scope, run.fault) {
            (Scope::Fault, Some(fault)) => fault,
            (Scope::After, Some((_, end))) => (end, Duration::MAX),
            (Scope::Fault | Scope::After, None) => return (Vec::new(), Duration::ZERO),
            (Scope::Run | Scope::EveryMinute, _) => return (all.to_vec(), run.lasts),
        };
        let within = |request: &Observation| (begin..end).contains(&Duration::from_nanos(request.at.0));
        let scoped = all.iter().copied().filter(|it| within(it)).collect();
        (scoped, end.min(run.lasts).saturating_sub(begin))
    }

    /// Whether a value is further on the wrong side than another.
    fn worse(&self, value: f64, other: f64) -> bool {
        match self.comparison {
            Comparison::AtLeast | Comparison::MoreThan => value < other,
            Comparison::AtMost | Comparison::LessThan => value > other,
            Comparison::Equal => match self.bound {
                Bound::Fixed(bound) => (value - bound).abs() > (other - bound).abs(),
                Bound::Baseline(_) => value > other,
            },
        }
    }

    /// The request that shows best that it does not hold.
    fn unlucky(&self, requests: &[&Observation]) -> Option<u64> {
        let most = |value: fn(&Observation) -> f64| {
            let found = requests
                .iter()
                .max_by(|a, b| value(a).total_cmp(&value(b)).then(b.id.cmp(&a.id)));
            found.map(|request| request.id)
        };
        match &self.measure {
            Measure::FirstToken(_) => most(until_anything),
            Measure::End(_) => most(until_end),
            Measure::Cost | Measure::CostPerRequest | Measure::CostPerHour => most(|it| it.cost_usd),
            Measure::CallsPerRequest => most(|it| f64::from(it.calls)),
            Measure::By(_) | Measure::Recovery => {
                let bad = requests.iter().find(|it| !Measure::Answered.counts(it));
                bad.map(|request| request.id)
            }
            share => {
                let wanted = matches!(self.comparison, Comparison::AtLeast | Comparison::MoreThan)
                    || matches!(share, Measure::Answered | Measure::Served);
                let shows = requests.iter().find(|it| share.counts(it) != wanted);
                shows.map(|request| request.id)
            }
        }
    }
}

struct Bounds {
    whole: Option<f64>,
    per_minute: Option<f64>,
}

fn minute_of(at: Duration) -> u32 {
    u32::try_from(at.as_secs() / MINUTE.as_secs()).unwrap_or(u32::MAX)
}

/// The requests by the minute in which they were sent, with its beginning.
fn minutes<'a>(requests: &[&'a Observation]) -> Vec<(Duration, Vec<&'a Observation>)> {
    let mut sorted = requests.to_vec();
    sorted.sort_by_key(|request| request.at);
    let minute = |request: &Observation| minute_of(Duration::from_nanos(request.at.0));
    sorted
        .chunk_by(|a, b| minute(a) == minute(b))
        .filter_map(|chunk| Some((MINUTE * minute(chunk.first()?), chunk.to_vec())))
        .collect()
}
