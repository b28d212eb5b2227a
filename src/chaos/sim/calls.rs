//! Calls of providers: how they begin, what they meet, how they end.

use std::time::Duration;

use crate::chaos::behaviour::{Answer, Connection, Refused, RetryAfter};
use crate::chaos::observation::Attempt;
use crate::chaos::{Behaviour, CallFacts, Observation};
use crate::pipeline::policy::{CallId, CallLimits, Failure, Limit, Refusal, Tick};
use crate::rng::Chance;

use super::agenda::Mark;
use super::engine::{Engine, way};
use super::provider::{self, Asked, Met, NEVER, Pace};
use super::setup::{Gap, gap};
use super::state::Grants;

/// Streams of chance of one call.
const LATENCY: u64 = 1 << 34;
/// Calls of one request have numbers of their own up to so many.
const CALLS_EACH: u64 = 64;
/// Callers that a server of one's own lets wait; more are refused with 503 (Ollama's `OLLAMA_MAX_QUEUE`).
const MOST_WAITING: usize = 512;

impl<O: FnMut(Observation)> Engine<'_, '_, O> {
    /// A call begins.
    pub(super) fn call_begins(&mut self, job: u32, id: CallId, deployment: usize, limits: CallLimits) {
        let now = self.now;
        let owner = self.jobs.get(job).user;
        let user = self.users.get_mut(owner);
        let request = user.request;
        let number = request.id * CALLS_EACH + u64::from(user.calls).min(CALLS_EACH - 1);
        user.calls += 1;
        let traced = user.traced;
        let attempt = user.attempts.len();
        if traced {
            user.attempts.push(Attempt {
                deployment,
                begin: now,
                first_token: None,
                end: Tick::NEVER,
                failure: None,
                status: None,
                waited: Duration::ZERO,
            });
        }
        let reached = &self.setup.deployments[deployment];
        let account = &self.setup.accounts[reached.account];
        let mut chance = Chance::numbered(self.seed, number, LATENCY);
        let first = account.first.quantile(chance.unit());
        let pace = Pace {
            first: nanos(first),
            gap: match &account.gap {
                Gap::Same(gap) => *gap,
                Gap::Drawn(rate) => gap(rate.quantile(chance.unit())),
            },
            tokens: request.output_tokens.min(reached.output_cap).max(1),
        };
        let at = self.calls.take();
        let call = self.calls.get_mut(at);
        call.job = job;
        call.id = id;
        call.deployment = u32::try_from(deployment).unwrap_or(u32::MAX);
        call.number = number;
        call.began = now;
        call.limits = limits;
        call.pace = pace;
        call.first = 0;
        call.holds = false;
        call.queued = false;
        call.attempt = attempt;
        self.jobs.get_mut(job).calls.push(at);
        let mut behaviour = self.behaviour(job, number, deployment, request.streamed);
        if self.waits_for_a_place(at, deployment, behaviour.as_ref()) {
            return;
        }
        if let Some(refused) = self.refuses(deployment, &request, behaviour.as_ref()) {
            let behaviour = behaviour.get_or_insert_default();
            behaviour.answer = Answer::Error(refused);
        } else {
            self.calls.get_mut(at).holds = self.takes_a_place(deployment);
        }
        self.meets(at, behaviour.as_ref());
    }

    /// What a call meets where anything is broken at the moment; `None`: nothing is.
    fn behaviour(&mut self, job: u32, number: u64, deployment: usize, streamed: bool) -> Option<Behaviour> {
        let scenario = self.setup.scenario;
        let now = Duration::from_nanos(self.now.0);
        if self.now.0 >= self.quiet_until.max(self.broken_until) {
            let until = scenario
                .changes_after(now)
                .map_or(NEVER, |at| u64::try_from(at.as_nanos()).unwrap_or(NEVER));
            if scenario.is_quiet(now) {
                self.quiet_until = until;
            } else {
                self.broken_until = until;
            }
        }
        if self.now.0 < self.quiet_until {
            return None;
        }
        let reached = &self.setup.deployments[deployment];
        let facts = CallFacts {
            number,
            streamed,
            ..reached.facts(&way(self.setup, self.jobs.get(job).way).route.name)
        };
        let behaviour = scenario.behaviour_of(self.seed, &facts, now);
        (!behaviour.is_healthy()).then_some(behaviour)
    }

