//! Cases on which all variants agree, and what they cost.

use super::view::{CaseOutcomes, Outcome, Outcomes, listed};
use super::{Check, Input, SuiteFinding};

pub(super) const CHECK: Check = Check {
    kind: "decides-nothing",
    about: "cases that every variant passes, or fails, and so tell no variant from another",
    run,
};

fn run(input: &Input) -> Vec<SuiteFinding> {
    // A single variant is not compared with anything.
    let Some(outcomes) = input.outcomes.filter(|it| it.variants.len() > 1) else {
        return Vec::new();
    };
    [true, false]
        .into_iter()
        .filter_map(|passed| finding(input, outcomes, passed))
        .collect()
}

fn finding(input: &Input, outcomes: &Outcomes, passed: bool) -> Option<SuiteFinding> {
    let variants = outcomes.variants.len();
    let cases: Vec<&CaseOutcomes> = outcomes
        .cases
        .iter()
        .filter(|case| all(case, variants, passed))
        .collect();
    let first = cases.first()?;
    let spent = || cases.iter().flat_map(|case| case.variants.iter().flatten());
    let calls: u64 = spent().map(|it| u64::from(it.calls)).sum();
    let cost: f64 = spent().map(|it| it.cost_usd).sum();
    let (verb, help) = if passed {
        (
            "pass",
            "keep some as a guard; make the others harder, or run them in fewer variants and repeats",
        )
    } else {
        (
            "fail",
            "look for wrong references and missing passages; else they are beyond every variant",
        )
    };
    let cost = if cost > 0.0 {
        format!(" and {cost:.2} USD")
    } else {
        String::new()
    };
    Some(SuiteFinding {
        kind: CHECK.kind,
        cases: cases.iter().map(|case| case.id.clone()).collect(),
        message: format!(
            "{} of {} cases {verb} in all {variants} variants ({}): they tell none from another and took {calls} \
             calls{cost}",
            cases.len(),
            outcomes.cases.len(),
            listed(cases.iter().map(|case| case.id.as_str())),
        ),
        help,
        place: input.suite.case(&first.id).and_then(|case| case.place.clone()),
    })
}

fn all(case: &CaseOutcomes, variants: usize, passed: bool) -> bool {
    let same = |repeats: &Vec<Outcome>| !repeats.is_empty() && repeats.iter().all(|it| it.passed == passed);
    case.variants.len() == variants && case.variants.iter().all(same)
}

#[cfg(test)]
mod tests {
    use super::super::{SuiteView, check};
    use super::*;

    fn found(outcomes: &Outcomes) -> Vec<String> {
        let findings = check(&SuiteView::default(), Some(outcomes), 1);
        findings
            .into_iter()
            .filter(|it| it.kind == CHECK.kind)
            .map(|it| it.message)
            .collect()
    }

    #[test]
    fn cases_on_which_all_agree_are_found_with_their_cost() {
        let outcomes = Outcomes::drawn(&["base", "small"], &["++ ++", "-- --", "++ +-", "++ ++"]);
        assert_eq!(
            found(&outcomes),
            [
                "2 of 4 cases pass in all 2 variants (0, 3): they tell none from another and took 16 calls and 0.08 USD",
                "1 of 4 cases fail in all 2 variants (1): they tell none from another and took 8 calls and 0.04 USD",
            ]
        );
    }

    #[test]
    fn a_single_variant_and_missing_outcomes_are_quiet() {
        assert!(found(&Outcomes::drawn(&["base"], &["++"])).is_empty());
        assert!(found(&Outcomes::drawn(&["base", "small"], &["++ "])).is_empty());
        assert!(found(&Outcomes::drawn(&["base", "small"], &["++ --"])).is_empty());
    }
}
