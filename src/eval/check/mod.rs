//! The audit of the suite itself: cases that decide nothing, wrong references, duplicates, passages that
//! are not there, and what so many cases can show at all.
//!
//! Pure functions over plain inputs: a view of the suite, and what a run gave where there was one. One
//! file per kind of finding, one line each in [`CHECKS`].

mod answer_breaks_expectation;
mod contradiction;
mod decides_nothing;
mod duplicate;
mod inverted;
mod missing_passage;
mod no_expectation;
mod reliability;
mod same_question_other_answer;
mod text;
mod view;

pub use view::{CaseOutcomes, CaseView, Expectation, ExpectationKind, Outcome, Outcomes, SuiteFinding, SuiteView};

/// What a check may look at.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    /// The suite.
    pub suite: &'a SuiteView,
    /// What a run gave; `None` before the first.
    pub outcomes: Option<&'a Outcomes>,
    /// For the tests that draw.
    pub seed: u64,
}

/// One kind of finding.
#[derive(Debug, Clone, Copy)]
pub struct Check {
    /// Its name in kebab case.
    pub kind: &'static str,
    /// What it finds, in one line.
    pub about: &'static str,
    /// Looks for it.
    pub run: fn(&Input) -> Vec<SuiteFinding>,
}

/// All checks, in the order of the report.
pub const CHECKS: &[Check] = &[
    contradiction::CHECK,
    answer_breaks_expectation::CHECK,
    missing_passage::CHECK,
    same_question_other_answer::CHECK,
    no_expectation::CHECK,
    duplicate::CHECK,
    inverted::CHECK,
    decides_nothing::CHECK,
    reliability::CHECK,
];

/// Audits a suite, with what its last run gave where there was one.
#[must_use]
pub fn check(suite: &SuiteView, outcomes: Option<&Outcomes>, seed: u64) -> Vec<SuiteFinding> {
    let input = Input { suite, outcomes, seed };
    CHECKS.iter().flat_map(|check| (check.run)(&input)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_named_once_and_their_findings_by_them() {
        let mut kinds: Vec<&str> = CHECKS.iter().map(|check| check.kind).collect();
        kinds.sort_unstable();
        kinds.dedup();
        assert_eq!(kinds.len(), CHECKS.len());
    }

    #[test]
    fn an_empty_suite_has_no_findings_and_no_panic() {
        assert_eq!(check(&SuiteView::default(), Some(&Outcomes::default()), 1), []);
    }
}
