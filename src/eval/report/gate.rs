//! The gate in words.

use crate::eval::record::RunRecord;
use crate::eval::scores::unit;
use crate::eval::verdict::{Checked, Decision, Verdict};
use crate::report::{Answer, Severity};
use crate::stats::Verdict as Direction;

use super::words;

/// May it be deployed? With each condition, and each metric that moved.
pub(super) fn answer(record: &RunRecord, verdict: &Verdict) -> Answer {
    let mut lines: Vec<String> = verdict
        .conditions
        .iter()
        .map(|checked| condition(record, checked))
        .collect();
    if let Some(against) = &verdict.against {
        let moved = |direction| {
            against
                .changes
                .iter()
                .filter(move |change| change.direction == direction)
        };
        for change in moved(Direction::Worse).chain(moved(Direction::Better)) {
            lines.push(format!(
                "{} is {}, against {}",
                change.metric, change.words, against.name
            ));
        }
        if against
            .changes
            .iter()
            .all(|change| !matches!(change.direction, Direction::Worse | Direction::Better))
        {
            lines.push(format!("no metric differs significantly from {}", against.name));
        }
        if !against.same_content {
            lines.push(format!(
                "the suite, its corpus or its settings have changed since {}: only cases of both runs are compared",
                against.name
            ));
        }
    } else if record.gate.against_last_passing {
        lines.push(
            "no earlier run has passed: this one becomes what later runs are held against, if it passes".to_owned(),
        );
    }
    let (headline, severity) = match &verdict.decision {
        Decision::Holds if verdict.conditions.is_empty() && verdict.against.is_none() => (
            "nothing speaks against it, and the suite sets no bound".to_owned(),
            None,
        ),
        Decision::Holds => ("yes: the gate holds".to_owned(), None),
        Decision::Fails => ("no: the gate does not hold".to_owned(), Some(Severity::Error)),
        Decision::Undecided(why) => (format!("undecided: {why}"), Some(Severity::Warning)),
    };
    Answer {
        question: format!("Is {} good enough to ship?", record.suite),
        headline,
        lines,
        severity,
    }
}

fn condition(record: &RunRecord, checked: &Checked) -> String {
    let variant = if record.variants.len() > 1 {
        format!(" ({})", checked.variant)
    } else {
        String::new()
    };
    let words = checked.condition.words();
    let Some(measured) = checked.measured else {
        return format!("{words}{variant}: not measured");
    };
    let unit = unit(&checked.condition.metric);
    let value = words::shown(unit, measured.estimate);
    let sure = if checked.condition.confidence.is_some() {
        format!(", interval {}", words::interval(unit, measured))
    } else {
        String::new()
    };
    let mark = if checked.holds == Some(true) {
        "holds"
    } else {
        "does not hold"
    };
    format!("{words}{variant}: {mark}, it is {value}{sure}")
}
