//! What the audit of a suite found, as findings at their places.

use crate::eval::check::{SuiteFinding, SuiteView};
use crate::eval::suite::Suite;
use crate::report::{Confidence, Finding, Severity};

/// A finding of the suite's audit.
#[must_use]
pub fn suite_finding(suite: &Suite, view: &SuiteView, found: SuiteFinding) -> Finding {
    let first = found
        .cases
        .first()
        .and_then(|id| view.cases.iter().find(|case| case.id == *id));
    let place = found.place.or_else(|| first.and_then(|case| case.place.clone()));
    Finding {
        rule: found.kind,
        severity: severity(found.kind),
        confidence: Confidence::High,
        routes: Vec::new(),
        message: found.message,
        label: String::new(),
        place: place.unwrap_or_else(|| suite.place.clone()),
        related: Vec::new(),
        help: (!found.help.is_empty()).then(|| found.help.to_owned()),
        fix: None,
        fingerprint: format!(
            "{:016x}",
            crate::rng::fnv(format!("{}{:?}", found.kind, found.cases).as_bytes())
        ),
        rank: 0,
    }
}

/// How bad a kind of finding is: what is surely wrong fails `aisys eval check`, what weakens the suite is told.
fn severity(kind: &str) -> Severity {
    match kind {
        "contradictory-expectations" | "missing-passage" => Severity::Error,
        "answer-breaks-expectation" | "same-question-other-answer" | "inverted-case" => Severity::Warning,
        _ => Severity::Note,
    }
}
