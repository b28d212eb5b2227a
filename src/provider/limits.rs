//! How many calls may run at once, and when the next may begin: a state machine that is told the time.
//!
//! Concurrency follows additive increase, multiplicative decrease (Chiu and Jain, "Analysis of the
//! Increase and Decrease Algorithms", 1989): a refusal halves it, a window of answers adds one.

use std::time::Duration;

use crate::wire::{LimitHints, Quota};

/// The limits that are set.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LimitSettings {
    /// The most calls at once; at least 1.
    pub concurrency: usize,
    /// The most calls that begin within a minute.
    pub requests_per_minute: Option<f64>,
    /// The most tokens of the calls that begin within a minute, prompt and output cap together.
    pub tokens_per_minute: Option<f64>,
}

impl Default for LimitSettings {
    fn default() -> Self {
        Self {
            concurrency: 64,
            requests_per_minute: None,
            tokens_per_minute: None,
        }
    }
}

/// What came of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// An answer.
    Answered,
    /// 429, 503, 529 and their kin, with the wait that was asked for.
    Refused(Option<Duration>),
    /// Anything else, which says nothing about limits.
    Other,
}

/// A call that runs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Started {
    at: Duration,
    tokens: f64,
}

/// Whether a call may begin.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Admission {
    /// It begins now.
    Start(Started),
    /// Not before that moment; ask again then, or when a call ends.
    WaitUntil(Duration),
    /// Not before a call ends.
    WaitForEnd,
}

/// The state. Moments are durations since any one start.
#[derive(Debug, Clone)]
pub struct Limits {
    settings: LimitSettings,
    /// How many may run now; grows by fractions.
    allowed: f64,
    running: usize,
    /// Nothing begins before: the provider asked to wait.
    blocked_until: Duration,
    /// The next call keeps the pace from here on.
    next_request: Duration,
    next_tokens: Duration,
    /// Calls begun before the last halving say nothing new when they are refused.
    halved_at: Option<Duration>,
    refusing_since: Option<Duration>,
}

const MINUTE: f64 = 60.0;

impl Limits {
    /// A state without history.
    #[must_use]
    pub fn new(settings: LimitSettings) -> Self {
        Self {
            settings,
            allowed: as_number(settings.concurrency.max(1)),
            running: 0,
            blocked_until: Duration::ZERO,
            next_request: Duration::ZERO,
            next_tokens: Duration::ZERO,
            halved_at: None,
            refusing_since: None,
        }
    }

    /// Asks for a call of about so many tokens.
    pub fn try_start(&mut self, now: Duration, tokens: u64) -> Admission {
        // One call may always run, or nothing would ever be learnt.
        if self.running > 0 && as_number(self.running + 1) > self.allowed {
            return Admission::WaitForEnd;
        }
        let earliest = self.blocked_until.max(self.next_request).max(self.next_tokens);
        if now < earliest {
            return Admission::WaitUntil(earliest);
        }
        self.running += 1;
        #[expect(clippy::cast_precision_loss, reason = "tokens of one call are few")]
        let tokens = tokens as f64;
        // An even pace: after a call, as long as its share of the minute.
        if let Some(rate) = positive(self.settings.requests_per_minute) {
            self.next_request = later(now, MINUTE / rate);
        }
        if let Some(rate) = positive(self.settings.tokens_per_minute) {
            self.next_tokens = later(now, tokens * MINUTE / rate);
        }
        Admission::Start(Started { at: now, tokens })
    }

    /// A call has ended.
    pub fn end(&mut self, now: Duration, call: Started, outcome: Outcome, hints: &LimitHints) {
        self.running = self.running.saturating_sub(1);
        match outcome {
            Outcome::Answered => {
                self.allowed = (self.allowed + 1.0 / self.allowed).min(as_number(self.settings.concurrency.max(1)));
                self.refusing_since = None;
            }
            Outcome::Refused(wait) => {
                self.refusing_since.get_or_insert(now);
                if self.halved_at.is_none_or(|halved| call.at > halved) {
                    self.allowed = (self.allowed / 2.0).max(1.0);
                    self.halved_at = Some(now);
                }
                if let Some(wait) = wait {
                    self.block(now, wait);
                }
            }
            Outcome::Other => {}
        }
        if let Some(wait) = until_there_is(hints.requests, 1.0) {
            self.block(now, wait);
        }
        if let Some(wait) = until_there_is(hints.tokens, call.tokens) {
            self.block(now, wait);
        }
    }

    /// How long the provider has refused everything.
    #[must_use]
    pub fn refusing_for(&self, now: Duration) -> Duration {
        self.refusing_since
            .map_or(Duration::ZERO, |since| now.saturating_sub(since))
    }

    /// How many calls may run now.
    #[must_use]
    pub fn allowed(&self) -> usize {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 1 and the concurrency that is set"
        )]
        let allowed = self.allowed as usize;
        allowed
    }

    fn block(&mut self, now: Duration, wait: Duration) {
        self.blocked_until = self.blocked_until.max(now.saturating_add(wait));
    }
}

/// How long until a limit that is used up holds `needed` again. Providers refill evenly, so that a whole
/// reset is waited for only when the limit's size is unknown.
fn until_there_is(quota: Quota, needed: f64) -> Option<Duration> {
    #[expect(clippy::cast_precision_loss, reason = "limits are far below 2^53")]
    let (remaining, limit) = (quota.remaining? as f64, quota.limit.map(|it| it as f64));
    if remaining >= needed {
        return None;
    }
    let share = limit
        .filter(|limit| *limit > remaining)
        .map_or(1.0, |limit| ((needed - remaining) / (limit - remaining)).min(1.0));
    Some(quota.reset?.mul_f64(share))
}

