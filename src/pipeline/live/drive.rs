//! Drives one request's path with real calls.

use std::sync::PoisonError;
use std::time::Duration;

use futures_util::future::{AbortHandle, Abortable};
use futures_util::stream::{FuturesUnordered, StreamExt as _};

use super::outcome::{failure, told, useless};
use super::router::Router;
use super::tally::{Tally, milliseconds};
use crate::pipeline::policy::{
    Abilities, Action, Aisys, CallId, CallLimits, Failure, Health, Limit, Outcome, Path, Request, Tick, World,
};
use crate::provider::{Call, CallError, CallErrorKind, Reply};
use crate::rng::{Chance, fnv};
use crate::wire::{ChatReply, ChatRequest, Content, Finish, ResponseFormat, Usage};

/// What a call came back with.
enum Came {
    /// An answer, which may be of no use.
    Reply(Box<Reply>),
    /// The provider's error.
    Error(CallError),
    /// A limit ended it.
    TimedOut(Limit),
}

/// One request on its way. Dropped before its end, it tells the fleet that its calls were cut off.
struct Walk<'a> {
    router: &'a Router,
    path: Path,
    chance: Chance,
}

impl Drop for Walk<'_> {
    fn drop(&mut self) {
        let mut health = self.router.health.lock().unwrap_or_else(PoisonError::into_inner);
        self.path.abandon(&mut *health, self.router.now());
    }
}

impl Walk<'_> {
    /// One step of the path, which has the fleet for itself meanwhile.
    fn step(&mut self, act: impl FnOnce(&mut Path, &mut World<'_, Aisys, Health>, Tick) -> Action) -> Action {
        let mut health = self.router.health.lock().unwrap_or_else(PoisonError::into_inner);
        let mut world = World {
            program: &self.router.program,
            semantics: &Aisys,
            fleet: &mut *health,
            chance: &mut self.chance,
        };
        act(&mut self.path, &mut world, self.router.now())
    }
}

/// Answers a call.
pub(super) async fn answer(router: &Router, call: &Call) -> Result<Reply, CallError> {
    let asked = Call {
        request: ChatRequest {
            // The application asks for the route; each deployment has its own model.
            model: String::new(),
            ..call.request.clone()
        },
        ..call.clone()
    };
    let text = serde_json::to_string(&asked).unwrap_or_default();
    let began = router.now();
    let mut tally = Tally::new(&router.name, began);
    let mut walk = Walk {
        router,
        path: Path::default(),
        chance: Chance::seeded(fnv(text.as_bytes()), "route"),
    };
    let mut running = FuturesUnordered::new();
    let mut handles: Vec<(CallId, AbortHandle)> = Vec::new();
    let mut waited = false;
    let mut last = None;
    let request = request(&asked);
    let mut action = walk.step(|path, world, now| path.begin(world, request, now));
    loop {
        action = match action {
            Action::Call { id, deployment, limits } => {
                let beside = if waited {
                    handles.last().map(|(id, _)| *id)
                } else {
                    None
                };
                let first = router.first == Some(deployment);
                tally.begins(router.name_of(deployment), beside, first, router.now());
                let (handle, registration) = AbortHandle::new_pair();
                handles.push((id, handle));
                let made = make(router, deployment, limits, &asked);
                running.push(Abortable::new(
                    async move { (id, deployment, made.await) },
                    registration,
                ));
                walk.step(Path::next)
            }
            Action::Cancel(id) => {
                tally.cut(id, router.now());
                handles.retain(|(it, handle)| {
                    if *it == id {
                        handle.abort();
                    }
                    *it != id
                });
                walk.step(Path::next)
            }
            Action::Wait(until) => {
                waited = false;
                tokio::select! {
                    biased;
                    ended = running.next(), if !running.is_empty() => match ended {
                        Some(Ok((id, deployment, came))) => {
                            handles.retain(|(it, _)| *it != id);
                            let outcome = settle(router, &mut tally, id, deployment, &came)?;
                            last = Some((deployment, came));
                            walk.step(|path, world, now| path.ended(world, id, outcome, now))
                        }
                        // One that was cut off.
                        _ => walk.step(Path::next),
                    },
                    () = router.reached(until) => {
                        waited = true;
                        walk.step(Path::waited)
                    }
                }
            }
            Action::Answer => {
                if let Some((deployment, Came::Reply(reply))) = last {
                    return Ok(delivered(router, tally, deployment, *reply));
                }
                return Err(failed(router, &tally, last.map(|(_, came)| came), &Failure::Unreadable));
            }
            Action::Degrade => return Ok(degraded(router, tally)),
            Action::Fail(failure) => return Err(failed(router, &tally, last.map(|(_, came)| came), &failure)),
        };
    }
}

