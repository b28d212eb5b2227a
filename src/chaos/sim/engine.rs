//! The loop: arrivals and moments in their order, until nothing is left to happen.
//!
//! There is one event for each call that ends and one for each wait; what a user's patience or the client's
//! timeout ends has an event only where the known end of a call or of a wait lies beyond it.

use std::time::Duration;

use crate::chaos::Observation;
use crate::chaos::observation::Seen;
use crate::chaos::scenario::{Request, Requests};
use crate::pipeline::policy;
use crate::pipeline::policy::{Action, Failure, Limit, Outcome, Path, Refusal, Tick, World};
use crate::rng::Chance;

use super::agenda::{Agenda, Mark};
use super::cache::Cache;
use super::client;
use super::gateways::{Fleets, says};
use super::own::OwnLimits;
use super::provider::{Met, NEVER};
use super::setup::{Setup, Way};
use super::slab::Slab;
use super::state::{Call, Grants, Job, NOBODY, User, WayOf, handed_on};

/// How long an answer out of the cache takes: assumed.
const FROM_CACHE: Duration = Duration::from_millis(5);
/// Who waits for something that nothing ends is given up on after this.
const ABANDONED: Duration = Duration::from_secs(24 * 3_600);
/// Streams of chance of one request.
const ROUTING: u64 = 1 << 32;
const CLIENT: u64 = 1 << 33;

/// What an entry of the agenda is about: the upper two bits of its number.
const CALL: u32 = 0;
const JOB: u32 = 1 << 30;
const USER: u32 = 2 << 30;
const FIRST: u32 = 3 << 30;
const KINDS: u32 = 3 << 30;

/// A run that goes on.
pub(super) struct Engine<'s, 'a, O> {
    pub(super) setup: &'s Setup<'a>,
    pub(super) seed: u64,
    pub(super) now: Tick,
    pub(super) agenda: Agenda,
    pub(super) users: Slab<User>,
    pub(super) jobs: Slab<Job>,
    pub(super) calls: Slab<Call>,
    pub(super) fleet: Fleets,
    pub(super) grants: Vec<Grants>,
    /// What is left where a fault grants less.
    pub(super) lowered: Vec<Option<(crate::chaos::behaviour::Limits, Grants)>>,
    /// Until when nothing is broken; looked up anew when it has passed.
    pub(super) quiet_until: u64,
    pub(super) broken_until: u64,
    cache: Cache,
    pub(super) own: OwnLimits,
    traced: &'s [u64],
    patience: u64,
    client_timeout: u64,
    out: O,
}

/// Simulates one run and hands over each request when all about it is known. The requests whose numbers are
/// `traced` (in order) have their calls noted. The order is that of their ends, the same each time.
pub fn simulate(setup: &Setup<'_>, seed: u64, traced: &[u64], out: impl FnMut(Observation)) {
    let nanos = |limit: Option<Duration>| limit.map_or(NEVER, |limit| u64::try_from(limit.as_nanos()).unwrap_or(NEVER));
    let mut engine = Engine {
        setup,
        seed,
        now: Tick::ZERO,
        agenda: Agenda::default(),
        users: Slab::default(),
        jobs: Slab::default(),
        calls: Slab::default(),
        fleet: Fleets::of(setup.dialect, setup.system, setup.cooldown),
        grants: setup
            .accounts
            .iter()
            .map(|account| Grants::of(account.limits))
            .collect(),
        lowered: setup.accounts.iter().map(|_| None).collect(),
        quiet_until: 0,
        broken_until: 0,
        cache: Cache::new(setup.cache),
        own: OwnLimits::new(setup),
        traced,
        patience: nanos(setup.scenario.traffic.patience),
        client_timeout: nanos(setup.client.timeout),
        out,
    };
    engine.run(setup.scenario.requests_of(seed));
}

#[expect(
    clippy::redundant_closure_for_method_calls,
    reason = "the method alone is not general enough in the world's lifetime"
)]
impl<O: FnMut(Observation)> Engine<'_, '_, O> {
    fn run(&mut self, mut requests: Requests<'_>) {
        let mut next = requests.next();
        loop {
            let due = self.agenda.next();
            match next {
                Some(request) if due.is_none_or(|due| at(&request) <= due) => {
                    self.now = at(&request);
                    self.arrives(request);
                    next = requests.next();
                }
                _ => {
                    let Some((now, mark, whom)) = self.agenda.pop().filter(|(now, ..)| *now < Tick::NEVER) else {
                        break;
                    };
                    self.now = now;
                    self.happens(mark, whom);
                }
            }
        }
        // Whose user has gone, and what hangs for ever inside the gateway.
        for at in 0..self.users.len() {
            if self.users.get(at).jobs > 0 {
                self.users.get_mut(at).jobs = 0;
                self.release(at);
            }
        }
    }

