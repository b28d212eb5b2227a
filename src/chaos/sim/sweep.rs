//! Settings against one another: the same users and the same faults under each combination.

use rayon::prelude::*;

use crate::chaos::Scenario;
use crate::chaos::report::Figures;
use crate::system::{RouteId, System};

use super::vary::{Knob, Turned};
use super::{Setup, tally};

/// Combinations at most.
pub const MOST: usize = 2_000;
/// Shares of answered users that differ by less are as good as equal.
const AS_GOOD: f64 = 0.0005;

/// One combination and what it gave.
#[derive(Debug, Clone)]
pub struct Tried {
    /// The settings; empty: the configuration as it is.
    pub knobs: Vec<Turned>,
    /// What users saw.
    pub figures: Figures,
    /// Whether no other combination is as good in every respect and better in one: users answered, p99 to the
    /// first token, cost.
    pub undominated: bool,
    /// Whether it is the one to take.
    pub recommended: bool,
}

/// Every combination of the values, the configuration as it is first.
#[must_use]
pub fn combinations(vary: &[(Knob, Vec<f64>)]) -> Vec<Vec<Turned>> {
    let mut all = vec![Vec::new()];
    for (knob, values) in vary {
        all = all
            .into_iter()
            .flat_map(|before: Vec<Turned>| {
                values.iter().map(move |to| {
                    let mut knobs = before.clone();
                    knobs.push(Turned { knob: *knob, to: *to });
                    knobs
                })
            })
            .collect();
    }
    all.insert(0, Vec::new());
    all
}

/// Simulates every combination with the scenario's seed. The same input gives the same on any number of threads.
#[must_use]
pub fn sweep(system: &System, route: RouteId, scenario: &Scenario, vary: &[(Knob, Vec<f64>)]) -> Vec<Tried> {
    let seconds = scenario.traffic.lasts.as_secs_f64();
    let mut all: Vec<Tried> = combinations(vary)
        .into_par_iter()
        .map(|knobs| {
            let setup = Setup::new(system, route, scenario).turned(&knobs);
            let total = tally(&setup, scenario.seed).total();
            Tried {
                knobs,
                figures: Figures::of(&total, seconds),
                undominated: false,
                recommended: false,
            }
        })
        .collect();
    judge(&mut all);
    all
}

/// What counts of a combination: more answered, sooner, cheaper.
fn marks(tried: &Tried) -> (f64, f64, f64) {
    let figures = &tried.figures;
    (
        figures.share(figures.good()).unwrap_or(0.0),
        figures.first_token.map_or(f64::INFINITY, |it| it.p99),
        figures.cost_usd,
    )
}

fn judge(all: &mut [Tried]) {
    let marks: Vec<(f64, f64, f64)> = all.iter().map(marks).collect();
    for (at, own) in marks.iter().enumerate() {
        let beaten = marks.iter().any(|other| {
            let as_good = other.0 >= own.0 && other.1 <= own.1 && other.2 <= own.2;
            as_good && (other.0 > own.0 || other.1 < own.1 || other.2 < own.2)
        });
        all[at].undominated = !beaten;
    }
    let best = marks.iter().map(|mark| mark.0).fold(0.0, f64::max);
    let candidates = (0..all.len()).filter(|at| all[*at].undominated && marks[*at].0 >= best - AS_GOOD);
    let taken = candidates.min_by(|a, b| {
        let (a, b) = (marks[*a], marks[*b]);
        a.1.total_cmp(&b.1).then(a.2.total_cmp(&b.2))
    });
    if let Some(at) = taken {
        all[at].recommended = true;
    }
}
