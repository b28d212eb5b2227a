//! Decides about each call: by the scenario at its time, by the switches that a person has set, or by the log of
//! an earlier run.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use serde::Serialize;

use super::clock::ScenarioClock;
use super::journal::{Journal, Line, Replay};
use super::limiter::{Admitted, Limiter};
use super::summary::summary;
use super::{Dialect, MAX_EARLIER, Mark, Marks};
use crate::chaos::behaviour::{Answer, Refused, RetryAfter};
use crate::chaos::observation::Hollow;
use crate::chaos::scenario::Injection;
use crate::chaos::{Behaviour, CallFacts, Scenario};
use crate::clock;
use crate::pipeline::policy::Refusal;
use crate::rng::fnv;

/// Decisions that are kept to be looked at.
const KEPT: usize = 1_000;
/// Questions whose answers are remembered: the last one, and one before it.
const ANSWERS: usize = 2;
/// The wait that a full concurrency limit tells.
const SHORT_WAIT: Duration = Duration::from_secs(1);

/// What is known of a call beside the facts that faults choose by.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The facts; the number is given by the director.
    pub facts: CallFacts<'a>,
    /// The API.
    pub dialect: Dialect,
    /// Tokens of the prompt.
    pub prompt_tokens: u64,
}

/// What was decided about a call.
#[derive(Debug)]
pub struct Decision {
    /// The call's number, from zero.
    pub number: u64,
    /// What it meets.
    pub behaviour: Behaviour,
    /// Holds its place among the calls at once, and knows what is left of the limits.
    pub admitted: Admitted,
}

/// A fault and whether it is switched on.
#[derive(Debug, Clone)]
struct Switch {
    injection: Injection,
    is_on: bool,
}

/// Counts of one provider's calls.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Count {
    /// All calls.
    pub calls: u64,
    /// Those that met something.
    pub struck: u64,
}

/// A fault as the admin API and the view show it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FaultState {
    /// Its number.
    pub index: u64,
    /// Its name.
    pub fault: &'static str,
    /// What it falls on.
    pub on: Vec<String>,
    /// Whether it is switched on.
    pub enabled: bool,
    /// Whether its time is now.
    pub in_force: bool,
    /// How many calls it struck.
    pub struck: u64,
}

/// Decides about calls. One for all connections.
#[derive(Debug)]
pub struct Director {
    /// The scenario with the faults that are switched on.
    scenario: RwLock<Arc<Scenario>>,
    switches: Mutex<Vec<Switch>>,
    /// The scenario's time.
    pub clock: ScenarioClock,
    next: AtomicU64,
    limiter: Limiter,
    journal: Option<Journal>,
    replay: Option<Replay>,
    seen: Mutex<Seen>,
    /// Whether every call is looked at, whatever is in force.
    always: bool,
}

#[derive(Debug, Default)]
struct Seen {
    last: VecDeque<Line>,
    by_provider: BTreeMap<String, Count>,
    by_fault: BTreeMap<u64, u64>,
    /// The last answers, each to another question.
    answers: VecDeque<(u64, String)>,
    /// `None`: nobody marks answers here.
    marks: Option<Marks>,
}

impl Director {
    /// A director of a scenario. With a log of an earlier run, what calls met then is met again.
    #[must_use]
    pub fn new(scenario: Scenario, running: bool, journal: Option<Journal>, replay: Option<Replay>) -> Self {
        let switches = scenario
            .faults
            .iter()
            .cloned()
            .map(|injection| Switch { injection, is_on: true });
        Self {
            switches: Mutex::new(switches.collect()),
            always: journal.is_some()
                || replay.is_some()
                || scenario.providers.values().any(|it| !it.limits.is_empty()),
            scenario: RwLock::new(Arc::new(scenario)),
            clock: ScenarioClock::new(running),
            next: AtomicU64::new(0),
            limiter: Limiter::default(),
            journal,
            replay,
            seen: Mutex::default(),
        }
    }

