//! What came of a run.

use std::time::Duration;

use crate::chaos::hypothesis::{Hypothesis, Measure, Seen, Unit, Verdict, recovery};
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
    /// How many calls providers had got by a moment of the clock, moment by moment; empty where no emulator or
    /// proxy behind the application counted them.
    pub counted: Vec<(Duration, u64)>,
    /// Whether an emulator marked the answers that it made wrong.
    pub marked: bool,
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

    /// Holds the scenario's hypotheses against what was seen, and against what was seen before the faults. Minutes
    /// are the scenario's, waits and recovery are the clock's. What a load cannot see (the cost, who answered) is
    /// left out; its hypotheses are given apart. `stretched` has the requests in the scenario's time.
    pub(super) fn check<'a>(&self, scenario: &'a Scenario, stretched: &[Observation]) -> Checked<'a> {
        let scale = |it: Duration| it.mul_f64(self.speed);
        let seen = |requests, lasts, fault| Seen {
            requests,
            lasts,
            fault,
            answers_by: &|_, _| false,
        };
        let span = self.fault.map(|(begin, end)| (scale(begin), scale(end)));
        let whole = seen(stretched, scale(self.lasts), span);
        let clock = seen(&self.requests, self.lasts, self.fault);
        // Requests are in the order of arrival: those before the first fault come first.
        let begin = span.map_or(Duration::MAX, |(begin, _)| begin);
        let before = stretched.partition_point(|it| Duration::from_nanos(it.at.0) < begin);
        let baseline = seen(&stretched[..before], begin.min(whole.lasts), None);
        let sees = |it: &&Hypothesis| match it.measure {
            Measure::By(_) => false,
            Measure::CallsPerRequest => !self.counted.is_empty(),
            _ => it.measure.unit() != Unit::Usd,
        };
        let (visible, unseen): (Vec<_>, Vec<_>) = scenario.hypotheses.iter().partition(sees);
        let verdicts = visible.into_iter().map(|hypothesis| {
            let run = if hypothesis.measure == Measure::Recovery {
                &clock
            } else {
                &whole
            };
            let usual = span.map(|_| hypothesis.check(&baseline, Some(&baseline)));
            (hypothesis, hypothesis.check(run, Some(&baseline)), usual)
        });
        Checked {
            verdicts: verdicts.collect(),
            unseen: unseen.into_iter().map(|it| it.text.clone()).collect(),
        }
    }

    /// The requests at the scenario's times. Their calls are those of the users' client.
    #[must_use]
    pub fn in_scenario_time(&self) -> Vec<Observation> {
        self.stretched(self.requests.clone())
    }

    /// The same. Where the calls that providers got were counted, each request has its part of those of its time:
    /// which of them were whose cannot be seen from outside.
    pub(super) fn with_provider_calls(&self) -> Vec<Observation> {
        let mut requests = self.requests.clone();
        if !self.counted.is_empty() {
            deal(&mut requests, &self.counted);
        }
        self.stretched(requests)
    }

    fn stretched(&self, mut requests: Vec<Observation>) -> Vec<Observation> {
        for request in &mut requests {
            let sent = request.at;
            let at = Tick::ZERO.after(Duration::from_nanos(sent.0).mul_f64(self.speed));
            let moved = |tick: Tick| at.after(tick.since(sent));
            request.at = at;
            request.first_token = request.first_token.map(moved);
            request.end = moved(request.end);
            for call in &mut request.attempts {
                call.begin = moved(call.begin);
                call.first_token = call.first_token.map(moved);
                call.end = moved(call.end);
            }
        }
        requests
    }
}

/// Hypotheses, held against a run.
pub(super) struct Checked<'a> {
    /// Each with its verdict over the run, and over the time before the faults where there are any.
    pub verdicts: Vec<(&'a Hypothesis, Verdict, Option<Verdict>)>,
    /// Those that a load does not see, as they were written.
    pub unseen: Vec<String>,
}

/// Deals the calls of each stretch of time evenly among the requests that were sent in it; those of a stretch
/// without any go to the one before.
fn deal(requests: &mut [Observation], counted: &[(Duration, u64)]) {
    let mut stretches: Vec<(std::ops::Range<usize>, u64)> = Vec::new();
    let (mut from, mut before, mut carried) = (0, 0, 0);
    for (number, (moment, calls)) in counted.iter().enumerate() {
        let new = calls.saturating_sub(before) + carried;
        (before, carried) = (before.max(*calls), 0);
        let is_last = number + 1 == counted.len();
        let sent = |it: &Observation| is_last || Duration::from_nanos(it.at.0) < *moment;
        let to = requests.partition_point(sent).max(from);
        match stretches.last_mut() {
            _ if to > from => stretches.push((from..to, new)),
            Some((_, calls)) => *calls += new,
            None => carried = new,
        }
        from = to;
    }
    for (range, calls) in stretches {
        let count = range.len() as u64;
        for (at, request) in (0_u64..).zip(&mut requests[range]) {
            let until = |at: u64| calls * at / count;
            request.calls = u32::try_from(until(at + 1) - until(at)).unwrap_or(u32::MAX);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chaos::observation::Seen as Saw;

    fn dealt(sent_ms: &[u64], counted: &[(u64, u64)]) -> Vec<u32> {
        let request = |(id, ms): (usize, &u64)| Observation {
            id: id as u64,
            at: Tick(ms * 1_000_000),
            first_token: None,
            end: Tick(ms * 1_000_000),
            seen: Saw::Answered,
            by: None,
            calls: 1,
            cost_usd: 0.0,
            attempts: Vec::new(),
        };
        let mut requests: Vec<Observation> = sent_ms.iter().enumerate().map(request).collect();
        let counted: Vec<_> = (counted.iter())
            .map(|(ms, calls)| (Duration::from_millis(*ms), *calls))
            .collect();
        deal(&mut requests, &counted);
        requests.iter().map(|request| request.calls).collect()
    }

    #[test]
    fn calls_are_dealt_among_the_requests_of_their_time() {
        assert_eq!(dealt(&[1, 2, 11, 12], &[(10, 2), (20, 8)]), [1, 1, 3, 3]);
        // Nobody asked yet, nobody asks any more: no call is lost.
        assert_eq!(dealt(&[15, 16], &[(10, 1), (20, 4), (30, 7), (40, 9)]), [4, 5]);
        assert_eq!(dealt(&[1, 99], &[(10, 2), (20, 3)]), [2, 1]);
        assert!(dealt(&[], &[(10, 2)]).is_empty());
    }
}