/// Makes one call within its limits.
async fn make(router: &Router, deployment: usize, limits: CallLimits, call: &Call) -> Came {
    let now = router.now();
    let own = limits.total.unwrap_or(Duration::MAX);
    let left = if limits.deadline == Tick::NEVER {
        Duration::MAX
    } else {
        limits.deadline.since(now)
    };
    let which = if left < own { Limit::Deadline } else { Limit::Total };
    let Some(live) = router.live(deployment) else {
        return Came::TimedOut(which);
    };
    match tokio::time::timeout(own.min(left), live.provider.call(call)).await {
        Ok(Ok(reply)) => Came::Reply(Box::new(reply)),
        Ok(Err(error)) => Came::Error(error),
        Err(_) => Came::TimedOut(which),
    }
}

/// Notes what came of a call, and says it in the policy's words. An error that is not the outside's ends the
/// request.
fn settle(
    router: &Router,
    tally: &mut Tally,
    id: CallId,
    deployment: usize,
    came: &Came,
) -> Result<Outcome, CallError> {
    let now = router.now();
    Ok(match came {
        Came::Reply(reply) => {
            let by_facts = || router.live(deployment).and_then(|live| live.cost(reply.chat.usage));
            tally.pays(reply.cost_usd.or_else(by_facts));
            match useless(reply).map(Failure::Useless) {
                None => {
                    tally.ends(id, None, now);
                    Outcome::answered(None)
                }
                Some(failure) => {
                    tally.ends(id, Some(told(&failure)), now);
                    Outcome::failed(failure)
                }
            }
        }
        Came::Error(error) => {
            tally.ends(id, Some(error.message.clone()), now);
            Outcome::failed(failure(error).ok_or_else(|| error.clone())?)
        }
        Came::TimedOut(limit) => {
            let failure = Failure::TimedOut(*limit);
            tally.ends(id, Some(told(&failure)), now);
            Outcome::failed(failure)
        }
    })
}

/// A deployment's answer as the route's.
fn delivered(router: &Router, mut tally: Tally, deployment: usize, reply: Reply) -> Reply {
    tally.trace.by = Some(router.name_of(deployment).to_owned());
    finished(router, tally, reply)
}

fn degraded(router: &Router, mut tally: Tally) -> Reply {
    tally.trace.degraded = true;
    // Nobody was paid, as far as is known.
    tally.pays(Some(0.0));
    let reply = Reply {
        chat: ChatReply {
            id: String::new(),
            model: String::new(),
            text: router.degraded.clone(),
            refusal: None,
            tool_calls: Vec::new(),
            finish: Some(Finish::Stop),
            usage: Some(Usage::default()),
        },
        latency_ms: 0.0,
        first_token_ms: None,
        cost_usd: None,
        attempts: 0,
        raw: None,
        trace: None,
    };
    finished(router, tally, reply)
}

fn finished(router: &Router, tally: Tally, mut reply: Reply) -> Reply {
    reply.latency_ms = milliseconds(router.now().since(tally.began()));
    reply.cost_usd = tally.cost_usd;
    reply.attempts = u32::try_from(tally.trace.calls.len()).unwrap_or(u32::MAX);
    reply.trace = Some(Box::new(tally.trace));
    reply
}

fn failed(router: &Router, tally: &Tally, last: Option<Came>, failure: &Failure) -> CallError {
    let (kind, status, retry_after) = match last {
        Some(Came::Error(error)) => (error.kind, error.status, error.retry_after),
        Some(Came::TimedOut(_)) => (CallErrorKind::Timeout, None, None),
        Some(Came::Reply(_)) => (CallErrorKind::Garbage, None, None),
        None => (CallErrorKind::Overloaded, None, None),
    };
    let way = tally.trace.told();
    let message = if way.is_empty() {
        told(failure)
    } else {
        format!("nobody answered: {way}")
    };
    CallError {
        kind,
        provider: router.name.clone(),
        message,
        status,
        retry_after,
        attempts: u32::try_from(tally.trace.calls.len()).unwrap_or(u32::MAX),
    }
}

/// What a call needs of whoever answers it.
fn request(call: &Call) -> Request {
    let asked = &call.request;
    let letters: usize = asked.messages.iter().map(|message| message.plain().len()).sum();
    let mut needs = Abilities::NONE;
    if !asked.tools.is_empty() {
        needs = needs.and(Abilities::TOOLS);
    }
    if matches!(asked.response_format, Some(ResponseFormat::Schema { .. })) {
        needs = needs.and(Abilities::SCHEMA);
    }
    let mut pieces = asked.messages.iter().flat_map(|message| &message.content);
    if pieces.any(|piece| matches!(piece, Content::Image(_))) {
        needs = needs.and(Abilities::VISION);
    }
    Request {
        streamed: false,
        // Four letters a token is the providers' own rule of thumb for English.
        input_tokens: (letters.max(call.question.len()) / 4) as u64,
        output_tokens: asked.max_output_tokens.map_or(0, u64::from),
        needs,
    }
}
