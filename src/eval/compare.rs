//! Two sets of scores on the same cases: a variant against the base, a run against the last that passed.

use std::collections::BTreeMap;

use crate::stats::{self, Comparison, Verdict as Direction, Wording, holm};

use super::scores::{Score, Unit};

/// How one metric differs.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// The metric.
    pub metric: String,
    /// Its unit.
    pub unit: Unit,
    /// The paired comparison, `after - before`.
    pub comparison: Comparison,
    /// The p-value adjusted for the number of metrics (Holm).
    pub adjusted: f64,
    /// What it amounts to.
    pub direction: Direction,
    /// The same in words: "worse by 4.1 points (95 % CI 1.2 to 7.0)".
    pub words: String,
}

/// Whether runs are compared by this metric. Costs and times differ from run to run by the provider's load and
/// have bounds of their own in a gate; context figures and curves explain a result and are none.
#[must_use]
pub fn is_compared(score: &Score) -> bool {
    score.is_mean && score.unit == Unit::Share && !score.metric.contains('.')
}

/// Compares all metrics that both have, in the order of their names.
#[must_use]
pub fn changes(
    before: &BTreeMap<String, Score>,
    after: &BTreeMap<String, Score>,
    confidence: f64,
    seed: u64,
) -> Vec<Change> {
    let mut changes: Vec<Change> = Vec::new();
    for (metric, now) in after.iter().filter(|(_, score)| is_compared(score)) {
        let Some(then) = before.get(metric).filter(|then| then.is_mean) else {
            continue;
        };
        if let Some(comparison) = stats::paired(&then.sample, &now.sample, confidence, seed) {
            changes.push(Change {
                metric: metric.clone(),
                unit: now.unit,
                adjusted: comparison.p,
                comparison,
                direction: Direction::Unclear,
                words: String::new(),
            });
        }
    }
    let adjusted = holm(&changes.iter().map(|change| change.comparison.p).collect::<Vec<_>>());
    let metrics = changes.len();
    let wording = Wording {
        confidence,
        ..Wording::scores()
    };
    for (change, p) in changes.iter_mut().zip(adjusted) {
        change.adjusted = p;
        change.direction = wording.verdict(&change.comparison, p);
        change.words = wording.compared(&change.comparison, p, metrics);
    }
    changes
}
