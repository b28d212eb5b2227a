//! Cases that worse variants pass more often: is the reference answer wrong?

use crate::rng::Chance;
use crate::stats::holm;

use super::view::{CaseOutcomes, Outcomes, listed};
use super::{Check, Input, SuiteFinding};

pub(super) const CHECK: Check = Check {
    kind: "inverted-case",
    about: "cases that worse variants pass more often than better ones",
    run,
};

/// How often a case's outcomes are dealt anew to the variants.
const DRAWS: usize = 10_000;

/// So many dealings as low as what was seen are enough.
const ENOUGH: usize = 50;

/// Sums of the same numbers in another order differ in their last digits.
const NEAR: f64 = 1e-12;

/// The level at which a case counts as inverted, after Holm over the cases.
const LEVEL: f64 = 0.05;

/// A case and how it goes along with the others.
struct Tested<'a> {
    case: &'a CaseOutcomes,
    /// The mean of each variant on this case.
    own: Vec<f64>,
    /// The mean of each variant on all others.
    rest: Vec<f64>,
    /// The probability of going so far against the others by chance.
    p: f64,
    /// The smallest such probability that its outcomes could have reached.
    least: f64,
}

fn run(input: &Input) -> Vec<SuiteFinding> {
    let Some(outcomes) = input.outcomes.filter(|it| it.variants.len() > 1) else {
        return Vec::new();
    };
    let tested = tested(outcomes, input.seed);
    let adjusted = holm(&tested.iter().map(|it| it.p).collect::<Vec<_>>());
    let told: Vec<SuiteFinding> = tested
        .iter()
        .zip(&adjusted)
        .filter(|(_, p)| **p <= LEVEL)
        .map(|(case, p)| inverted(input, outcomes, case, *p, tested.len()))
        .collect();
    if told.is_empty() {
        cannot_be_told(&tested).into_iter().collect()
    } else {
        told
    }
}

/// Tests each case on which outcomes differ: is it passed more often where the other cases are passed
/// less? A permutation test of the covariance of the variants' means on the case and on the others: if
/// the variants do not differ on the case, each dealing of its outcomes to them is as likely.
#[expect(clippy::cast_precision_loss, reason = "counts are small")]
fn tested(outcomes: &Outcomes, seed: u64) -> Vec<Tested<'_>> {
    let variants = outcomes.variants.len();
    let cases: Vec<(&CaseOutcomes, Vec<f64>)> = outcomes
        .cases
        .iter()
        .filter_map(|case| Some((case, case.means(variants)?)))
        .collect();
    let sums: Vec<f64> = (0..variants)
        .map(|variant| cases.iter().map(|(_, means)| means[variant]).sum())
        .collect();
    let others = cases.len().saturating_sub(1).max(1) as f64;
    let differing = |case: &&(&CaseOutcomes, Vec<f64>)| {
        let mut scores = case.0.variants.iter().flatten().map(|it| it.score);
        let first = scores.next();
        scores.any(|score| Some(score) != first)
    };
    cases
        .iter()
        .filter(differing)
        .map(|(case, own)| {
            let rest: Vec<f64> = sums.iter().zip(own).map(|(sum, own)| (sum - own) / others).collect();
            let (p, least) = against(case, own, &rest, seed);
            Tested {
                case,
                own: own.clone(),
                rest,
                p,
                least,
            }
        })
        .collect()
}

/// The probability of a covariance so low or lower when outcomes are dealt anew, and that of the lowest
/// that they could have reached.
fn against(case: &CaseOutcomes, own: &[f64], rest: &[f64], seed: u64) -> (f64, f64) {
    let seen = covariance(own, rest);
    if seen >= -NEAR {
        return (1.0, 1.0);
    }
    (dealt_so_low(case, rest, seen, seed), of_the_lowest(case, rest))
}

