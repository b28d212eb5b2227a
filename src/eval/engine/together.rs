//! What is judged over several answers of one case: which variant is best, and whether repeats agree.

use std::collections::BTreeMap;

use crate::eval::checks::{Check, max_score, select_best};
use crate::eval::judges::{Exhibit, JudgeError, Verdict};
use crate::eval::record::{Judged, Row};

use super::unit::{Subject, Unit, sum_up};

/// A row with what it takes to judge it beside others.
pub(super) struct Answered {
    /// The row.
    pub(super) row: Row,
    /// The answer, when it is judged beside others.
    pub(super) exhibit: Option<Exhibit>,
}

/// Judges the answers of each case beside one another, and sums the rows up again.
pub(super) async fn judge_together(subject: &Subject, units: &[Unit], answered: &mut [Answered]) {
    let unit_of: BTreeMap<usize, &Unit> = units.iter().map(|unit| (unit.at, unit)).collect();
    let mut groups: BTreeMap<(String, u32), Vec<usize>> = BTreeMap::new();
    let mut repeats: BTreeMap<(String, String), Vec<usize>> = BTreeMap::new();
    for (at, one) in answered.iter().enumerate().filter(|(_, one)| one.exhibit.is_some()) {
        groups
            .entry((one.row.case.clone(), one.row.repeat))
            .or_default()
            .push(at);
        repeats
            .entry((one.row.case.clone(), one.row.variant.clone()))
            .or_default()
            .push(at);
    }
    for members in groups.values() {
        let Some(unit) = unit_of.get(&answered[members[0]].row.at) else {
            continue;
        };
        for (number, check) in unit.case.checks.iter().enumerate() {
            if check.kind.compares() {
                compare(subject, &unit.case.checks, number, members, answered).await;
            }
        }
        for at in members {
            let one = &mut answered[*at];
            if let Some(exhibit) = &one.exhibit {
                sum_up(&mut one.row, &unit.case, &exhibit.variables);
            }
        }
    }
    let Some(consistency) = &subject.consistency else {
        return;
    };
    for members in repeats.values().filter(|members| members.len() > 1) {
        let exhibits: Vec<&Exhibit> = members.iter().filter_map(|at| answered[*at].exhibit.as_ref()).collect();
        let outcome = consistency.agreement(&exhibits, &subject.tools).await;
        for at in members {
            let row = &mut answered[*at].row;
            if let Ok(verdict) = &outcome {
                row.metrics.insert("consistent".to_owned(), verdict.score);
            }
            row.verdicts.push(Judged {
                metric: "consistent".to_owned(),
                check: "consistent".to_owned(),
                weight: 1.0,
                outcome: outcome.clone(),
            });
        }
    }
}

/// One comparing check over the variants of a case.
async fn compare(subject: &Subject, checks: &[Check], number: usize, members: &[usize], answered: &mut [Answered]) {
    let check = &checks[number];
    let exhibits: Vec<Exhibit> = members.iter().filter_map(|at| answered[*at].exhibit.clone()).collect();
    let verdicts: Result<Vec<Verdict>, JudgeError> = if check.kind.name() == "select-best" {
        select_best(check, &exhibits, &subject.tools).await
    } else {
        let scored: Vec<Vec<(&Check, &Verdict)>> =
            members.iter().map(|at| scored(checks, &answered[*at].row)).collect();
        max_score(check, &scored)
    };
    for (place, at) in members.iter().enumerate() {
        let outcome = match &verdicts {
            Ok(verdicts) => verdicts.get(place).cloned().map(Ok),
            Err(error) => Some(Err(error.clone())),
        };
        if let (Some(outcome), Some(judged)) = (outcome, answered[*at].row.verdicts.get_mut(number)) {
            judged.outcome = outcome;
        }
    }
}

/// The checks of a row that have said something.
fn scored<'a>(checks: &'a [Check], row: &'a Row) -> Vec<(&'a Check, &'a Verdict)> {
    let pairs = checks.iter().zip(&row.verdicts);
    pairs
        .filter_map(|(check, judged)| Some((check, judged.outcome.as_ref().ok()?)))
        .collect()
}
