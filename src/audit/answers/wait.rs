//! The longest wait: every call hangs until the timeout that ends it, every retry and fallback is
//! walked, every pause is as long as it can be.
//!
//! A `Retry-After` that a provider sends can stretch a pause; that is told as a term and not added,
//! because a provider that hangs sends none.

use std::time::Duration;

use crate::system::{Attempt, DeploymentId, Plan, Retry, Setting, System, Wait, units};

use super::number::{Number, Unit};
use super::terms::Terms;

/// Which wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// Until the whole answer, when it is not streamed.
    Whole,
    /// Until the first token of a stream.
    FirstToken,
}

impl Mode {
    /// The timeout of an attempt that counts here.
    pub(super) const fn timeout(self, attempt: &Attempt) -> &Setting<Option<Duration>> {
        match self {
            Self::Whole => &attempt.timeout,
            Self::FirstToken => &attempt.first_token,
        }
    }
}

/// The longest wait of a plan in seconds; infinite when nothing ends it.
pub(super) fn longest(system: &System, plan: &Plan, mode: Mode, mut terms: Terms) -> Number {
    let seconds = of_plan(system, plan, mode, &mut terms);
    Number::new(seconds, Unit::Seconds, terms)
}

/// The longest wait in seconds, with its terms added in the order of the path.
pub(super) fn of_plan(system: &System, plan: &Plan, mode: Mode, terms: &mut Terms) -> f64 {
    match plan {
        Plan::Try(attempt) => {
            let timeout = mode.timeout(attempt);
            let seconds = timeout.value.map_or(f64::INFINITY, |limit| limit.as_secs_f64());
            let name = &system.deployment(attempt.deployment).name;
            terms.push(|| format!("{name}: {} for one call", show(seconds)), &timeout.origin);
            seconds
        }
        Plan::Pick { branches, .. } => longest_of(branches.iter().map(|(_, plan)| plan), system, mode, terms),
        Plan::Retry(retry) => repeated(system, retry, mode, terms),
        Plan::First(branches) => branches
            .iter()
            .map(|branch| {
                if let Some(because) = &branch.because {
                    let to = branch.route.map_or("the next", |id| &system.route(id).name);
                    terms.push(|| format!("then {to}"), &because.origin);
                }
                of_plan(system, &branch.plan, mode, terms)
            })
            .sum(),
        Plan::Within { limit, plan } => {
            let inside = of_plan(system, plan, mode, terms);
            match limit.value.map(|limit| limit.as_secs_f64()) {
                Some(limit_seconds) if limit_seconds < inside => {
                    terms.push(|| format!("cut at {}", show(limit_seconds)), &limit.origin);
                    limit_seconds
                }
                _ => inside,
            }
        }
        Plan::All(plans) => {
            // The calls run side by side, and the last one (a judge, a fuser) begins when the others
            // have ended.
            let Some((last, side_by_side)) = plans.split_last() else {
                return 0.0;
            };
            longest_of(side_by_side.iter(), system, mode, terms) + of_plan(system, last, mode, terms)
        }
        Plan::Degraded(_) => 0.0,
    }
}

/// The longest of several waits; only its terms are kept.
fn longest_of<'p>(plans: impl Iterator<Item = &'p Plan>, system: &System, mode: Mode, terms: &mut Terms) -> f64 {
    let mut longest: Option<(f64, Terms)> = None;
    for plan in plans {
        let mut own = terms.alike();
        let seconds = of_plan(system, plan, mode, &mut own);
        if longest.as_ref().is_none_or(|(most, _)| seconds > *most) {
            longest = Some((seconds, own));
        }
    }
    let Some((seconds, own)) = longest else { return 0.0 };
    terms.append(own);
    seconds
}

fn repeated(system: &System, retry: &Retry, mode: Mode, terms: &mut Terms) -> f64 {
    let once = of_plan(system, &retry.plan, mode, terms);
    let retries = retry.retries.value;
    if retries == 0 {
        return once;
    }
    terms.push(
        || format!("× {} tries ({})", retries.saturating_add(1), retry.layer),
        &retry.retries.origin,
    );
    let pauses = retry.backoff.longest_total(retries).as_secs_f64();
    if pauses > 0.0 {
        terms.push(|| format!("+ {} of pauses", show(pauses)), &retry.backoff.origin);
    }
    match retry.backoff.retry_after {
        Some(Wait::Unbounded) => terms.push(
            || "a `Retry-After` is obeyed however long it is (not added)".to_owned(),
            &retry.backoff.origin,
        ),
        Some(Wait::AtMost(most)) if most.as_secs_f64() > pauses => terms.push(
            || {
                format!(
                    "a `Retry-After` of up to {} is obeyed (not added)",
                    show(most.as_secs_f64())
                )
            },
            &retry.backoff.origin,
        ),
        _ => {}
    }
    once * (f64::from(retries) + 1.0) + pauses
}

