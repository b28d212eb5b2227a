//! What a run of one scenario showed, ready to be rendered, stored and read again.

use serde::{Deserialize, Serialize};

use crate::stats::{Interval, Sample, Scale, Value, of_mean};

use super::{Figures, Held, Life, Series, Setting, Span, Tally};

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
    /// Seconds from the last fault's end until all was well again, where that was measured and came.
    pub recovery_s: Option<f64>,
    /// Why the run ended before its time: then it does not hold.
    pub stopped: Option<String>,
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
        let phase = |step: usize| setting.phase(step_span(step, step_s));
        Self {
            step_s,
            run: Series::of(run, setting.seconds, phase),
            baseline: baseline.map(|tally| Series::of(tally, setting.seconds, phase)),
            hypotheses,
            lives,
            setting,
            ..Self::default()
        }
    }

    /// Whether all hypotheses hold, of a run that went to its end.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.stopped.is_none() && self.hypotheses.iter().all(|held| held.holds)
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