    /// The scenario with the faults that are switched on.
    #[must_use]
    pub fn scenario(&self) -> Arc<Scenario> {
        Arc::clone(&self.scenario.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The seed of all chance: the log's when one is replayed.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.replay
            .as_ref()
            .map_or_else(|| self.scenario().seed, |replay| replay.header.seed)
    }

    /// Whether no call meets anything at the moment, whatever it asks. A call that passes on this word alone is
    /// counted and nothing else.
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        if self.always {
            return false;
        }
        let scenario = self.scenario.read().unwrap_or_else(PoisonError::into_inner);
        let quiet = scenario.faults.is_empty() || {
            let at = self.clock.at();
            scenario.faults.iter().all(|fault| fault.in_force(at).is_none())
        };
        if quiet {
            self.next.fetch_add(1, Ordering::Relaxed);
        }
        quiet
    }

    /// Decides about a call.
    #[must_use]
    pub fn decide(&self, asked: &Asked<'_>) -> Decision {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let facts = CallFacts { number, ..asked.facts };
        let at = self.clock.at();
        let scenario = self.scenario();
        let mut struck: Vec<(u64, &str)> = Vec::new();
        let (mut faults, mut behaviour) = match &self.replay {
            Some(replay) => replay.call(number),
            None => {
                struck.extend(scenario.striking(&facts, at).map(|fault| (fault.index, fault.fault)));
                let names = struck.iter().map(|(_, name)| (*name).to_owned()).collect();
                (names, scenario.behaviour(&facts, at))
            }
        };
        let mut admitted = Admitted::default();
        if self.replay.is_none() && behaviour.answer == Answer::Good {
            let limits = scenario.limits(facts.provider, &behaviour);
            match self.limiter.admit(facts.provider, limits, asked.prompt_tokens, at) {
                Ok(admission) => admitted = admission,
                Err(full) => {
                    faults.push("limits".to_owned());
                    admitted.left = full.left;
                    behaviour.answer = Answer::Error(Refused {
                        status: 429,
                        refusal: Refusal::Plain,
                        retry_after: Some(RetryAfter::Seconds(full.wait.unwrap_or(SHORT_WAIT))),
                    });
                }
            }
        }
        let line = Line {
            number,
            at: at.as_secs_f64(),
            time: clock::rfc3339(clock::unix_seconds()),
            api: asked.dialect.name().to_owned(),
            provider: facts.provider.to_owned(),
            region: facts.region.to_owned(),
            model: facts.model.to_owned(),
            path: facts.path.split('?').next().unwrap_or_default().to_owned(),
            streamed: facts.streamed,
            prompt_tokens: asked.prompt_tokens,
            faults,
            met: summary(&behaviour),
            behaviour: behaviour.clone(),
        };
        self.note(line, &struck);
        Decision {
            number,
            behaviour,
            admitted,
        }
    }

    fn note(&self, line: Line, struck: &[(u64, &str)]) {
        if let Some(journal) = &self.journal {
            journal.add(&line);
        }
        let mut seen = self.seen();
        let count = seen.by_provider.entry(line.provider.clone()).or_default();
        count.calls += 1;
        count.struck += u64::from(!line.faults.is_empty());
        for (index, _) in struck {
            *seen.by_fault.entry(*index).or_default() += 1;
        }
        if seen.last.len() == KEPT {
            seen.last.pop_front();
        }
        seen.last.push_back(line);
    }

    /// The last answer to another question than this one; empty when there is none.
    #[must_use]
    pub fn earlier(&self, question: &str) -> String {
        let asked = fnv(question.as_bytes());
        let seen = self.seen();
        let found = seen.answers.iter().rev().find(|(question, _)| *question != asked);
        found.map(|(_, answer)| answer.clone()).unwrap_or_default()
    }