    fn happens(&mut self, mark: Mark, whom: u32) {
        let at = whom & !KINDS;
        match whom & KINDS {
            CALL if self.calls.get(at).end == mark => self.call_ends(at),
            JOB if self.jobs.get(at).wake == mark => {
                self.jobs.get_mut(at).wake = 0;
                let action = self.step(at, |path, world, now| path.waited(world, now));
                self.drive(at, action, None);
            }
            USER if self.users.get(at).timer == mark => self.timer_rings(at),
            USER if self.users.get(at).wake == mark => {
                self.users.get_mut(at).wake = 0;
                self.tries(at);
            }
            FIRST if self.calls.get(at).first == mark => {
                let call = self.calls.get_mut(at);
                call.first = 0;
                let (id, job) = (call.id, call.job);
                let action = self.step(job, |path, world, now| path.spoke(world, id, now));
                self.drive(job, action, None);
            }
            _ => {}
        }
    }

    fn arrives(&mut self, request: Request) {
        let now = self.now;
        if self.cache.hit(&request, now) {
            (self.out)(Observation {
                id: request.id,
                at: now,
                first_token: Some(now.after(FROM_CACHE)),
                end: now.after(FROM_CACHE),
                seen: Seen::Cached,
                by: None,
                calls: 0,
                cost_usd: 0.0,
                attempts: Vec::new(),
            });
            return;
        }
        let traced = !self.traced.is_empty() && self.traced.binary_search(&request.id).is_ok();
        let at = self.users.take();
        let user = self.users.get_mut(at);
        *user = User {
            request,
            at: now,
            traced,
            chance: Chance::numbered(self.seed, request.id, ROUTING),
            ..User::default()
        };
        self.tries(at);
    }

    /// The user's client sends the request to the gateway.
    fn tries(&mut self, at: u32) {
        let now = self.now;
        let user = self.users.get_mut(at);
        user.tries += 1;
        user.try_began = now;
        let request = user.request;
        if let Some(failure) = self.own.refuses(&request, now) {
            let exhausted = failure == Failure::OwnLimit && self.own.is_spent(now);
            if exhausted && self.setup.entry.degrades {
                self.finish(at, Seen::Degraded, None);
            } else {
                self.fails(at, failure, false);
            }
            return;
        }
        let at_job = self.jobs.take();
        let job = self.jobs.get_mut(at_job);
        job.user = at;
        job.way = WayOf::Entry;
        job.wake = 0;
        job.passed_on = false;
        job.calls.clear();
        let user = self.users.get_mut(at);
        user.job = at_job;
        user.jobs += 1;
        self.begins(at_job);
    }

    /// A request begins its way, or a detour.
    fn begins(&mut self, at: u32) {
        let request = self.users.get(self.jobs.get(at).user).request;
        let needs = policy::Request {
            streamed: request.streamed,
            input_tokens: u64::from(request.prompt_tokens),
            output_tokens: u64::from(request.output_tokens),
            ..policy::Request::default()
        };
        let action = self.step(at, |path, world, now| path.begin(world, needs, now));
        self.drive(at, action, None);
    }

    /// One step of a path.
    pub(super) fn step(
        &mut self,
        at: u32,
        step: impl FnOnce(&mut Path, &mut World<'_, super::gateways::Product<'_>, Fleets>, Tick) -> Action,
    ) -> Action {
        self.step_after(at, None, step)
    }

    fn step_after(
        &mut self,
        at: u32,
        deployment: Option<usize>,
        step: impl FnOnce(&mut Path, &mut World<'_, super::gateways::Product<'_>, Fleets>, Tick) -> Action,
    ) -> Action {
        let job = self.jobs.get_mut(at);
        let user = self.users.get_mut(job.user);
        let product = match job.way {
            WayOf::Entry => self.setup.product(deployment),
            WayOf::Context | WayOf::Content => self.setup.product(deployment).on_a_detour(),
        };
        let mut world = World {
            program: &way(self.setup, job.way).program,
            semantics: &product,
            fleet: &mut self.fleet,
            chance: &mut user.chance,
        };
        step(&mut job.path, &mut world, self.now)
    }

