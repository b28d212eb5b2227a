//! What so many cases and repeats can show at all.

use crate::stats::Components;

use super::view::Outcomes;
use super::{Check, Input, SuiteFinding};

pub(super) const CHECK: Check = Check {
    kind: "reliability",
    about: "the smallest difference that the suite can see, and how much of what it sees is real",
    run,
};

/// So many cases must change, all to the same side, before an exact test at 5 % finds anything.
const FEWEST_CHANGES: f64 = 6.0;

/// Before a run, suites that cannot even show a change of so much are told.
const COARSE: f64 = 0.1;

fn run(input: &Input) -> Vec<SuiteFinding> {
    match input.outcomes.and_then(measured) {
        Some(message) => vec![finding(
            message,
            "add cases where variants differ; repeats only help against chance",
        )],
        None => before_a_run(input.suite.cases.len()).into_iter().collect(),
    }
}

fn finding(message: String, help: &'static str) -> SuiteFinding {
    SuiteFinding {
        kind: CHECK.kind,
        cases: Vec::new(),
        message,
        help,
        place: None,
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts are small")]
fn before_a_run(cases: usize) -> Option<SuiteFinding> {
    let least = FEWEST_CHANGES / cases as f64;
    if cases == 0 || least <= COARSE {
        return None;
    }
    let message = if cases < 6 {
        format!(
            "with {} no difference between variants can ever be shown",
            counted(cases, "case")
        )
    } else {
        format!(
            "with {cases} cases no difference of passes under {:.0} points can be shown: six cases must change, all \
             to the same side",
            (100.0 * least).ceil()
        )
    };
    Some(finding(
        message,
        "add cases: about 60 before 10 points can be seen, some 400 for 5",
    ))
}

/// What a run with several variants says. `None` when it has too few.
#[expect(clippy::cast_precision_loss, reason = "counts are small")]
fn measured(outcomes: &Outcomes) -> Option<String> {
    let scores = crossed(outcomes)?;
    let (cases, repeats) = (scores[0].len(), scores[0][0].len());
    let components = Components::of(&scores)?;
    let all_or_nothing = scores.iter().flatten().flatten().all(|it| *it <= 0.0 || *it >= 1.0);
    let floor = |cases: usize| {
        if all_or_nothing && repeats == 1 {
            FEWEST_CHANGES / cases as f64
        } else {
            0.0
        }
    };
    let smallest = |cases: usize, repeats: usize| components.smallest_difference(cases, repeats).max(floor(cases));
    let now = smallest(cases, repeats);
    if now <= 0.0 {
        return Some(format!(
            "all {} variants gave the same on {}: the run does not show what differences it could see",
            scores.len(),
            counted(cases, "case")
        ));
    }
    let points = |difference: f64| format!("{:.1}", 100.0 * difference);
    let real = components
        .reliability(cases, repeats)
        .map(|it| format!("; of how the variants' means differ, {:.0} % is real", 100.0 * it))
        .unwrap_or_default();
    Some(format!(
        "{} with {} each can see a difference of {} points between variants (four times in five); {} would see {}, \
         {} would see {}{real}",
        counted(cases, "case"),
        counted(repeats, "repeat"),
        points(now),
        counted(4 * cases, "case"),
        points(smallest(4 * cases, repeats)),
        counted(4 * repeats, "repeat"),
        points(components.smallest_difference(cases, 4 * repeats).max(floor(cases))),
    ))
}

/// Scores by variant, case and repeat, of the cases that all variants ran, cut to the fewest repeats.
fn crossed(outcomes: &Outcomes) -> Option<Vec<Vec<Vec<f64>>>> {
    let variants = outcomes.variants.len();
    let whole = || outcomes.cases.iter().filter(|case| case.means(variants).is_some());
    let repeats = whole().flat_map(|case| case.variants.iter().map(Vec::len)).min()?;
    let of_variant = |variant: usize| {
        whole()
            .map(|case| case.variants[variant][..repeats].iter().map(|it| it.score).collect())
            .collect()
    };
    (variants > 1).then(|| (0..variants).map(of_variant).collect())
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::super::view::CaseView;
    use super::super::{SuiteView, check};
    use super::*;

    fn found(cases: usize, outcomes: Option<&Outcomes>) -> Option<String> {
        let suite = SuiteView::of((0..cases).map(|at| CaseView::asking(&at.to_string(), "")));
        let findings = check(&suite, outcomes, 1);
        findings
            .into_iter()
            .find(|it| it.kind == CHECK.kind)
            .map(|it| it.message)
    }

    #[test]
    fn small_suites_are_told_what_they_can_never_show() {
        assert!(found(12, None).unwrap().contains("under 50 points"));
        assert_eq!(
            found(1, None).unwrap(),
            "with 1 case no difference between variants can ever be shown"
        );
        assert_eq!(found(200, None), None);
    }

    #[test]
    fn a_run_tells_what_its_suite_can_see() {
        let cases: Vec<&str> = (0..40).map(|at| if at % 4 == 0 { "++ --" } else { "++ +-" }).collect();
        let outcomes = Outcomes::drawn(&["large", "small"], &cases);
        let text = found(40, Some(&outcomes)).unwrap();
        assert!(
            text.starts_with("40 cases with 2 repeats each can see a difference of "),
            "{text}"
        );
        assert!(
            text.contains("160 cases would see") && text.contains("% is real"),
            "{text}"
        );
    }

    #[test]
    fn one_repeat_of_passes_needs_six_changes() {
        let cases: Vec<&str> = (0..12).map(|at| if at == 0 { "+ -" } else { "+ +" }).collect();
        let text = found(12, Some(&Outcomes::drawn(&["large", "small"], &cases))).unwrap();
        assert!(text.contains("a difference of 50.0 points"), "{text}");
    }

    #[test]
    fn variants_that_never_differ_show_nothing() {
        let text = found(20, Some(&Outcomes::drawn(&["a", "b"], &["++ ++"; 20]))).unwrap();
        assert!(text.starts_with("all 2 variants gave the same on 20 cases"), "{text}");
    }
}