    /// What the provider refuses on its own: a prompt that is too long, a limit that is reached.
    fn refuses(
        &mut self,
        deployment: usize,
        request: &crate::chaos::scenario::Request,
        behaviour: Option<&Behaviour>,
    ) -> Option<Refused> {
        let reached = &self.setup.deployments[deployment];
        let answers = behaviour.is_none_or(|it| it.connection == Connection::Accepted && it.answer == Answer::Good);
        if !answers {
            return None;
        }
        if u64::from(request.prompt_tokens) > reached.window {
            return Some(Refused {
                status: 400,
                refusal: Refusal::ContextLength,
                retry_after: None,
            });
        }
        let account = &self.setup.accounts[reached.account];
        let lowered = behaviour.and_then(|it| it.limits);
        let limits = lowered.unwrap_or(account.limits);
        if limits.is_empty() {
            return None;
        }
        let now = self.now;
        let busy = self.grants[reached.account].busy;
        let grants = match lowered {
            None => &mut self.grants[reached.account],
            Some(limits) => {
                let slot = &mut self.lowered[reached.account];
                if slot.as_ref().is_none_or(|(known, _)| *known != limits) {
                    *slot = Some((limits, Grants::of(limits)));
                }
                &mut slot.get_or_insert_with(|| (limits, Grants::of(limits))).1
            }
        };
        if !account.self_hosted && limits.parallel.is_some_and(|most| busy >= most) {
            return Some(full(Duration::from_secs(1)));
        }
        let tokens = f64::from(request.prompt_tokens) + f64::from(request.output_tokens);
        let granted = grants.ask(tokens, now);
        (granted > now).then(|| full(granted.since(now)))
    }

    /// A server of one's own has so many places; who finds none waits for one.
    fn waits_for_a_place(&mut self, at: u32, deployment: usize, behaviour: Option<&Behaviour>) -> bool {
        let reached = &self.setup.deployments[deployment];
        let account = &self.setup.accounts[reached.account];
        let Some(places) = account.limits.parallel.filter(|_| account.self_hosted) else {
            return false;
        };
        let reachable = behaviour.is_none_or(|it| it.connection == Connection::Accepted);
        let grants = &mut self.grants[reached.account];
        if !reachable || grants.busy < places {
            return false;
        }
        let (waiting, now) = (grants.waiting.len(), self.now);
        let call = self.calls.get_mut(at);
        call.met = Met::NOTHING;
        let streamed = self.users.get(self.jobs.get(call.job).user).request.streamed;
        if waiting >= MOST_WAITING {
            call.met.end = 0;
            call.met.status = Some(503);
            call.met.failure = Some(Failure::Status {
                status: 503,
                refusal: Refusal::Plain,
                retry_after: None,
            });
            let end = self.call_event(now, at);
            self.calls.get_mut(at).end = end;
            return true;
        }
        call.queued = true;
        let limit = if streamed {
            call.limits.first_token
        } else {
            call.limits.total
        };
        let until = limit
            .map_or(Tick::NEVER, |limit| now.after(limit))
            .min(call.limits.deadline);
        call.met.failure = Some(Failure::TimedOut(if streamed {
            Limit::FirstToken
        } else {
            Limit::Total
        }));
        call.met.end = if until == Tick::NEVER { NEVER } else { until.0 - now.0 };
        let (job, owner) = (call.job, self.jobs.get(call.job).user);
        // Marked in any case, so that who is let in can tell it from a later call in the same place.
        let end = self.call_event(until, at);
        self.calls.get_mut(at).end = end;
        self.grants[reached.account].waiting.push_back((at, end));
        self.silent_until(owner, job, until);
        true
    }

    fn takes_a_place(&mut self, deployment: usize) -> bool {
        let reached = &self.setup.deployments[deployment];
        if self.setup.accounts[reached.account].limits.parallel.is_none() && self.lowered[reached.account].is_none() {
            return false;
        }
        self.grants[reached.account].busy += 1;
        true
    }

    /// A place is free: the first who waits gets it.
    fn place_is_free(&mut self, account: usize) {
        self.grants[account].busy -= 1;
        while let Some((at, mark)) = self.grants[account].waiting.pop_front() {
            let call = self.calls.get_mut(at);
            if call.end != mark || !call.queued {
                continue;
            }
            call.queued = false;
            call.holds = true;
            call.pace.first = call.pace.first.saturating_add(self.now.0 - call.began.0);
            let (job, number, deployment) = (call.job, call.number, call.deployment as usize);
            self.grants[account].busy += 1;
            let streamed = self.users.get(self.jobs.get(job).user).request.streamed;
            let behaviour = self.behaviour(job, number, deployment, streamed);
            self.meets(at, behaviour.as_ref());
            return;
        }
    }