    /// Does what a path asks for until it has to wait. `last`: the call that has just ended, and its deployment.
    pub(super) fn drive(&mut self, at: u32, mut action: Action, mut last: Option<(Met, usize)>) {
        loop {
            action = match action {
                Action::Call { id, deployment, limits } => match self.stopped_before(at, deployment) {
                    Some(failure) => {
                        let outcome = Outcome::failed(failure);
                        last = None;
                        self.step_after(at, Some(deployment), |path, world, now| {
                            path.ended(world, id, outcome, now)
                        })
                    }
                    None => {
                        self.call_begins(at, id, deployment, limits);
                        self.step(at, |path, world, now| path.next(world, now))
                    }
                },
                Action::Cancel(id) => {
                    let calls = &self.jobs.get(at).calls;
                    if let Some(call) = calls.iter().copied().find(|call| self.calls.get(*call).id == id) {
                        self.call_dropped(call);
                    }
                    self.step(at, |path, world, now| path.next(world, now))
                }
                Action::Wait(until) => {
                    self.waits(at, until);
                    return;
                }
                Action::Answer => {
                    let (seen, by) = match last {
                        Some((met, by)) => (answered(&met), Some(by)),
                        None => (Seen::Failed(Failure::NoneAvailable), None),
                    };
                    let user = self.job_ends(at);
                    if user != NOBODY {
                        self.finish(user, seen, by);
                    }
                    return;
                }
                Action::Degrade => {
                    let user = self.job_ends(at);
                    if user != NOBODY {
                        self.finish(user, Seen::Degraded, None);
                    }
                    return;
                }
                Action::Fail(failure) => {
                    if self.takes_detour(at, &failure) {
                        return;
                    }
                    let passed_on = self.jobs.get(at).passed_on;
                    let user = self.job_ends(at);
                    if user != NOBODY {
                        self.fails(user, says(self.setup.product(None), failure, passed_on), passed_on);
                    }
                    return;
                }
            };
        }
    }

    /// A fallback of its own for prompts that are too long, or that a filter refused.
    fn takes_detour(&mut self, at: u32, failure: &Failure) -> bool {
        let (way, there) = match failure {
            Failure::Status {
                refusal: Refusal::ContextLength,
                ..
            } => (WayOf::Context, self.setup.context.is_some()),
            Failure::Status {
                refusal: Refusal::ContentFilter,
                ..
            }
            | Failure::Useless(_) => (WayOf::Content, self.setup.content.is_some()),
            _ => return false,
        };
        let job = self.jobs.get_mut(at);
        if !there || job.way != WayOf::Entry || job.passed_on {
            return false;
        }
        job.way = way;
        self.begins(at);
        true
    }

    /// Whether a product does not make a call that its path asks for.
    fn stopped_before(&mut self, at: u32, deployment: usize) -> Option<Failure> {
        use crate::pipeline::policy::Fleet as _;
        let product = self.setup.product(Some(deployment));
        if product.checks_before_calls() && !self.fleet.usable(deployment, self.now) {
            return Some(Failure::NoneAvailable);
        }
        let prompt = u64::from(self.users.get(self.jobs.get(at).user).request.prompt_tokens);
        let too_long = self.setup.checks_windows() && prompt > self.setup.deployments.get(deployment)?.window;
        too_long.then_some(Failure::Status {
            status: 400,
            refusal: Refusal::ContextLength,
            retry_after: None,
        })
    }

    /// A path waits: for a call, or for a moment.
    fn waits(&mut self, at: u32, until: Tick) {
        let job = self.jobs.get_mut(at);
        if until == Tick::NEVER {
            job.wake = 0;
            return;
        }
        job.wake = self.agenda.set(until, JOB | at);
        if job.calls.is_empty() {
            let user = self.users.get_mut(job.user);
            if user.job == at
                && user.traced
                && let Some(attempt) = user.attempts.last_mut()
            {
                attempt.waited = until.since(self.now);
            }
            let owner = job.user;
            self.silent_until(owner, at, until);
        }
    }

