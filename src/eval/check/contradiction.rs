//! Expectations that no answer can fulfil together.

use super::view::{CaseView, Expectation, ExpectationKind};
use super::{Check, Input, SuiteFinding};

pub(super) const CHECK: Check = Check {
    kind: "contradictory-expectations",
    about: "expectations of a case that no answer can fulfil together",
    run,
};

fn run(input: &Input) -> Vec<SuiteFinding> {
    input.suite.cases.iter().filter_map(of_case).collect()
}

fn of_case(case: &CaseView) -> Option<SuiteFinding> {
    let clash = case.expectations.iter().enumerate().find_map(|(at, one)| {
        let other = case.expectations[at + 1..]
            .iter()
            .find(|other| excludes(one, other) || excludes(other, one))?;
        Some(format!("{} and {}", in_words(one), in_words(other)))
    })?;
    Some(SuiteFinding {
        kind: CHECK.kind,
        cases: vec![case.id.clone()],
        message: format!("{} can never pass: the answer must {clash}", case.id),
        help: "remove one of the two, or split the case",
        place: case.place.clone(),
    })
}

/// Whether an answer that fulfils `one` cannot fulfil `other`.
fn excludes(one: &Expectation, other: &Expectation) -> bool {
    use ExpectationKind::{Contains, Equals, Other, Refuses};
    if one.negated {
        return false;
    }
    match (&one.kind, &other.kind) {
        (Equals(text), Equals(theirs)) => (text == theirs) == other.negated,
        (
            Equals(text),
            Contains {
                text: part,
                ignore_case,
            },
        ) => contains(text, part, *ignore_case) == other.negated,
        // What holds a text also holds each of its parts; matching by case promises no other case.
        (
            Contains {
                text,
                ignore_case: loose,
            },
            Contains {
                text: part,
                ignore_case,
            },
        ) => other.negated && (*ignore_case || !loose) && contains(text, part, *ignore_case),
        (Refuses, Refuses) => other.negated,
        (
            Other { name, value },
            Other {
                name: theirs,
                value: their_value,
            },
        ) => other.negated && name == theirs && value == their_value,
        _ => false,
    }
}

/// Whether a text contains another; every text contains the empty one.
pub(super) fn contains(text: &str, part: &str, ignore_case: bool) -> bool {
    if ignore_case {
        text.to_lowercase().contains(&part.to_lowercase())
    } else {
        text.contains(part)
    }
}

/// `contain "30 days"`, `not contain "60"`.
pub(super) fn in_words(expectation: &Expectation) -> String {
    let not = if expectation.negated { "not " } else { "" };
    match &expectation.kind {
        ExpectationKind::Equals(text) => format!("{not}be {text:?}"),
        ExpectationKind::Contains { text, .. } => format!("{not}contain {text:?}"),
        ExpectationKind::Refuses => format!("{not}refuse"),
        ExpectationKind::Other { name, value } if value.is_empty() => format!("{not}hold by {name}"),
        ExpectationKind::Other { name, value } => format!("{not}hold by {name} {value:?}"),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::{SuiteView, check};
    use super::*;

    /// An expectation: `+` or `-` for one that must or must not hold, `=` or `~` before the text for
    /// equals and for contains by any case.
    pub(in super::super) fn expecting(text: &str) -> Expectation {
        let (sign, text) = text.split_at(1);
        let kind = match text.split_at(1) {
            ("=", text) => ExpectationKind::Equals(text.to_owned()),
            ("!", _) => ExpectationKind::Refuses,
            ("~", text) => ExpectationKind::Contains {
                text: text.to_owned(),
                ignore_case: true,
            },
            _ => ExpectationKind::Contains {
                text: text.to_owned(),
                ignore_case: false,
            },
        };
        Expectation {
            kind,
            negated: sign == "-",
        }
    }

    /// What a check of this kind finds of a case with these expectations, and perhaps an answer.
    pub(in super::super) fn found_by(of: &Check, answer: Option<&str>, expectations: &[&str]) -> Option<String> {
        let case = CaseView {
            answer: answer.map(str::to_owned),
            expectations: expectations.iter().map(|it| expecting(it)).collect(),
            ..CaseView::asking("refund", "How long?")
        };
        let mut findings = check(&SuiteView::of([case]), None, 1).into_iter();
        findings.find(|it| it.kind == of.kind).map(|it| it.message)
    }

    fn found(expectations: &[&str]) -> Option<String> {
        found_by(&CHECK, None, expectations)
    }

    #[test]
    fn what_excludes_itself_is_found() {
        assert_eq!(
            found(&["+30 days", "-30"]).unwrap(),
            "refund can never pass: the answer must contain \"30 days\" and not contain \"30\""
        );
        for clash in [
            &["-30", "+30 days"] as &[&str],
            &["+=yes", "+=no"],
            &["+=yes", "+no"],
            &["+=Yes", "-~yes"],
            &["+!", "-!"],
            &["+fine", "+30 Days", "-~30 days"],
        ] {
            assert!(found(clash).is_some(), "{clash:?}");
        }
    }

    #[test]
    fn what_can_hold_together_is_quiet() {
        for fine in [
            &["+30 days", "-60"] as &[&str],
            &["+30", "-30 days"],
            &["+~yes", "-yes"],
            &["+=yes", "+es"],
            &["-a", "-b"],
            &["+!", "+sorry"],
        ] {
            assert_eq!(found(fine), None, "{fine:?}");
        }
    }
}