/// How a request goes while some deployments hang.
pub(super) enum Outcome<'p> {
    /// An attempt answers, after so many seconds of waiting for what hangs.
    Answered(&'p Attempt, f64),
    /// Nothing answers; the error comes after so many seconds.
    Failed(f64),
}

/// Walks the plan while some deployments hang until a timeout ends each call. A pick that leaves
/// sick deployments out is met before it has learned to: where a retry follows, one hanging call is
/// waited for.
pub(super) fn walk<'p>(system: &System, plan: &'p Plan, hangs: &impl Fn(DeploymentId) -> bool) -> Outcome<'p> {
    match plan {
        Plan::Try(attempt) if hangs(attempt.deployment) => {
            Outcome::Failed(attempt.timeout.value.map_or(f64::INFINITY, |limit| limit.as_secs_f64()))
        }
        Plan::Try(attempt) => Outcome::Answered(attempt, 0.0),
        Plan::Pick { branches, .. } => first_answer(system, branches.iter().map(|(_, plan)| plan), hangs, false),
        Plan::First(branches) => first_answer(system, branches.iter().map(|branch| &branch.plan), hangs, true),
        Plan::Retry(retry) => retried(system, retry, hangs),
        Plan::Within { limit, plan } => {
            let limit = limit.value.map_or(f64::INFINITY, |limit| limit.as_secs_f64());
            match walk(system, plan, hangs) {
                Outcome::Answered(attempt, waited) if waited < limit => Outcome::Answered(attempt, waited),
                Outcome::Answered(_, waited) | Outcome::Failed(waited) => Outcome::Failed(waited.min(limit)),
            }
        }
        Plan::All(plans) => {
            let mut answered = None;
            let mut longest: f64 = 0.0;
            for plan in plans {
                match walk(system, plan, hangs) {
                    Outcome::Failed(waited) => return Outcome::Failed(waited),
                    Outcome::Answered(attempt, waited) => {
                        longest = longest.max(waited);
                        answered.get_or_insert(attempt);
                    }
                }
            }
            answered.map_or(Outcome::Failed(0.0), |attempt| Outcome::Answered(attempt, longest))
        }
        Plan::Degraded(_) => Outcome::Failed(0.0),
    }
}

/// The first of several plans that answers. In sequence the waits before it add up; among picked
/// ones there is none.
fn first_answer<'p>(
    system: &System,
    plans: impl Iterator<Item = &'p Plan>,
    hangs: &impl Fn(DeploymentId) -> bool,
    in_sequence: bool,
) -> Outcome<'p> {
    let mut waited: f64 = 0.0;
    for plan in plans {
        match walk(system, plan, hangs) {
            Outcome::Answered(attempt, more) if in_sequence => return Outcome::Answered(attempt, waited + more),
            Outcome::Answered(attempt, more) => return Outcome::Answered(attempt, more),
            Outcome::Failed(more) if in_sequence => waited += more,
            Outcome::Failed(more) => waited = waited.max(more),
        }
    }
    Outcome::Failed(waited)
}

fn retried<'p>(system: &System, retry: &'p Retry, hangs: &impl Fn(DeploymentId) -> bool) -> Outcome<'p> {
    let retries = retry.retries.value;
    match walk(system, &retry.plan, hangs) {
        Outcome::Failed(once) => {
            let pauses = retry.backoff.longest_total(retries).as_secs_f64();
            Outcome::Failed(once * (f64::from(retries) + 1.0) + pauses)
        }
        Outcome::Answered(attempt, waited) => {
            let missed = if let Plan::Pick { branches, .. } = &retry.plan
                && retries > 0
            {
                let hanging = branches.iter().filter_map(|(_, plan)| match walk(system, plan, hangs) {
                    Outcome::Failed(once) => Some(once + retry.backoff.longest(0).as_secs_f64()),
                    Outcome::Answered(..) => None,
                });
                hanging.fold(0.0, f64::max)
            } else {
                0.0
            };
            Outcome::Answered(attempt, waited + missed)
        }
    }
}

fn show(seconds: f64) -> String {
    if seconds.is_infinite() {
        "no limit".to_owned()
    } else {
        units::show_seconds(seconds)
    }
}
