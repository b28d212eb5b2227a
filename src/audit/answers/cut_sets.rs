//! Minimal cut sets of a route, exact up to order three.
//!
//! The failure of a plan is a monotone formula over fates, so its minimal cut sets are computed
//! from below: a deployment falls with any of its fates, alternatives fall together, and sets that
//! contain another one are dropped at each step (the classical top-down method of fault tree
//! analysis; NUREG-0492, 1981, chapter VII).

use crate::system::{Fate, Plan, Route, System};

/// Larger sets are not looked for: three independent failures at once are an end of the world.
const ORDER: usize = 3;
/// No real route has so many; the bound keeps a hostile configuration cheap.
const MOST_SETS: usize = 2_000;

type Cut = Vec<usize>;

/// The minimal cut sets of a route, smallest first.
pub(super) fn minimal(system: &System, route: &Route) -> Vec<Vec<Fate>> {
    let mut fates = Fates::default();
    let mut cuts = of_plan(system, &route.plan, &mut fates).unwrap_or_else(|| vec![Vec::new()]);
    cuts.extend(
        system
            .path_services(route)
            .into_iter()
            .map(|service| vec![fates.index(service)]),
    );
    let mut named: Vec<Vec<Fate>> = absorb(cuts)
        .into_iter()
        .filter(|cut| !cut.is_empty())
        .map(|cut| {
            let mut named: Vec<Fate> = cut.into_iter().map(|at| fates.known[at].clone()).collect();
            named.sort();
            named
        })
        .collect();
    named.sort_by(|a, b| a.len().cmp(&b.len()).then_with(|| a.cmp(b)));
    named
}

/// Fates by number: sets of numbers are cheap to compare.
#[derive(Default)]
struct Fates {
    known: Vec<Fate>,
}

impl Fates {
    fn index(&mut self, fate: Fate) -> usize {
        self.known.iter().position(|it| *it == fate).unwrap_or_else(|| {
            self.known.push(fate);
            self.known.len() - 1
        })
    }
}

/// The cut sets of a plan; `None` when it makes no call that could fail or succeed.
fn of_plan(system: &System, plan: &Plan, fates: &mut Fates) -> Option<Vec<Cut>> {
    match plan {
        Plan::Try(attempt) => Some(
            system
                .deployment(attempt.deployment)
                .fates()
                .into_iter()
                .map(|fate| vec![fates.index(fate)])
                .collect(),
        ),
        Plan::Pick { branches, .. } => alternatives(branches.iter().map(|(_, plan)| plan), system, fates),
        Plan::First(branches) => alternatives(branches.iter().map(|branch| &branch.plan), system, fates),
        Plan::Retry(retry) => of_plan(system, &retry.plan, fates),
        Plan::Within { plan, .. } => of_plan(system, plan, fates),
        Plan::All(plans) => {
            let cuts: Vec<Cut> = plans
                .iter()
                .filter_map(|plan| of_plan(system, plan, fates))
                .flatten()
                .collect();
            Some(absorb(cuts))
        }
        Plan::Degraded(_) => None,
    }
}

/// All alternatives must fall: every choice of one cut set from each, joined.
fn alternatives<'p>(plans: impl Iterator<Item = &'p Plan>, system: &System, fates: &mut Fates) -> Option<Vec<Cut>> {
    let mut joined: Option<Vec<Cut>> = None;
    for plan in plans {
        let Some(cuts) = of_plan(system, plan, fates) else {
            continue;
        };
        joined = Some(match joined {
            None => cuts,
            Some(before) => join(&before, &cuts),
        });
    }
    joined
}

fn join(left: &[Cut], right: &[Cut]) -> Vec<Cut> {
    let mut joined = Vec::new();
    for a in left {
        for b in right {
            let mut both = a.clone();
            both.extend(b.iter().filter(|at| !a.contains(at)));
            both.sort_unstable();
            if both.len() <= ORDER {
                joined.push(both);
            }
        }
    }
    absorb(joined)
}

/// Only the sets that contain no other one.
fn absorb(mut cuts: Vec<Cut>) -> Vec<Cut> {
    cuts.sort_by(|a, b| a.len().cmp(&b.len()).then_with(|| a.cmp(b)));
    cuts.dedup();
    let mut minimal: Vec<Cut> = Vec::new();
    for cut in cuts {
        let contains_one = minimal.iter().any(|small| small.iter().all(|at| cut.contains(at)));
        if !contains_one && minimal.len() < MOST_SETS {
            minimal.push(cut);
        }
    }
    minimal
}
