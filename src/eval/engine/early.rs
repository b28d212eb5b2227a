//! Deciding a gate before every case is asked.
//!
//! The question is what the whole run would print: is the mean over all cases of this suite on the good side of
//! the bound? The bound on it is valid at every moment ([`crate::stats::Gate`]), cases being asked in
//! random order. A condition that holds with a confidence is first turned into the share that a whole run needs.

use std::collections::BTreeMap;

use crate::eval::gate::{Condition, Side};
use crate::eval::record::Row;
use crate::eval::scores::{Unit, unit};
use crate::eval::suite::Suite;
use crate::stats::{Decision, Gate, Question, needed_share};

/// The confidence of an early decision where its condition names none.
const CONFIDENCE: f64 = 0.95;

/// Watches rows until the gate is decided.
#[derive(Debug)]
pub struct Early {
    watched: Vec<Watched>,
    /// Whether all of the gate is watched, so that it can be passed early and not only failed.
    whole: bool,
    repeats: u32,
    planned: usize,
    seen: usize,
}

/// One condition on one variant.
#[derive(Debug)]
struct Watched {
    condition: Condition,
    variant: String,
    gate: Gate,
    /// Of cases whose repeats are not all seen: how many are, and the sum of their values.
    open: BTreeMap<String, (u32, f64)>,
}

impl Early {
    /// Watches the conditions of a suite that are means between 0 and 1.
    #[must_use]
    pub fn new(suite: &Suite, planned: usize) -> Self {
        let cases = suite.cases.len();
        let held = if suite.gate.every_variant {
            suite.variants.len()
        } else {
            1
        };
        let mut early = Self {
            watched: Vec::new(),
            whole: !suite.gate.against_last_passing && !suite.gate.conditions.is_empty(),
            repeats: suite.repeats,
            planned,
            seen: 0,
        };
        for variant in suite.variants.iter().take(held) {
            for condition in &suite.gate.conditions {
                match gate(condition, cases) {
                    Some(gate) => early.watched.push(Watched {
                        condition: condition.clone(),
                        variant: variant.name.clone(),
                        gate,
                        open: BTreeMap::new(),
                    }),
                    None => early.whole = false,
                }
            }
        }
        early
    }

    /// Takes in the next row; says what was decided, once it is.
    pub fn see(&mut self, row: &Row) -> Option<String> {
        self.seen += 1;
        for watched in &mut self.watched {
            if watched.variant == row.variant {
                watched.see(row, self.repeats);
            }
        }
        let left = self.planned - self.seen;
        if left == 0 {
            return None;
        }
        let failed = self
            .watched
            .iter()
            .find(|watched| watched.gate.decision() == Decision::Fail);
        let decided = match failed {
            Some(watched) => format!("`{}` cannot be reached any more", watched.condition.words()),
            None if self.whole && self.watched.iter().all(|it| it.gate.decision() == Decision::Pass) => {
                "every condition holds".to_owned()
            }
            None => return None,
        };
        Some(format!(
            "decided after {} of {} answers ({decided}): {left} answers saved",
            self.seen, self.planned
        ))
    }
}

impl Watched {
    fn see(&mut self, row: &Row, repeats: u32) {
        let value = match self.condition.metric.as_str() {
            "pass" => row.pass.map(|pass| if pass { 1.0 } else { 0.0 }),
            metric => row.metrics.get(metric).copied(),
        };
        let Some(value) = value else { return };
        let case = self.open.entry(row.case.clone()).or_default();
        case.0 += 1;
        case.1 += value;
        if case.0 < repeats {
            return;
        }
        let mean = case.1 / f64::from(case.0);
        self.open.remove(&row.case);
        let good = match self.condition.side {
            Side::AtLeast | Side::Above => mean,
            Side::AtMost | Side::Below => 1.0 - mean,
        };
        self.gate.see(good.clamp(0.0, 1.0));
    }
}

/// The gate of a condition over shares, as "at least"; `None` for what is no mean between 0 and 1.
fn gate(condition: &Condition, cases: usize) -> Option<Gate> {
    let share = matches!(unit(&condition.metric), Unit::Share | Unit::Waste);
    if !share || !(0.0..=1.0).contains(&condition.bound) || condition.metric == "answered" {
        return None;
    }
    let least = match condition.side {
        Side::AtLeast | Side::Above => condition.bound,
        Side::AtMost | Side::Below => 1.0 - condition.bound,
    };
    let needed = match condition.confidence {
        Some(confidence) => needed_share(least, confidence, cases)?,
        None => least,
    };
    let confidence = condition.confidence.unwrap_or(CONFIDENCE);
    Some(Gate::new(needed, confidence, Question::Suite { cases }))
}