/// Deals at random; once enough dealings were as low the answer is known well enough (Besag and
/// Clifford, "Sequential Monte Carlo p-values", Biometrika 1991).
#[expect(clippy::cast_precision_loss, reason = "counts are small")]
fn dealt_so_low(case: &CaseOutcomes, rest: &[f64], seen: f64, seed: u64) -> f64 {
    let mut scores: Vec<f64> = case.variants.iter().flatten().map(|it| it.score).collect();
    let mut chance = Chance::seeded(seed, &format!("inverted {}", case.id));
    let mut dealt = vec![0.0; rest.len()];
    let mut as_low = 0_usize;
    for draw in 1..=DRAWS {
        for at in (1..scores.len()).rev() {
            scores.swap(at, chance.below(at + 1));
        }
        let mut from = 0;
        for (mean_of, repeats) in dealt.iter_mut().zip(&case.variants) {
            *mean_of = mean(&scores[from..from + repeats.len()]);
            from += repeats.len();
        }
        as_low += usize::from(covariance(&dealt, rest) <= seen + NEAR);
        if as_low == ENOUGH {
            return as_low as f64 / draw as f64;
        }
    }
    (as_low + 1) as f64 / (DRAWS + 1) as f64
}

/// The probability of the dealing that gives the best outcomes to the worst variant and so on: that of a
/// table of variants by scores with fixed margins.
#[expect(clippy::cast_precision_loss, reason = "counts are small")]
fn of_the_lowest(case: &CaseOutcomes, rest: &[f64]) -> f64 {
    let factorial = |count: usize| libm::lgamma(count as f64 + 1.0);
    let mut scores: Vec<f64> = case.variants.iter().flatten().map(|it| it.score).collect();
    scores.sort_by(|one, other| other.total_cmp(one));
    // Variants that are equally good count as one: how outcomes fall among them changes nothing.
    let mut worst_first: Vec<(f64, usize)> = rest.iter().copied().zip(case.variants.iter().map(Vec::len)).collect();
    worst_first.sort_by(|one, other| one.0.total_cmp(&other.0));
    let mut log = -factorial(scores.len());
    log += scores
        .chunk_by(|a, b| a.total_cmp(b).is_eq())
        .map(|same| factorial(same.len()))
        .sum::<f64>();
    let mut from = 0;
    for group in worst_first.chunk_by(|one, other| other.0 - one.0 <= NEAR) {
        let size: usize = group.iter().map(|it| it.1).sum();
        let part = &scores[from..from + size];
        log += factorial(size);
        log -= part
            .chunk_by(|a, b| a.total_cmp(b).is_eq())
            .map(|same| factorial(same.len()))
            .sum::<f64>();
        from += size;
    }
    log.exp()
}

#[expect(clippy::cast_precision_loss, reason = "counts are small")]
fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

fn covariance(one: &[f64], other: &[f64]) -> f64 {
    let (mine, theirs) = (mean(one), mean(other));
    one.iter().zip(other).map(|(a, b)| (a - mine) * (b - theirs)).sum()
}

fn inverted(input: &Input, outcomes: &Outcomes, tested: &Tested, p: f64, of: usize) -> SuiteFinding {
    let by_rest = |one: &usize, other: &usize| tested.rest[*one].total_cmp(&tested.rest[*other]);
    let best = (0..tested.rest.len()).max_by(by_rest).unwrap_or_default();
    let worst = (0..tested.rest.len()).min_by(by_rest).unwrap_or_default();
    let tell = |variant: usize| {
        format!(
            "{} {:.2} here, {:.2} elsewhere",
            outcomes.variants[variant], tested.own[variant], tested.rest[variant]
        )
    };
    let id = &tested.case.id;
    SuiteFinding {
        kind: CHECK.kind,
        cases: vec![id.clone()],
        message: format!(
            "worse variants do better on {id} ({}; {}; permutation p {p:.3} by Holm over {of} cases): its reference \
             may be wrong",
            tell(worst),
            tell(best)
        ),
        help: "check the reference answer and the expectations by hand",
        place: input.suite.case(id).and_then(|case| case.place.clone()),
    }
}