    /// The user hears nothing before this: where that is too long, a moment is set.
    pub(super) fn silent_until(&mut self, at: u32, job: u32, until: Tick) {
        let user = self.users.get_mut(at);
        if user.job != job || user.seen.is_some() || self.jobs.get(job).passed_on {
            return;
        }
        let patience = user.at.0.saturating_add(self.patience);
        let client = user.try_began.0.saturating_add(self.client_timeout);
        let bears = patience.min(client).min(user.at.after(ABANDONED).0);
        if until.0 > bears && bears < user.timer_at.0 {
            user.timer_at = Tick(bears.max(self.now.0));
            user.timer = self.agenda.set(user.timer_at, USER | at);
        }
    }

    /// A stream that the user reads falls silent.
    pub(super) fn stalls(&mut self, at: u32, job: u32, from: Tick) {
        let user = self.users.get_mut(at);
        if user.job != job || user.seen.is_some() {
            return;
        }
        let bears = self.patience.min(self.client_timeout).min(nanos(ABANDONED));
        let moment = Tick(from.0.saturating_add(bears));
        if moment < user.timer_at {
            user.timer_at = moment;
            user.timer = self.agenda.set(moment, USER | at);
        }
    }

    /// The moment up to which a user's client, or the user, bears silence.
    fn timer_rings(&mut self, at: u32) {
        let user = self.users.get_mut(at);
        user.timer = 0;
        user.timer_at = Tick::NEVER;
        if user.seen.is_some() || user.job == NOBODY {
            return;
        }
        let (job, streamed) = (user.job, user.request.streamed);
        let now = self.now;
        let patience = user.at.0.saturating_add(self.patience).min(user.at.after(ABANDONED).0);
        // Who reads waits for the next token, not for the first.
        let reads = self.jobs.get(job).calls.iter().find_map(|call| {
            let call = self.calls.get(*call);
            let first = call.began.0.saturating_add(call.met.first);
            (streamed && call.met.first != NEVER && first <= now.0 && !call.queued).then_some(call)
        });
        if let Some(call) = reads {
            let silent = call.began.0.saturating_add(call.met.silent_from);
            let bears = self.patience.min(nanos(ABANDONED));
            let first = Tick(call.began.0.saturating_add(call.met.first));
            if call.met.silent_from == 0 || now.0 < silent.saturating_add(self.patience.min(self.client_timeout)) {
                // Nothing is too long yet; a stall further on sets its own moment.
                if call.met.silent_from != 0 {
                    let user = self.jobs.get(job).user;
                    self.stalls(user, job, Tick(silent));
                }
                return;
            }
            let gave_up = now.0 >= silent.saturating_add(bears);
            let user = self.users.get_mut(at);
            user.first_token = user.first_token.or(Some(first));
            self.leaves(at);
            let seen = if gave_up {
                Seen::GaveUp
            } else {
                Seen::Failed(Failure::TimedOut(Limit::Idle))
            };
            self.finish(at, seen, None);
            return;
        }
        let client = self.users.get(at).try_began.0.saturating_add(self.client_timeout);
        if now.0 < patience.min(client) {
            self.silent_until(at, job, Tick::NEVER);
            return;
        }
        self.leaves(at);
        if now.0 >= patience {
            self.finish(at, Seen::GaveUp, None);
        } else {
            let limit = if streamed { Limit::FirstToken } else { Limit::Total };
            self.fails(at, Failure::TimedOut(limit), false);
        }
    }

    /// The user's client has hung up. The gateway stops working for it, or does not notice.
    fn leaves(&mut self, at: u32) {
        let user = self.users.get_mut(at);
        let job = std::mem::replace(&mut user.job, NOBODY);
        if job != NOBODY && self.setup.cancels {
            let now = self.now;
            self.jobs.get_mut(job).path.abandon(&mut self.fleet, now);
            self.job_ends(job);
        }
    }

    /// A request has left the gateway. Gives the user, who may have gone.
    fn job_ends(&mut self, at: u32) -> u32 {
        while let Some(call) = self.jobs.get_mut(at).calls.pop() {
            self.call_over(call);
        }
        let job = self.jobs.get_mut(at);
        job.wake = 0;
        let owner = job.user;
        self.jobs.leave(at);
        let user = self.users.get_mut(owner);
        user.jobs -= 1;
        if user.job == at {
            user.job = NOBODY;
            return owner;
        }
        self.release(owner);
        NOBODY
    }