    /// Works out what comes of a call, and sets the moment of its end.
    fn meets(&mut self, at: u32, behaviour: Option<&Behaviour>) {
        let call = self.calls.get(at);
        let (job, began) = (call.job, call.began);
        let owner = self.jobs.get(job).user;
        let asked = Asked {
            at: began,
            streamed: self.users.get(owner).request.streamed,
            limits: call.limits,
        };
        let met = match behaviour {
            None => provider::well(call.pace, &asked),
            Some(behaviour) => provider::meets(behaviour, call.pace, &asked),
        };
        let after = |nanos: u64| Tick(began.0.saturating_add(nanos));
        let mark: Mark = if met.end == NEVER {
            // Nothing of the caller's ends it: the user must.
            0
        } else {
            self.call_event(after(met.end), at)
        };
        let hedges = way(self.setup, self.jobs.get(job).way).program.hedges();
        let first = if hedges && asked.streamed && met.first < met.end {
            self.first_event(after(met.first), at)
        } else {
            0
        };
        let call = self.calls.get_mut(at);
        call.met = met;
        call.end = mark;
        call.first = first;
        let silent = if asked.streamed {
            met.first.min(met.end)
        } else {
            met.end
        };
        self.silent_until(owner, job, after(silent));
        if met.silent_from != 0 {
            self.stalls(owner, job, after(met.silent_from));
        }
    }

    /// A call has come to its end.
    pub(super) fn call_ends(&mut self, at: u32) {
        let call = self.calls.get(at);
        let (job, id, deployment, met, began) = (call.job, call.id, call.deployment as usize, call.met, call.began);
        let calls = &mut self.jobs.get_mut(job).calls;
        if let Some(place) = calls.iter().position(|it| *it == at) {
            calls.swap_remove(place);
        }
        self.call_over(at);
        self.after_call(job, id, deployment, met, began);
    }

    /// A call is cut off by its own gateway.
    pub(super) fn call_dropped(&mut self, at: u32) {
        let job = self.calls.get(at).job;
        let calls = &mut self.jobs.get_mut(job).calls;
        if let Some(place) = calls.iter().position(|it| *it == at) {
            calls.swap_remove(place);
        }
        self.call_over(at);
    }

    /// What a call leaves: its bill, its place, its line in the trace.
    pub(super) fn call_over(&mut self, at: u32) {
        let now = self.now;
        let call = self.calls.get_mut(at);
        let (deployment, met, began) = (call.deployment as usize, call.met, call.began);
        let (holds, attempt, pace, job) = (call.holds, call.attempt, call.pace, call.job);
        call.end = 0;
        call.first = 0;
        let cut_off = began.0.saturating_add(met.end) > now.0;
        let owner = self.jobs.get(job).user;
        let reached = &self.setup.deployments[deployment];
        let user = self.users.get_mut(owner);
        if met.billed && !call.queued {
            let output = if !user.request.streamed {
                pace.tokens
            } else if cut_off {
                generated(now.0.saturating_sub(began.0), &met, pace)
            } else {
                met.tokens
            };
            let cost =
                f64::from(user.request.prompt_tokens) * reached.input_price + f64::from(output) * reached.output_price;
            user.cost += cost;
            self.own.spends(cost, now);
        }
        if user.traced
            && let Some(line) = user.attempts.get_mut(attempt)
        {
            let first = began.0.saturating_add(met.first);
            line.first_token = (met.first != NEVER && first <= now.0).then_some(Tick(first));
            line.end = now;
            line.failure = if cut_off { None } else { met.failure };
            line.status = met.status.filter(|_| !cut_off);
        }
        let account = reached.account;
        self.calls.leave(at);
        if holds {
            self.place_is_free(account);
        }
    }
}

/// Tokens that were made by the time a stream was cut off.
fn generated(passed: u64, met: &Met, pace: Pace) -> u32 {
    let after_first = passed.checked_sub(met.first).map(|since| since / pace.gap.max(1));
    after_first.map_or(0, |more| u32::try_from(more + 1).unwrap_or(u32::MAX).min(pace.tokens))
}

/// A limit is reached: whole seconds until it is granted again.
fn full(wait: Duration) -> Refused {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    Refused {
        status: 429,
        refusal: Refusal::Plain,
        retry_after: Some(RetryAfter::Seconds(Duration::from_secs(seconds.max(1)))),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "not negative, and a cast stops at the greatest number"
)]
fn nanos(seconds: f64) -> u64 {
    (seconds * 1e9) as u64
}
