//! What our own middleware does beyond the letter of a plan, and what it must know of the deployments for it.

use std::collections::HashMap;
use std::time::Duration;

use crate::system::{Deployment, Fate, FateKind, Hedge, Route, System};

use super::{Abilities, Failure, Refusal, Request};

/// How long before the deadline the last call is given up, so that the degraded answer is out in time.
const RESERVE: Duration = Duration::from_millis(50);

/// How many kinds of fate a deployment has.
const KINDS: usize = 5;

/// The kinds of fate that a failure speaks against, as a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Blame(u8);

impl Blame {
    const NONE: Self = Self(0);
    const ACCOUNT: Self = Self::of(FateKind::Account);
    const MODEL: Self = Self::of(FateKind::Model);
    const PROVIDER: Self = Self::of(FateKind::Provider);
    const ANY: Self = Self(0b1_1111);

    const fn of(kind: FateKind) -> Self {
        match slot(kind) {
            Some(slot) => Self(1 << slot),
            None => Self(0),
        }
    }

    /// What may be down when a call fails so.
    pub(super) const fn for_failure(failure: &Failure) -> Self {
        match failure {
            Failure::Status { refusal, status, .. } => match (refusal, status) {
                (Refusal::Quota, _) | (_, 401..=403 | 429) => Self::ACCOUNT,
                (Refusal::ModelGone | Refusal::ContextLength, _) | (_, 400 | 404 | 413 | 422) => Self::MODEL,
                (Refusal::ContentFilter, _) => Self::PROVIDER,
                (Refusal::Plain, _) => Self::ANY,
            },
            Failure::Useless(_) => Self::MODEL,
            Failure::NoneAvailable | Failure::OwnLimit => Self::NONE,
            Failure::Connect
            | Failure::TimedOut(_)
            | Failure::Broken
            | Failure::Unreadable
            | Failure::ErrorEvent
            | Failure::ErrorBody
            | Failure::Unfinished => Self::ANY,
        }
    }
}

const fn slot(kind: FateKind) -> Option<usize> {
    match kind {
        FateKind::Provider => Some(0),
        FateKind::Region => Some(1),
        FateKind::Account => Some(2),
        FateKind::Host => Some(3),
        FateKind::Model => Some(4),
        FateKind::Service => None,
    }
}

/// What is known of one deployment.
#[derive(Debug, Clone)]
struct Facts {
    /// Its fate of each kind as a number; 0: none.
    fates: [u32; KINDS],
    /// The most tokens that go in; `None`: not known.
    window: Option<u64>,
    /// What it can do; everything when nothing is known.
    can: Abilities,
}

/// Our own ways through one program.
#[derive(Debug, Clone)]
pub(super) struct Ways {
    /// By the deployments' numbers.
    facts: Vec<Facts>,
    pub(super) reserve: Duration,
    /// Dean and Barroso, "The Tail at Scale" (2013): a few per cent of further calls cut the tail. At most one
    /// for each request; the first answer wins, the other call is cut off.
    pub(super) hedge: Option<Hedge>,
    /// Until a connection stands.
    pub(super) connect: Option<Duration>,
}

impl Ways {
    pub(super) fn of(system: &System, route: &Route) -> Self {
        let mut names: HashMap<Fate, u32> = HashMap::new();
        let facts = system.deployments.iter().map(|it| facts(it, &mut names)).collect();
        Self {
            facts,
            reserve: RESERVE,
            hedge: route.policy.hedge.as_ref().map(|hedge| hedge.value),
            connect: route.policy.connect.as_ref().map(|connect| connect.value),
        }
    }

    /// Whether a deployment is big and able enough for a request. `above`: windows up to this are too small.
    pub(super) fn fits(&self, deployment: usize, request: &Request, above: u64) -> bool {
        self.facts.get(deployment).is_none_or(|facts| {
            facts
                .window
                .is_none_or(|window| window > above && window >= request.input_tokens)
                && facts.can.covers(request.needs)
        })
    }

    /// The most tokens that go into a deployment, when it is known.
    pub(super) fn window(&self, deployment: usize) -> Option<u64> {
        self.facts.get(deployment)?.window
    }

    /// How many of the fates that are blamed two deployments share.
    pub(super) fn shared(&self, one: usize, other: usize, blame: Blame) -> u32 {
        let (Some(one), Some(other)) = (self.facts.get(one), self.facts.get(other)) else {
            return 0;
        };
        let mut shared = 0;
        for slot in 0..KINDS {
            let same = one.fates[slot] != 0 && one.fates[slot] == other.fates[slot];
            shared += u32::from(same && blame.0 & (1 << slot) != 0);
        }
        shared
    }

    /// Whether two deployments are called at the same provider or host.
    pub(super) fn same_provider(&self, one: usize, other: usize) -> bool {
        one == other || self.shared(one, other, Blame(Blame::PROVIDER.0 | Blame::of(FateKind::Host).0)) > 0
    }
}

fn facts(deployment: &Deployment, names: &mut HashMap<Fate, u32>) -> Facts {
    let mut fates = [0; KINDS];
    for fate in deployment.fates() {
        let Some(slot) = slot(fate.kind) else { continue };
        let next = u32::try_from(names.len() + 1).unwrap_or(u32::MAX);
        fates[slot] = *names.entry(fate).or_insert(next);
    }
    let known = deployment.facts.as_ref();
    let can = known.map_or(Abilities::ALL, |facts| {
        let able = |has: bool, ability: Abilities| if has { ability } else { Abilities::NONE };
        able(facts.tools, Abilities::TOOLS)
            .and(able(facts.vision, Abilities::VISION))
            .and(able(facts.schema, Abilities::SCHEMA))
            .and(able(!facts.no_stream, Abilities::STREAM))
    });
    Facts {
        fates,
        window: known.and_then(|facts| facts.max_input_tokens),
        can,
    }
}