    /// Remembers an answer, for those who later get a stale one.
    pub fn remember(&self, question: &str, answer: &str) {
        let asked = fnv(question.as_bytes());
        let mut seen = self.seen();
        seen.answers.retain(|(question, _)| *question != asked);
        if seen.answers.len() == ANSWERS {
            seen.answers.pop_front();
        }
        seen.answers
            .push_back((asked, answer.chars().take(MAX_EARLIER).collect()));
    }

    /// Marks an answer, where it is not the right one.
    pub fn mark(&self, prompt: &str, not_right: Option<(&str, Hollow)>) {
        let mut seen = self.seen();
        let marks = seen.marks.get_or_insert_default();
        if let Some((said, hollow)) = not_right {
            marks.add(prompt, said, hollow);
        }
    }

    /// The answers that were marked, oldest first; `None` where nobody looked at any.
    #[must_use]
    pub fn marks(&self) -> Option<Vec<Mark>> {
        Some(self.seen().marks.as_ref()?.all())
    }

    /// How many calls there were.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.next.load(Ordering::Relaxed)
    }

    /// Calls by provider, of those that were looked at.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<String, Count> {
        self.seen().by_provider.clone()
    }

    /// The last decisions, oldest first.
    #[must_use]
    pub fn last(&self, most: usize) -> Vec<Line> {
        let seen = self.seen();
        let skipped = seen.last.len().saturating_sub(most);
        seen.last.iter().skip(skipped).cloned().collect()
    }

    /// All faults.
    #[must_use]
    pub fn faults(&self) -> Vec<FaultState> {
        let at = self.clock.at();
        let struck = self.seen().by_fault.clone();
        let state = |switch: &Switch| FaultState {
            index: switch.injection.index,
            fault: switch.injection.fault,
            on: switch.injection.on.iter().map(ToString::to_string).collect(),
            enabled: switch.is_on,
            in_force: switch.is_on && switch.injection.in_force(at).is_some(),
            struck: struck.get(&switch.injection.index).copied().unwrap_or(0),
        };
        self.switches().iter().map(state).collect()
    }

    /// Switches a fault on or off; `None`: there is no such fault.
    pub fn switch(&self, index: u64, is_on: bool) -> Option<()> {
        let mut switches = self.switches();
        switches.iter_mut().find(|it| it.injection.index == index)?.is_on = is_on;
        self.apply(&switches);
        Some(())
    }

    /// Adds faults; gives their numbers.
    pub fn add(&self, injections: Vec<Injection>) -> Vec<u64> {
        let mut switches = self.switches();
        let mut added = Vec::new();
        for injection in injections {
            let index = switches.iter().map(|it| it.injection.index + 1).max().unwrap_or(0);
            added.push(index);
            switches.push(Switch {
                injection: Injection { index, ..injection },
                is_on: true,
            });
        }
        self.apply(&switches);
        added
    }

    /// Takes a fault away; `None`: there is no such fault.
    pub fn remove(&self, index: u64) -> Option<()> {
        let mut switches = self.switches();
        let at = switches.iter().position(|it| it.injection.index == index)?;
        switches.remove(at);
        self.apply(&switches);
        Some(())
    }

    /// Begins anew: the clock and the numbers at zero, the limits full, nothing seen.
    pub fn reset(&self) {
        self.clock.jump(Duration::ZERO);
        self.next.store(0, Ordering::Relaxed);
        self.limiter.reset();
        *self.seen() = Seen::default();
    }

    fn apply(&self, switches: &[Switch]) {
        let on = switches
            .iter()
            .filter(|switch| switch.is_on)
            .map(|switch| switch.injection.clone());
        let on: Vec<Injection> = on.collect();
        let changed = Scenario::clone(&self.scenario()).with(|scenario| scenario.faults = on);
        *self.scenario.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(changed);
    }

    fn switches(&self) -> MutexGuard<'_, Vec<Switch>> {
        self.switches.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
