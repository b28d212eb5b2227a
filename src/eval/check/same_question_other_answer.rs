//! One question with several right answers.

use super::text::{by_question, words};
use super::view::{CaseView, listed};
use super::{Check, Input, SuiteFinding};

pub(super) const CHECK: Check = Check {
    kind: "same-question-other-answer",
    about: "cases that ask the same and want different answers",
    run,
};

fn run(input: &Input) -> Vec<SuiteFinding> {
    let cases = &input.suite.cases;
    by_question(cases.iter().map(|case| case.question.as_str()))
        .into_iter()
        .filter_map(|group| {
            let group: Vec<&CaseView> = group.into_iter().map(|place| &cases[place]).collect();
            finding(&group)
        })
        .collect()
}

fn finding(group: &[&CaseView]) -> Option<SuiteFinding> {
    let answered = || group.iter().filter_map(|case| Some((*case, case.answer.as_deref()?)));
    let (first, answer) = answered().next()?;
    let (other, differs) = answered().find(|(_, other)| words(other) != words(answer))?;
    Some(SuiteFinding {
        kind: CHECK.kind,
        cases: group.iter().map(|case| case.id.clone()).collect(),
        message: format!(
            "{} ask the same question and want different answers: {answer:?} in {}, {differs:?} in {}",
            listed(group.iter().map(|case| case.id.as_str())),
            first.id,
            other.id
        ),
        help: "keep the right answer, or say in the questions what tells them apart",
        place: first.place.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::{SuiteView, check};
    use super::*;

    fn found(answers: [&str; 2]) -> Vec<String> {
        let case = |id: &str, question: &str, answer: &str| CaseView {
            answer: Some(answer.to_owned()),
            ..CaseView::asking(id, question)
        };
        let suite = SuiteView::of([case("a", "How long?", answers[0]), case("b", "how long", answers[1])]);
        let findings = check(&suite, None, 1);
        findings
            .into_iter()
            .filter(|it| it.kind == CHECK.kind)
            .map(|it| it.message)
            .collect()
    }

    #[test]
    fn two_answers_to_one_question_are_found() {
        assert_eq!(
            found(["30 days", "60 days"]),
            ["a, b ask the same question and want different answers: \"30 days\" in a, \"60 days\" in b"]
        );
    }

    #[test]
    fn one_answer_in_other_type_is_quiet() {
        assert!(found(["30 days", "30 Days."]).is_empty());
    }
}
