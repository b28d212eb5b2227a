//! What a run of one scenario showed, ready to be rendered, stored and read again.

use serde::{Deserialize, Serialize};

use crate::stats::{Interval, Sample, Scale, Value, of_mean};

use super::{Figures, Life, Series, Tally};

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

/// What of a step a hypothesis bounds, where a chart can show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shown {
    /// The share of good answers.
    Answered,
    /// The time until anything was seen.
    FirstToken,
    /// The time until the end.
    End,
    /// US dollars an hour.
    CostPerHour,
}

/// A hypothesis as a line in a chart.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LimitLine {
    /// Which numbers it bounds.
    pub of: Shown,
    /// Where it lies: a share, seconds, or US dollars an hour.
    pub at: f64,
}

/// A hypothesis, held against the run.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Held {
    /// As it was written.
    pub text: String,
    /// Where it stands: `file:line:column`.
    pub place: Option<String>,
    /// Whether it holds.
    pub holds: bool,
    /// What was measured, for people.
    pub value: String,
    /// The same without faults.
    pub baseline: Option<String>,
    /// The first step, from 0, whose requests on their own violate it.
    pub first_violation: Option<u32>,
    /// The request that shows it.
    pub unlucky: Option<u64>,
    /// Where a chart shows it.
    pub limit: Option<LimitLine>,
}

/// A number over replications.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// What it is: `users answered`.
    pub name: String,
    /// Its unit: `share`, `s`, `USD/h`, `1`.
    pub unit: String,
    /// Its mean.
    pub estimate: f64,
    /// The interval's lower bound.
    pub low: f64,
    /// The interval's upper bound.
    pub high: f64,
}

/// What other seeds give.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Replications {
    /// How many runs.
    pub runs: usize,
    /// The intervals' confidence.
    pub confidence: f64,
    /// The mean of each number, and how sure it is.
    pub spreads: Vec<Spread>,
}

impl Replications {
    /// The intervals of the means over the totals of several seeds' runs.
    #[must_use]
    pub fn of(totals: &[Figures], confidence: f64, seed: u64) -> Self {
        type Number = fn(&Figures) -> Option<f64>;
        let numbers: [(&str, &str, Number); 6] = [
            ("users answered", "share", |it| it.share(it.good())),
            ("users with an error", "share", |it| it.share(it.failures())),
            ("p99 to the first token", "s", |it| Some(it.first_token?.p99)),
            ("p99 to the end", "s", |it| Some(it.end?.p99)),
            ("calls per request", "1", Figures::calls_per_request),
            ("cost per hour", "USD/h", Figures::cost_per_hour),
        ];
        let spread = |(name, unit, number): (&str, &str, Number)| {
            let values = totals.iter().filter_map(number).enumerate().map(|(at, value)| Value {
                case: at.to_string(),
                cluster: at.to_string(),
                value,
            });
            // A run's share is a mean over many users: between two seeds it differs as an amount does, and not
            // as one case's score from 0 to 1.
            let sample = Sample {
                scale: Scale::Amount,
                values: values.collect(),
            };
            let Interval { estimate, low, high } = of_mean(&sample, confidence, seed)?;
            let most = if unit == "share" { 1.0 } else { f64::INFINITY };
            Some(Spread {
                name: name.to_owned(),
                unit: unit.to_owned(),
                estimate,
                low,
                high: high.min(most),
            })
        };
        Self {
            runs: totals.len(),
            confidence,
            spreads: numbers.into_iter().filter_map(spread).collect(),
        }
    }
}

/// What a run of one scenario showed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ChaosReport {
    /// What was run.
    pub setting: Setting,
    /// The length of the series' steps, in seconds.
    pub step_s: f64,
    /// The run with its faults.
    pub run: Series,
    /// The same without them.
    pub baseline: Option<Series>,
    /// What must hold, and whether it does.
    pub hypotheses: Vec<Held>,
    /// Requests that show what happens, call by call.
    pub lives: Vec<Life>,
    /// What other seeds give.
    pub replications: Option<Replications>,
    /// Further remarks.
    pub notes: Vec<String>,
}

impl ChaosReport {
    /// The report of a run; `baseline` is the same traffic without faults.
    #[must_use]
    pub fn new(
        setting: Setting,
        run: &Tally,
        baseline: Option<&Tally>,
        hypotheses: Vec<Held>,
        lives: Vec<Life>,
    ) -> Self {
        let step_s = run.step().as_secs_f64();
        let in_force = |step: usize| setting.in_force(step_span(step, step_s));
        Self {
            step_s,
            run: Series::of(run, setting.seconds, in_force),
            baseline: baseline.map(|tally| Series::of(tally, setting.seconds, in_force)),
            hypotheses,
            lives,
            replications: None,
            notes: Vec::new(),
            setting,
        }
    }

    /// Whether all hypotheses hold.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.hypotheses.iter().all(|held| held.holds)
    }

    /// The time of a step.
    #[must_use]
    pub fn span(&self, step: usize) -> Span {
        step_span(step, self.step_s)
    }
}

#[expect(clippy::cast_precision_loss, reason = "steps are few")]
fn step_span(step: usize, seconds: f64) -> Span {
    Span {
        from_s: step as f64 * seconds,
        to_s: (step + 1) as f64 * seconds,
    }
}