    /// A try of the user's client has failed: it tries again, or the user sees the error.
    fn fails(&mut self, at: u32, failure: Failure, passed_on: bool) {
        let user = self.users.get_mut(at);
        let mut chance = Chance::numbered(self.seed, user.request.id, CLIENT | u64::from(user.tries));
        let wait = client::again(&self.setup.client, &failure, user.tries, passed_on, &mut chance);
        let Some(wait) = wait else {
            self.finish(at, Seen::Failed(failure), None);
            return;
        };
        let until = self.now.after(wait);
        let patience = user.at.0.saturating_add(self.patience);
        if until.0 >= patience {
            self.now_or_then(at, Tick(patience));
            return;
        }
        user.timer = 0;
        user.timer_at = Tick::NEVER;
        user.wake = self.agenda.set(until, USER | at);
    }

    /// The user's patience ends in a pause of the client.
    fn now_or_then(&mut self, at: u32, then: Tick) {
        self.users.get_mut(at).seen = Some((Seen::GaveUp, then.max(self.now)));
        self.release(at);
    }

    /// The user has seen how it ends.
    fn finish(&mut self, at: u32, seen: Seen, by: Option<usize>) {
        let now = self.now;
        let user = self.users.get_mut(at);
        user.seen = Some((seen, now));
        user.by = by;
        if user.first_token.is_none() && matches!(seen, Seen::Answered | Seen::Degraded | Seen::Hollow(_)) {
            user.first_token = Some(now);
        }
        if matches!(seen, Seen::Answered | Seen::Hollow(_)) {
            self.cache.store(&user.request, now);
        }
        self.release(at);
    }

    /// Hands a user over when nothing goes on for it any more.
    fn release(&mut self, at: u32) {
        let user = self.users.get_mut(at);
        let Some((seen, end)) = user.seen else { return };
        if user.jobs > 0 {
            return;
        }
        user.timer = 0;
        user.wake = 0;
        (self.out)(Observation {
            id: user.request.id,
            at: user.at,
            first_token: user.first_token,
            end,
            seen,
            by: user.by,
            calls: user.calls,
            cost_usd: user.cost,
            attempts: std::mem::take(&mut user.attempts),
        });
        self.users.leave(at);
    }

    pub(super) fn call_event(&mut self, at: Tick, call: u32) -> Mark {
        self.agenda.set(at, CALL | call)
    }

    pub(super) fn first_event(&mut self, at: Tick, call: u32) -> Mark {
        self.agenda.set(at, FIRST | call)
    }

    /// A call has ended for whoever made it.
    pub(super) fn after_call(&mut self, at: u32, call_id: policy::CallId, deployment: usize, met: Met, began: Tick) {
        let first = (met.first != NEVER).then(|| began.after(Duration::from_nanos(met.first)));
        let streamed = self.users.get(self.jobs.get(at).user).request.streamed;
        let outcome = Outcome {
            failure: met.failure,
            first_token: first.filter(|_| streamed),
            passed_on: met.passed_on || (met.failure.is_none() && streamed),
        };
        let job = self.jobs.get_mut(at);
        job.passed_on |= outcome.passed_on;
        let passed_on = outcome.passed_on;
        let user = self.users.get_mut(job.user);
        if user.job == at && user.seen.is_none() && passed_on && user.first_token.is_none() {
            user.first_token = first;
        }
        let action = self.step_after(at, Some(deployment), |path, world, now| {
            path.ended(world, call_id, outcome, now)
        });
        self.drive(at, action, Some((met, deployment)));
    }
}

fn answered(met: &Met) -> Seen {
    match (&met.failure, met.hollow) {
        (Some(failure), _) => handed_on(failure, met.tokens),
        (None, Some(hollow)) => Seen::Hollow(hollow),
        (None, None) => Seen::Answered,
    }
}

pub(super) fn way<'s, 'a>(setup: &'s Setup<'a>, way: WayOf) -> &'s Way<'a> {
    match way {
        WayOf::Entry => &setup.entry,
        WayOf::Context => setup.context.as_deref().unwrap_or(&setup.entry),
        WayOf::Content => setup.content.as_deref().unwrap_or(&setup.entry),
    }
}

fn at(request: &Request) -> Tick {
    Tick(nanos(request.at))
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(NEVER)
}
