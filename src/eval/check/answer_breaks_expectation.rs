//! Reference answers that would fail their own case.

use super::contradiction::{contains, in_words};
use super::view::{CaseView, Expectation, ExpectationKind};
use super::{Check, Input, SuiteFinding};

pub(super) const CHECK: Check = Check {
    kind: "answer-breaks-expectation",
    about: "a reference answer that would fail its own case",
    run,
};

fn run(input: &Input) -> Vec<SuiteFinding> {
    input.suite.cases.iter().filter_map(of_case).collect()
}

fn of_case(case: &CaseView) -> Option<SuiteFinding> {
    let answer = case.answer.as_deref()?;
    let broken = case
        .expectations
        .iter()
        .find(|expectation| breaks(answer, expectation))?;
    Some(SuiteFinding {
        kind: CHECK.kind,
        cases: vec![case.id.clone()],
        message: format!(
            "the reference answer of {} fails the case itself: an answer must {}, and it is {answer:?}",
            case.id,
            in_words(broken)
        ),
        help: "correct the reference answer or the expectation",
        place: case.place.clone(),
    })
}

fn breaks(answer: &str, expectation: &Expectation) -> bool {
    let holds = match &expectation.kind {
        ExpectationKind::Contains { text, ignore_case } => contains(answer, text, *ignore_case),
        // A reference in other words than the exact text is no contradiction, only the text forbidden is.
        ExpectationKind::Equals(text) => return expectation.negated && text == answer,
        ExpectationKind::Refuses | ExpectationKind::Other { .. } => return false,
    };
    holds == expectation.negated
}

#[cfg(test)]
mod tests {
    use super::super::contradiction::tests::found_by;
    use super::*;

    fn found(answer: &str, expectations: &[&str]) -> Option<String> {
        found_by(&CHECK, Some(answer), expectations)
    }

    #[test]
    fn an_answer_that_fails_its_case_is_found() {
        assert_eq!(
            found("60 days from delivery.", &["+30 days"]).unwrap(),
            "the reference answer of refund fails the case itself: an answer must contain \"30 days\", and it is \
             \"60 days from delivery.\""
        );
        assert!(found("60 days", &["-60"]).is_some());
    }

    #[test]
    fn an_answer_that_passes_is_quiet() {
        assert_eq!(
            found(
                "30 days from delivery.",
                &["+30 days", "-60", "+~DELIVERY", "+=30 days"]
            ),
            None
        );
    }
}
