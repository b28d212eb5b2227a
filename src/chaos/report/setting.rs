//! What was run: a scenario, its faults in time, the system that it was tried on.

use serde::{Deserialize, Serialize};

use crate::chaos::Scenario;
use crate::chaos::faults::Act;
use crate::chaos::scenario::{Arrivals, Injection, Traffic};

use super::words;

/// Bursts of one fault that reports show at most.
const MOST_BURSTS: u32 = 1_000;

/// Where observations come from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// A simulation in virtual time.
    #[default]
    Simulation,
    /// A running application under load.
    LiveRun,
}

/// Where a moment lies between the faults.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Before the first.
    Before,
    /// While one is in force.
    During,
    /// Between two.
    Between,
    /// After the last.
    After,
}

/// A stretch of time since the run's beginning, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Span {
    /// When it begins.
    pub from_s: f64,
    /// When it ends.
    pub to_s: f64,
}

/// A fault of the scenario.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FaultWindow {
    /// What breaks, as it was written: `latency 2s..45s`.
    pub label: String,
    /// What it falls on: `provider/openai`.
    pub on: String,
    /// When it is in force: once, or burst by burst.
    pub spans: Vec<Span>,
}

impl FaultWindow {
    /// An entry of a scenario that lasts so many seconds.
    #[must_use]
    pub fn of(injection: &Injection, seconds: f64) -> Self {
        let end = |from: f64| {
            injection
                .lasts
                .map_or(seconds, |lasts| (from + lasts.as_secs_f64()).min(seconds))
        };
        let from = injection.at.as_secs_f64();
        let every = injection.every.map(|every| every.as_secs_f64());
        let bursts = injection.bursts.map_or(MOST_BURSTS, |bursts| bursts.min(MOST_BURSTS));
        let begins = (0..bursts).map_while(|burst| match every {
            Some(every) => Some(f64::from(burst).mul_add(every, from)),
            None => (burst == 0).then_some(from),
        });
        let spans = begins.take_while(|from| *from < seconds).map(|from| Span {
            from_s: from,
            to_s: end(from),
        });
        let on: Vec<String> = injection.on.iter().map(ToString::to_string).collect();
        Self {
            label: label(injection),
            on: on.join(", "),
            spans: spans.collect(),
        }
    }

    /// Whether it is in force at any moment of a span.
    #[must_use]
    pub fn in_force(&self, span: Span) -> bool {
        let overlaps = |other: &Span| other.from_s < span.to_s && span.from_s < other.to_s;
        self.spans.iter().any(overlaps)
    }
}

/// What was run.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Setting {
    /// Where observations come from.
    pub origin: Origin,
    /// The scenario's name.
    pub scenario: String,
    /// What it is about.
    pub about: String,
    /// Where its facts come from.
    pub source: Vec<String>,
    /// What it assumes beyond that.
    pub assumed: Vec<String>,
    /// What was tried: a configuration's file, or an address.
    pub system: String,
    /// The seed of all chance.
    pub seed: u64,
    /// The traffic in words.
    pub traffic: String,
    /// How long it lasted, in seconds.
    pub seconds: f64,
    /// What broke, in the scenario's order.
    pub faults: Vec<FaultWindow>,
    /// Deployments' names, by number.
    pub deployments: Vec<String>,
}

impl Setting {
    /// The setting of a scenario that is tried on a system whose deployments have these names, by number.
    #[must_use]
    pub fn of(scenario: &Scenario, origin: Origin, system: impl Into<String>, deployments: Vec<String>) -> Self {
        let seconds = scenario.traffic.lasts.as_secs_f64();
        Self {
            origin,
            scenario: scenario.name.clone(),
            about: scenario.about.clone(),
            source: scenario.source.clone(),
            assumed: scenario.assumed.clone(),
            system: system.into(),
            seed: scenario.seed,
            traffic: traffic(&scenario.traffic),
            seconds,
            faults: scenario
                .faults
                .iter()
                .map(|fault| FaultWindow::of(fault, seconds))
                .collect(),
            deployments,
        }
    }

    /// Where a span lies between the faults.
    #[must_use]
    pub fn phase(&self, span: Span) -> Phase {
        let spans = || self.faults.iter().flat_map(|fault| &fault.spans);
        if self.in_force(span) {
            Phase::During
        } else if spans().all(|fault| span.to_s <= fault.from_s) {
            Phase::Before
        } else if spans().all(|fault| fault.to_s <= span.from_s) {
            Phase::After
        } else {
            Phase::Between
        }
    }

    /// Whether a fault is in force at any moment of a span.
    #[must_use]
    pub fn in_force(&self, span: Span) -> bool {
        self.faults.iter().any(|fault| fault.in_force(span))
    }

    /// A deployment's name.
    #[must_use]
    pub fn deployment(&self, number: usize) -> String {
        let name = self.deployments.get(number).cloned();
        name.unwrap_or_else(|| format!("deployment {number}"))
    }
}

/// "latency ramp: 2s..45s, 60% of calls".
fn label(injection: &Injection) -> String {
    let whole = injection.share.from >= 1.0 && injection.share.to >= 1.0;
    if whole {
        return injection.label.clone();
    }
    let share = if injection.share.moves() {
        format!(
            "{} to {}",
            words::share(injection.share.from),
            words::share(injection.share.to)
        )
    } else {
        words::share(injection.share.from)
    };
    let whose = match injection.act {
        Act::Call(_) => "calls",
        Act::Request(_) => "requests",
    };
    format!("{}, {share} of {whose}", injection.label)
}

/// "20 requests a second (Poisson) for 30:00, 30% asked before, users wait 60 s".
fn traffic(traffic: &Traffic) -> String {
    let how = match traffic.arrivals {
        Arrivals::Poisson => "Poisson",
        Arrivals::Even => "evenly",
        Arrivals::Bursts => "in bursts",
    };
    let lasts = words::clock(traffic.lasts.as_secs_f64());
    let mut parts = vec![format!(
        "{} requests a second ({how}) for {lasts}",
        words::ratio(traffic.rate)
    )];
    if traffic.repeat_questions > 0.0 {
        parts.push(format!("{} asked before", words::share(traffic.repeat_questions)));
    }
    if traffic.streamed < 1.0 {
        parts.push(format!("{} streamed", words::share(traffic.streamed)));
    }
    if let Some(patience) = traffic.patience {
        parts.push(format!("users wait {}", words::seconds(patience.as_secs_f64())));
    }
    parts.join(", ")
}