/// Says when cases go against the others and the run is too small to tell whether by chance.
#[expect(clippy::cast_precision_loss, reason = "counts are small")]
fn cannot_be_told(tested: &[Tested]) -> Option<SuiteFinding> {
    let against: Vec<&Tested> = tested.iter().filter(|it| it.p < 1.0).collect();
    let least = against.iter().map(|it| it.least).fold(1.0, f64::min);
    if against.is_empty() || least * tested.len() as f64 <= LEVEL {
        return None;
    }
    Some(SuiteFinding {
        kind: CHECK.kind,
        cases: against.iter().map(|it| it.case.id.clone()).collect(),
        message: format!(
            "{} went better with worse variants, which this run cannot tell from chance: with so few variants and \
             repeats a case reaches p {least:.2} at best, and {} cases are looked at",
            listed(against.iter().map(|it| it.case.id.as_str())),
            tested.len()
        ),
        help: "run more variants or repeats before drawing conclusions from single cases",
        place: None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::{SuiteView, check};
    use super::*;

    fn found(outcomes: &Outcomes) -> Vec<SuiteFinding> {
        let findings = check(&SuiteView::default(), Some(outcomes), 1);
        findings.into_iter().filter(|it| it.kind == CHECK.kind).collect()
    }

    #[test]
    fn a_case_that_only_worse_variants_pass_is_found() {
        let usual = "++++++++ ++++---- --------";
        let mut cases = vec![usual; 10];
        cases.push("-------- ----++++ ++++++++");
        let findings = found(&Outcomes::drawn(&["large", "middle", "small"], &cases));
        assert_eq!(findings.len(), 1);
        assert_eq!(findings[0].cases, ["10"]);
        assert!(
            findings[0].message.starts_with(
                "worse variants do better on 10 (small 1.00 here, 0.00 elsewhere; large 0.00 here, 1.00 elsewhere;"
            ),
            "{findings:?}"
        );
    }

    #[test]
    fn two_variants_once_cannot_tell_and_say_so() {
        let findings = found(&Outcomes::drawn(&["large", "small"], &["+ -", "+ -", "+ -", "- +"]));
        assert_eq!(findings.len(), 1);
        assert_eq!(findings[0].cases, ["3"]);
        assert!(findings[0].message.contains("cannot tell from chance"), "{findings:?}");
        assert!(findings[0].message.contains("p 0.5"), "{findings:?}");
    }

    #[test]
    fn the_lowest_dealing_has_the_probability_of_its_table() {
        // Three passes of six outcomes, all with the worse of two variants: 1 of 20.
        let outcomes = Outcomes::drawn(&["large", "small"], &["--- +++"]);
        assert!((of_the_lowest(&outcomes.cases[0], &[1.0, 0.0]) - 0.05).abs() < 1e-12);
        assert!((of_the_lowest(&outcomes.cases[0], &[0.5, 0.5]) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn cases_that_go_along_are_quiet() {
        assert!(
            found(&Outcomes::drawn(
                &["large", "small"],
                &["+++ ---", "+++ +--", "+++ +++"]
            ))
            .is_empty()
        );
        assert!(found(&Outcomes::drawn(&["large"], &["+++"])).is_empty());
    }

    #[test]
    fn chance_alone_is_seldom_called_inverted() {
        // Variants without any difference: of 60 suites 5 % may be blamed, and some luck.
        let mut blamed = 0;
        for seed in 0..60 {
            let mut chance = Chance::seeded(seed, "test");
            let cases: Vec<String> = (0..8)
                .map(|_| {
                    let mut signs = || {
                        (0..6)
                            .map(|_| if chance.coin() { '+' } else { '-' })
                            .collect::<String>()
                    };
                    format!("{} {} {}", signs(), signs(), signs())
                })
                .collect();
            let cases: Vec<&str> = cases.iter().map(String::as_str).collect();
            let findings = found(&Outcomes::drawn(&["a", "b", "c"], &cases));
            blamed += usize::from(findings.iter().any(|it| it.message.contains("by Holm")));
        }
        assert!(blamed <= 8, "{blamed}");
    }
}
