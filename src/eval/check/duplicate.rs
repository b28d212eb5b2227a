//! Questions that are asked twice.

use std::collections::{BTreeMap, HashMap};

use super::text::{shingles, similar_pairs, telling, words};
use super::view::CaseView;
use super::{Check, Input, SuiteFinding};

pub(super) const CHECK: Check = Check {
    kind: "duplicate-question",
    about: "questions that are asked twice, word for word or nearly",
    run,
};

/// Questions whose words and pairs of words are alike to this share are nearly the same.
const ALIKE: f64 = 0.7;

/// Questions whose embeddings have this cosine mean nearly the same.
const NEAR: f64 = 0.95;

/// With more cases than this, embeddings are not compared: all pairs would take too long.
const COMPARED: usize = 4_000;

fn run(input: &Input) -> Vec<SuiteFinding> {
    let cases = &input.suite.cases;
    let texts: Vec<Vec<String>> = cases.iter().map(|case| words(&case.question)).collect();
    let mut names = HashMap::new();
    let sets: Vec<Vec<usize>> = texts.iter().map(|text| shingles(text, &mut names)).collect();
    let mut pairs: BTreeMap<(usize, usize), Likeness> = BTreeMap::new();
    for (one, other, share) in similar_pairs(&sets, ALIKE) {
        let same = texts[one] == texts[other];
        pairs.insert((one, other), if same { Likeness::Same } else { Likeness::Words(share) });
    }
    for (one, other, cosine) in near_embeddings(input) {
        pairs.entry((one, other)).or_insert(Likeness::Meaning(cosine));
    }
    pairs
        .into_iter()
        // "The K200" and "the K350" are two questions, "may I" and "may I not" too.
        .filter(|((one, other), _)| telling(&texts[*one]) == telling(&texts[*other]))
        .filter(|((one, other), likeness)| {
            *likeness == Likeness::Same || !answered_otherwise(&cases[*one], &cases[*other])
        })
        .map(|((one, other), likeness)| finding(&cases[one], &cases[other], likeness))
        .collect()
}

/// How two questions are alike.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Likeness {
    Same,
    Words(f64),
    Meaning(f64),
}

/// Whether cases want different answers from different passages: then they are two cases, however alike
/// they sound.
fn answered_otherwise(one: &CaseView, other: &CaseView) -> bool {
    let answers = match (&one.answer, &other.answer) {
        (Some(one), Some(other)) => words(one) != words(other),
        _ => false,
    };
    let both = !one.relevant.is_empty() && !other.relevant.is_empty();
    let apart = both && one.relevant.iter().all(|key| !other.relevant.contains(key));
    apart || (answers && !both)
}

fn near_embeddings(input: &Input) -> Vec<(usize, usize, f64)> {
    let count = input.suite.cases.len();
    let Some(vectors) = input
        .suite
        .embeddings
        .as_ref()
        .filter(|it| it.len() == count && count <= COMPARED)
    else {
        return Vec::new();
    };
    let normed: Vec<Vec<f32>> = vectors.iter().map(|vector| normed(vector)).collect();
    let mut near = Vec::new();
    for (other, theirs) in normed.iter().enumerate() {
        for (one, mine) in normed[..other].iter().enumerate() {
            let cosine: f32 = mine.iter().zip(theirs).map(|(a, b)| a * b).sum();
            if f64::from(cosine) >= NEAR && mine.len() == theirs.len() {
                near.push((one, other, f64::from(cosine)));
            }
        }
    }
    near
}

fn normed(vector: &[f32]) -> Vec<f32> {
    let length = vector.iter().map(|it| it * it).sum::<f32>().sqrt();
    vector
        .iter()
        .map(|it| if length > 0.0 { it / length } else { 0.0 })
        .collect()
}

fn finding(one: &CaseView, other: &CaseView, likeness: Likeness) -> SuiteFinding {
    let alike = match likeness {
        Likeness::Same => "ask the same question".to_owned(),
        Likeness::Words(share) => format!("ask nearly the same question ({:.0} % of their words)", share * 100.0),
        Likeness::Meaning(cosine) => format!("ask nearly the same question (cosine {cosine:.2})"),
    };
    SuiteFinding {
        kind: CHECK.kind,
        cases: vec![one.id.clone(), other.id.clone()],
        message: format!(
            "{} and {} {alike}: it counts twice, and intervals take the two for independent",
            one.id, other.id
        ),
        help: "remove one, or give both one tag and cluster by it",
        place: other.place.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{SuiteView, check};
    use super::*;

    fn found(suite: &SuiteView) -> Vec<String> {
        let findings = check(suite, None, 1);
        findings
            .into_iter()
            .filter(|it| it.kind == CHECK.kind)
            .map(|it| it.message)
            .collect()
    }

    fn asked(one: &str, other: &str) -> SuiteView {
        SuiteView::of([CaseView::asking("a", one), CaseView::asking("b", other)])
    }

    #[test]
    fn questions_asked_twice_are_found() {
        assert_eq!(
            found(&asked("How long may I return it?", "how long may I return it")),
            ["a and b ask the same question: it counts twice, and intervals take the two for independent"]
        );
        let near = found(&asked(
            "How long do I have to send an item back to the shop?",
            "How long do I have to send an item back to a shop?",
        ));
        assert!(
            near[0].starts_with("a and b ask nearly the same question (7"),
            "{near:?}"
        );
    }

    #[test]
    fn questions_of_one_form_about_two_things_are_quiet() {
        for (one, other) in [
            (
                "How long is the warranty on the kettle K200?",
                "How long is the warranty on the kettle K350?",
            ),
            (
                "May I return the opened item to the shop?",
                "May I not return the opened item to the shop?",
            ),
            ("Where is my parcel?", "Who pays for the return?"),
            ("", ""),
        ] {
            assert!(found(&asked(one, other)).is_empty(), "{one}");
        }
    }

    #[test]
    fn other_passages_make_other_cases() {
        let mut suite = asked(
            "How long do I have to send an item back to the shop?",
            "How long do I have to send an item back to a shop?",
        );
        suite.cases[0].relevant = vec!["a.md".to_owned()];
        suite.cases[1].relevant = vec!["b.md".to_owned()];
        assert!(found(&suite).is_empty());
    }

    #[test]
    fn questions_that_mean_the_same_are_found_by_embeddings() {
        let mut suite = asked("Can I get my money back?", "Is a refund possible?");
        assert!(found(&suite).is_empty());
        suite.embeddings = Some(vec![vec![1.0, 0.1], vec![2.0, 0.3]]);
        assert!(found(&suite)[0].contains("cosine 1.00"));
        suite.embeddings = Some(vec![vec![1.0, 0.0], vec![0.0, 0.0]]);
        assert!(found(&suite).is_empty());
    }
}
