//! Whether the gate holds.

use std::collections::BTreeMap;

use crate::stats::{Interval, Verdict as Direction};

use super::compare::{Change, changes};
use super::gate::Condition;
use super::record::RunRecord;
use super::scores::{self, Score};

/// What a run amounts to.
#[derive(Debug, Clone)]
pub struct Verdict {
    /// The scores of each variant, in the order of the suite.
    pub scores: Vec<(String, BTreeMap<String, Score>)>,
    /// Each variant but the first against the first.
    pub variants: Vec<(String, Vec<Change>)>,
    /// The first variant against the last run that passed.
    pub against: Option<Against>,
    /// Each condition of the gate.
    pub conditions: Vec<Checked>,
    /// What it comes to.
    pub decision: Decision,
}

/// A comparison with an earlier run.
#[derive(Debug, Clone)]
pub struct Against {
    /// The earlier run, as reports name it.
    pub name: String,
    /// What differs.
    pub changes: Vec<Change>,
    /// Whether the gate asks for it, or it is only told.
    pub gated: bool,
    /// Whether both ran the same suite, cases and corpus.
    pub same_content: bool,
}

/// A condition, held against what was measured.
#[derive(Debug, Clone)]
pub struct Checked {
    /// The variant.
    pub variant: String,
    /// The condition.
    pub condition: Condition,
    /// What was measured, with the interval at the condition's confidence; `None`: nothing was.
    pub measured: Option<Interval>,
    /// Whether it holds; `None` without a measurement.
    pub holds: Option<bool>,
}

/// What a gate comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Every condition holds and nothing got significantly worse.
    Holds,
    /// A condition does not hold, or a metric got significantly worse.
    Fails,
    /// The run is not whole, so that nothing is decided; says why.
    Undecided(String),
}

/// Judges a run, beside an earlier one when there is one.
#[must_use]
pub fn verdict(record: &RunRecord, earlier: Option<(&str, &RunRecord)>) -> Verdict {
    let scores: Vec<(String, BTreeMap<String, Score>)> = record
        .variants
        .iter()
        .map(|variant| (variant.clone(), scores::of_variant(record, variant, record.confidence)))
        .collect();
    let variants = match scores.split_first() {
        Some(((_, base), others)) => others
            .iter()
            .map(|(name, theirs)| (name.clone(), changes(base, theirs, record.confidence, record.seed)))
            .collect(),
        None => Vec::new(),
    };
    let against = earlier.and_then(|(name, earlier)| against(record, &scores, name, earlier));
    let conditions = conditions(record, &scores);
    let decision = decide(record, &conditions, against.as_ref());
    Verdict {
        scores,
        variants,
        against,
        conditions,
        decision,
    }
}

fn against(
    record: &RunRecord,
    scores: &[(String, BTreeMap<String, Score>)],
    name: &str,
    earlier: &RunRecord,
) -> Option<Against> {
    let (_, now) = scores.first()?;
    let then = scores::of_variant(earlier, earlier.variants.first()?, record.confidence);
    Some(Against {
        name: name.to_owned(),
        changes: changes(&then, now, record.confidence, record.seed),
        gated: record.gate.against_last_passing,
        same_content: record.content == earlier.content,
    })
}

fn conditions(record: &RunRecord, scores: &[(String, BTreeMap<String, Score>)]) -> Vec<Checked> {
    let held = if record.gate.every_variant { scores.len() } else { 1 };
    let mut checked = Vec::new();
    for (variant, scores) in scores.iter().take(held) {
        for condition in &record.gate.conditions {
            let measured = match condition.confidence {
                // At the run's own confidence the interval is already there.
                Some(confidence) if (confidence - record.confidence).abs() > f64::EPSILON => {
                    scores::one(record, variant, &condition.metric, confidence)
                }
                _ => scores.get(&condition.metric).map(|score| score.interval),
            };
            checked.push(Checked {
                variant: variant.clone(),
                holds: measured.map(|interval| condition.holds(interval)),
                measured,
                condition: condition.clone(),
            });
        }
    }
    checked
}