fn positive(rate: Option<f64>) -> Option<f64> {
    rate.filter(|rate| *rate > 0.0)
}

/// Half a day at most, so that a rate near nothing stays a number.
fn later(now: Duration, seconds: f64) -> Duration {
    now.saturating_add(Duration::from_secs_f64(seconds.clamp(0.0, 43_200.0)))
}

#[expect(clippy::cast_precision_loss, reason = "calls at once are few")]
fn as_number(calls: usize) -> f64 {
    calls as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn started(admission: Admission) -> Started {
        match admission {
            Admission::Start(call) => call,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_refusal_halves_once_for_all_calls_that_ran_and_answers_bring_it_back() {
        let mut limits = Limits::new(LimitSettings {
            concurrency: 8,
            ..LimitSettings::default()
        });
        let second = Duration::from_secs(1);
        let calls: Vec<Started> = (0..8).map(|_| started(limits.try_start(Duration::ZERO, 10))).collect();
        assert_eq!(limits.try_start(second, 10), Admission::WaitForEnd);
        for call in &calls {
            limits.end(second, *call, Outcome::Refused(None), &LimitHints::default());
        }
        assert_eq!(limits.allowed(), 4);
        assert_eq!(limits.refusing_for(second * 3), second * 2);
        // Four answers are a window of four.
        for _ in 0..5 {
            let call = started(limits.try_start(second * 2, 10));
            limits.end(second * 2, call, Outcome::Answered, &LimitHints::default());
        }
        assert_eq!(limits.allowed(), 5);
        assert_eq!(limits.refusing_for(second * 3), Duration::ZERO);
    }

    #[test]
    fn what_the_provider_asks_for_is_waited_for() {
        let mut limits = Limits::new(LimitSettings::default());
        let call = started(limits.try_start(Duration::ZERO, 10));
        let wait = Duration::from_secs(20);
        limits.end(
            Duration::from_secs(1),
            call,
            Outcome::Refused(Some(wait)),
            &LimitHints::default(),
        );
        let until = Duration::from_secs(21);
        assert_eq!(
            limits.try_start(Duration::from_secs(2), 10),
            Admission::WaitUntil(until)
        );
        started(limits.try_start(until, 10));
    }

    #[test]
    fn headers_of_a_limit_that_is_used_up_hold_the_next_call() {
        let quota = |limit, remaining, reset| Quota {
            limit,
            remaining: Some(remaining),
            reset: Some(Duration::from_secs(reset)),
        };
        // 60 requests, none left, full again in 60 s: the next one in 1 s.
        assert_eq!(
            until_there_is(quota(Some(60), 0, 60), 1.0),
            Some(Duration::from_secs(1))
        );
        assert_eq!(until_there_is(quota(None, 0, 60), 1.0), Some(Duration::from_mins(1)));
        assert_eq!(until_there_is(quota(Some(60), 1, 60), 1.0), None);
        assert_eq!(
            until_there_is(
                Quota {
                    remaining: Some(0),
                    ..Quota::default()
                },
                1.0
            ),
            None
        );
    }

    proptest! {
        /// Whatever happens: never more at once than is set, never more in a minute than is set, and never
        /// a state in which nothing can begin.
        #[test]
        fn limits_hold_and_never_lock_up(
            concurrency in 1_usize..20,
            rpm in prop::option::of(1.0_f64..500.0),
            tpm in prop::option::of(100.0_f64..50_000.0),
            steps in prop::collection::vec((0_u64..3_000, 0_u8..4, 1_u64..200, 0_u64..5_000), 1..200),
        ) {
            let mut limits = Limits::new(LimitSettings { concurrency, requests_per_minute: rpm, tokens_per_minute: tpm });
            let mut now = Duration::ZERO;
            let mut running: Vec<Started> = Vec::new();
            let mut starts: Vec<(Duration, f64)> = Vec::new();
            for (step, what, tokens, wait) in steps {
                now += Duration::from_millis(step);
                match what {
                    0 | 1 => match limits.try_start(now, tokens) {
                        Admission::Start(call) => {
                            running.push(call);
                            #[expect(clippy::cast_precision_loss, reason = "few")]
                            starts.push((now, tokens as f64));
                        }
                        Admission::WaitUntil(until) => prop_assert!(until > now),
                        Admission::WaitForEnd => prop_assert!(!running.is_empty()),
                    },
                    _ => if let Some(call) = running.pop() {
                        let wait = (wait > 2_500).then(|| Duration::from_millis(wait));
                        let outcome = if what == 2 { Outcome::Answered } else { Outcome::Refused(wait) };
                        limits.end(now, call, outcome, &LimitHints::default());
                    },
                }
                prop_assert!(running.len() <= concurrency);
                prop_assert!((1..=concurrency).contains(&limits.allowed()));
            }
            let minute = Duration::from_mins(1);
            for (at, _) in &starts {
                let within: Vec<f64> = starts.iter().filter(|(it, _)| it >= at && *it < *at + minute).map(|it| it.1).collect();
                if let Some(rpm) = rpm {
                    prop_assert!(as_number(within.len()) <= rpm.ceil(), "{} starts", within.len());
                }
                if let Some(tpm) = tpm {
                    // The last call's own tokens may reach over the end of the minute.
                    let sum: f64 = within.iter().sum();
                    prop_assert!(sum - within.last().unwrap_or(&0.0) <= tpm + 1e-6);
                }
            }
        }
    }
}
