//! Which lines of the configuration made a request's life what it was.

use crate::chaos::Observation;
use crate::chaos::observation::{Attempt as Called, Seen};
use crate::chaos::report::{Cause, words};
use crate::pipeline::policy::{Failure, Limit};
use crate::system::{Attempt, Backoff, Origin, Plan, Retry, Setting};

use super::setup::Setup;

/// A wait that users feel, in seconds.
const FELT: f64 = 2.0;

/// The settings behind a traced request, in the order of its life.
pub(super) fn causes(setup: &Setup<'_>, seen: &Observation) -> Vec<Cause> {
    let plan = &setup.entry.route.plan;
    let mut causes = Vec::new();
    for called in &seen.attempts {
        if let Some(attempt) = attempt_of(plan, called.deployment) {
            limits(setup, attempt, called, seen, &mut causes);
        }
    }
    if let Some(retry) = repeated(plan, &seen.attempts) {
        add(
            &mut causes,
            format!("{} retries by the {}", retry.retries.value, retry.layer),
            &retry.retries.origin,
        );
        pauses(&retry.backoff, &seen.attempts, &mut causes);
    }
    fallbacks(setup, seen, &mut causes);
    if setup.client.retries > 0 && matches!(seen.seen, Seen::Failed(_)) {
        causes.push(Cause {
            text: format!(
                "the users' client ({}) tries {} times more",
                setup.client.name, setup.client.retries
            ),
            place: None,
        });
    }
    causes
}

fn add(causes: &mut Vec<Cause>, text: String, origin: &Origin) {
    if !causes.iter().any(|known| known.text == text) {
        causes.push(Cause {
            text,
            place: Some(origin.to_string()),
        });
    }
}

/// The limit that ended a call, or let it go on for long.
fn limits(setup: &Setup<'_>, attempt: &Attempt, called: &Called, seen: &Observation, causes: &mut Vec<Cause>) {
    let took = called.end.min(seen.end).since(called.begin).as_secs_f64();
    let (word, limit) = match called.failure {
        Some(Failure::TimedOut(Limit::Idle)) => ("between two tokens", &attempt.idle),
        Some(Failure::TimedOut(Limit::FirstToken)) => ("for the first token", &attempt.first_token),
        Some(Failure::TimedOut(Limit::Total)) => ("for an answer", &attempt.timeout),
        Some(Failure::TimedOut(Limit::Deadline)) => {
            if let Some((limit, origin)) = total(&setup.entry.route.plan) {
                add(causes, format!("the whole has {}", words::seconds(limit)), origin);
            }
            return;
        }
        _ if took >= FELT && called.first_token.is_some() => ("for the first token", &attempt.first_token),
        _ if took >= FELT => ("for an answer", &attempt.timeout),
        _ => return,
    };
    add(causes, bound(word, limit), &limit.origin);
}

fn bound(word: &str, limit: &Setting<Option<std::time::Duration>>) -> String {
    match limit.value {
        Some(limit) => format!("a call may take {} {word}", words::seconds(limit.as_secs_f64())),
        None => format!("nothing limits a call {word}"),
    }
}

fn total(plan: &Plan) -> Option<(f64, &Origin)> {
    match plan {
        Plan::Within { limit, .. } => Some((limit.value?.as_secs_f64(), &limit.origin)),
        _ => None,
    }
}

/// What was waited between calls.
fn pauses(backoff: &Backoff, calls: &[Called], causes: &mut Vec<Cause>) {
    let waited: f64 = calls.iter().map(|call| call.waited.as_secs_f64()).sum();
    let asked = calls.iter().any(|call| {
        let wish = match call.failure {
            Some(Failure::Status { retry_after, .. }) => retry_after,
            _ => None,
        };
        wish.is_some_and(|wish| call.waited >= wish && !wish.is_zero())
    });
    if asked {
        add(
            causes,
            "the provider's `retry-after` is waited out".to_owned(),
            &backoff.origin,
        );
    } else if waited > 0.0 {
        add(
            causes,
            format!("{} of pauses between tries", words::seconds(waited)),
            &backoff.origin,
        );
    }
}

/// What was tried next, or that nothing was.
fn fallbacks(setup: &Setup<'_>, seen: &Observation, causes: &mut Vec<Cause>) {
    let route = setup.entry.route;
    let bad = !matches!(seen.seen, Seen::Answered | Seen::Cached | Seen::Degraded);
    if let Plan::First(branches) = inner(&route.plan) {
        let called = |plan: &Plan| {
            let reached = plan.deployments();
            seen.attempts
                .iter()
                .any(|call| reached.iter().any(|id| id.0 == call.deployment))
        };
        for branch in branches.iter().skip(1) {
            let Some(because) = &branch.because else { continue };
            let name = branch.route.map_or_else(
                || {
                    let first = branch.plan.deployments().first().copied();
                    first.map_or_else(
                        || "the degraded answer".to_owned(),
                        |id| setup.system.deployment(id).name.clone(),
                    )
                },
                |id| setup.system.route(id).name.clone(),
            );
            if called(&branch.plan) {
                add(causes, format!("then the fallback {name}"), &because.origin);
            } else if bad && !matches!(branch.plan, Plan::Degraded(_)) {
                add(causes, format!("the fallback {name} was never called"), &because.origin);
            }
        }
    } else if bad {
        causes.push(Cause {
            text: format!("route {} has no fallback", route.name),
            place: Some(route.place().to_string()),
        });
    }
}

fn inner(plan: &Plan) -> &Plan {
    match plan {
        Plan::Within { plan, .. } => inner(plan),
        other => other,
    }
}

fn attempt_of(plan: &Plan, deployment: usize) -> Option<&Attempt> {
    plan.attempts()
        .into_iter()
        .find(|attempt| attempt.deployment.0 == deployment)
}

/// The first repetition that was at work.
fn repeated<'p>(plan: &'p Plan, calls: &[Called]) -> Option<&'p Retry> {
    match plan {
        Plan::Retry(retry) => {
            let reached = retry.plan.deployments();
            let count = calls
                .iter()
                .filter(|call| reached.iter().any(|id| id.0 == call.deployment))
                .count();
            (count > 1)
                .then_some(retry.as_ref())
                .or_else(|| repeated(&retry.plan, calls))
        }
        Plan::First(branches) => branches.iter().find_map(|branch| repeated(&branch.plan, calls)),
        Plan::Pick { branches, .. } => branches.iter().find_map(|(_, plan)| repeated(plan, calls)),
        Plan::Within { plan, .. } => repeated(plan, calls),
        Plan::All(plans) => plans.iter().find_map(|plan| repeated(plan, calls)),
        Plan::Try(_) | Plan::Degraded(_) => None,
    }
}
