//! Cases that cannot fail.

use super::view::{CaseView, listed};
use super::{Check, Input, SuiteFinding};

pub(super) const CHECK: Check = Check {
    kind: "no-expectation",
    about: "cases that expect nothing and so cannot fail",
    run,
};

fn run(input: &Input) -> Vec<SuiteFinding> {
    if input.suite.judged {
        return Vec::new();
    }
    let free = |case: &&CaseView| case.expectations.is_empty() && case.relevant.is_empty() && case.answer.is_none();
    let cases: Vec<&CaseView> = input.suite.cases.iter().filter(free).collect();
    let Some(first) = cases.first() else {
        return Vec::new();
    };
    let verb = if cases.len() == 1 { "expects" } else { "expect" };
    vec![SuiteFinding {
        kind: CHECK.kind,
        cases: cases.iter().map(|case| case.id.clone()).collect(),
        message: format!(
            "{} {verb} nothing, has no judge, no reference answer and no relevant passage: any answer passes",
            listed(cases.iter().map(|case| case.id.as_str()))
        ),
        help: "add `expect`, `answer` or `relevant`, or give the suite a judge",
        place: first.place.clone(),
    }]
}

#[cfg(test)]
mod tests {
    use super::super::{SuiteView, check};
    use super::*;

    fn found(suite: &SuiteView) -> Vec<Vec<String>> {
        let findings = check(suite, None, 1);
        findings
            .into_iter()
            .filter(|it| it.kind == CHECK.kind)
            .map(|it| it.cases)
            .collect()
    }

    #[test]
    fn cases_that_expect_nothing_are_found_together() {
        let answered = CaseView {
            answer: Some("30 days".to_owned()),
            ..CaseView::asking("c", "How long, then?")
        };
        let mut suite = SuiteView::of([CaseView::asking("a", "How?"), CaseView::asking("b", "Why?"), answered]);
        assert_eq!(found(&suite), [["a", "b"]]);
        suite.judged = true;
        assert!(found(&suite).is_empty());
    }
}