fn decide(record: &RunRecord, conditions: &[Checked], against: Option<&Against>) -> Decision {
    if let Some(why) = &record.cut {
        return Decision::Undecided(why.clone());
    }
    if record.outside_failed() {
        let count = record.unanswered().count();
        let noun = if count == 1 { "answer is" } else { "answers are" };
        return Decision::Undecided(format!("{count} {noun} missing because the outside failed"));
    }
    if record.shard.is_some() {
        return Decision::Undecided("this is one shard: `aisys eval merge` decides over all of them".to_owned());
    }
    let worse = against.is_some_and(|against| {
        against.gated
            && against
                .changes
                .iter()
                .any(|change| change.direction == Direction::Worse)
    });
    if worse || conditions.iter().any(|checked| checked.holds == Some(false)) {
        return Decision::Fails;
    }
    if let Some(unmeasured) = conditions.iter().find(|checked| checked.holds.is_none()) {
        let metric = &unmeasured.condition.metric;
        return Decision::Undecided(format!("nothing measured `{metric}`, which the gate bounds"));
    }
    Decision::Holds
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::gate::{Gate, Side};
    use crate::eval::record::{FORMAT, Row};
    use crate::provider::{CallError, CallErrorKind};

    /// A run of one variant in which a share of cases finds its passage.
    fn run(found: usize, cases: usize, gate: Gate) -> RunRecord {
        let rows = (0..cases).map(|at| Row {
            case: format!("c{at}"),
            variant: "base".to_owned(),
            cluster: format!("c{at}"),
            answer: Some("an answer".to_owned()),
            metrics: [("recall@5".to_owned(), if at < found { 1.0 } else { 0.0 })].into(),
            pass: Some(at < found),
            ..Row::default()
        });
        RunRecord {
            format: FORMAT,
            suite: "s".to_owned(),
            content: "1".to_owned(),
            settings: String::new(),
            seed: 1,
            confidence: 0.95,
            variants: vec!["base".to_owned()],
            gate,
            cases,
            planned: cases,
            shard: None,
            cut: None,
            stopped_early: None,
            rows: rows.collect(),
        }
    }

    fn bound(metric: &str, bound: f64) -> Gate {
        Gate {
            conditions: vec![Condition {
                metric: metric.to_owned(),
                side: Side::AtLeast,
                bound,
                confidence: None,
                place: String::new(),
            }],
            against_last_passing: true,
            every_variant: false,
        }
    }

    #[test]
    fn a_bound_decides() {
        assert_eq!(
            verdict(&run(90, 100, bound("recall@5", 0.9)), None).decision,
            Decision::Holds
        );
        assert_eq!(
            verdict(&run(89, 100, bound("recall@5", 0.9)), None).decision,
            Decision::Fails
        );
    }

    #[test]
    fn what_was_not_measured_decides_nothing() {
        let verdict = verdict(&run(9, 10, bound("faithful", 0.9)), None);
        assert!(matches!(&verdict.decision, Decision::Undecided(why) if why.contains("faithful")));
    }

    #[test]
    fn a_significant_loss_against_the_last_passing_run_fails_the_gate_and_a_small_one_does_not() {
        let before = run(95, 100, bound("recall@5", 0.5));
        let slightly = verdict(&run(93, 100, bound("recall@5", 0.5)), Some(("run 1", &before)));
        assert_eq!(slightly.decision, Decision::Holds);
        let clearly = verdict(&run(80, 100, bound("recall@5", 0.5)), Some(("run 1", &before)));
        assert_eq!(clearly.decision, Decision::Fails);
        let changes = clearly.against.unwrap().changes;
        let change = changes.iter().find(|change| change.metric == "recall@5").unwrap();
        assert_eq!(change.direction, Direction::Worse);
        assert!((change.comparison.delta.estimate + 0.15).abs() < 1e-12);
    }

    #[test]
    fn an_answer_that_the_outside_withheld_decides_nothing_and_one_that_the_candidate_withheld_counts() {
        let error = |kind| CallError {
            kind,
            provider: "p".to_owned(),
            message: "m".to_owned(),
            status: None,
            retry_after: None,
            attempts: 1,
        };
        let mut record = run(10, 10, bound("answered", 1.0));
        record.rows[3].error = Some(error(CallErrorKind::RateLimited));
        assert!(matches!(verdict(&record, None).decision, Decision::Undecided(_)));
        record.rows[3].error = Some(error(CallErrorKind::ContextLength));
        assert_eq!(verdict(&record, None).decision, Decision::Fails);
    }

    #[test]
    fn repeats_of_a_case_are_one_value() {
        let mut record = run(5, 10, Gate::default());
        let again: Vec<Row> = record
            .rows
            .iter()
            .map(|row| Row {
                repeat: 1,
                ..row.clone()
            })
            .collect();
        record.rows.extend(again);
        let verdict = verdict(&record, None);
        assert_eq!(verdict.scores[0].1["recall@5"].sample.values.len(), 10);
    }
}
