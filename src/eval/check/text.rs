//! Questions as sets of tokens.

use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The words of a text in lower case: runs of letters and digits.
pub(super) fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

/// The words that tell questions of one form apart: those with a digit ("K200"), and negations.
pub(super) fn telling(words: &[String]) -> BTreeSet<&str> {
    const NEGATIONS: [&str; 10] = [
        "not", "no", "never", "without", "t", "kein", "keine", "nicht", "sans", "pas",
    ];
    words
        .iter()
        .map(String::as_str)
        .filter(|word| word.chars().any(|c| c.is_ascii_digit()) || NEGATIONS.contains(word))
        .collect()
}

/// The shingles of a text: its words and its pairs of neighbouring words, as numbers that stand for them.
pub(super) fn shingles(words: &[String], names: &mut HashMap<String, usize>) -> Vec<usize> {
    let pairs = words.windows(2).map(|pair| pair.join(" "));
    let mut all: Vec<usize> = words
        .iter()
        .cloned()
        .chain(pairs)
        .map(|shingle| {
            let next = names.len();
            *names.entry(shingle).or_insert(next)
        })
        .collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// All pairs of sets (by place, the lower first) whose Jaccard similarity is at least `least`, with it.
///
/// Two such sets share one of their rarest members, so only pairs that do are looked at (Bayardo, Ma and
/// Srikant, "Scaling Up All Pairs Similarity Search", WWW 2007). `least` is above 0.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "sizes of sets"
)]
pub(super) fn similar_pairs(sets: &[Vec<usize>], least: f64) -> Vec<(usize, usize, f64)> {
    let mut often: HashMap<usize, usize> = HashMap::new();
    for member in sets.iter().flatten() {
        *often.entry(*member).or_default() += 1;
    }
    let mut holders: HashMap<usize, Vec<usize>> = HashMap::new();
    let mut pairs = Vec::new();
    for (place, set) in sets.iter().enumerate() {
        let mut rarest = set.clone();
        rarest.sort_unstable_by_key(|member| (often[member], *member));
        rarest.truncate(set.len() - (least * set.len() as f64 - 1e-9).ceil() as usize + usize::from(!set.is_empty()));
        let mut candidates = BTreeSet::new();
        for member in rarest {
            let others = holders.entry(member).or_default();
            candidates.extend(others.iter().copied());
            others.push(place);
        }
        for other in candidates {
            let similarity = jaccard(&sets[other], set);
            if similarity >= least {
                pairs.push((other, place, similarity));
            }
        }
    }
    pairs
}

/// The share of members that two sorted sets have in common.
#[expect(clippy::cast_precision_loss, reason = "sizes of sets")]
fn jaccard(one: &[usize], other: &[usize]) -> f64 {
    let (mut a, mut b, mut common) = (0, 0, 0_usize);
    while a < one.len() && b < other.len() {
        match one[a].cmp(&other[b]) {
            std::cmp::Ordering::Less => a += 1,
            std::cmp::Ordering::Greater => b += 1,
            std::cmp::Ordering::Equal => {
                common += 1;
                a += 1;
                b += 1;
            }
        }
    }
    let union = one.len() + other.len() - common;
    if union == 0 { 0.0 } else { common as f64 / union as f64 }
}

/// Cases by the words of their questions: places in the suite of those that ask the same.
pub(super) fn by_question<'a>(questions: impl Iterator<Item = &'a str>) -> Vec<Vec<usize>> {
    let mut groups: BTreeMap<Vec<String>, Vec<usize>> = BTreeMap::new();
    for (place, question) in questions.enumerate() {
        let words = words(question);
        if !words.is_empty() {
            groups.entry(words).or_default().push(place);
        }
    }
    let mut groups: Vec<Vec<usize>> = groups.into_values().filter(|group| group.len() > 1).collect();
    groups.sort();
    groups
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn similarity_is_the_share_in_common() {
        assert!((jaccard(&[1, 2, 3], &[2, 3, 4]) - 0.5).abs() < 1e-12);
        assert!(jaccard(&[], &[]) == 0.0);
    }

    #[test]
    fn words_are_cut_at_what_is_no_letter_or_digit() {
        assert_eq!(words("Isn't the K200  OK?"), ["isn", "t", "the", "k200", "ok"]);
        assert_eq!(
            telling(&words("Isn't the K200 OK?")).into_iter().collect::<Vec<_>>(),
            ["k200", "t"]
        );
    }

    proptest! {
        #[test]
        fn no_similar_pair_is_missed(sets in prop::collection::vec(prop::collection::btree_set(0_usize..12, 0..9), 0..14), least in 0.3_f64..1.0) {
            let sets: Vec<Vec<usize>> = sets.into_iter().map(|set| set.into_iter().collect()).collect();
            let mut expected = Vec::new();
            for b in 0..sets.len() {
                for a in 0..b {
                    let similarity = jaccard(&sets[a], &sets[b]);
                    if similarity >= least {
                        expected.push((a, b, similarity));
                    }
                }
            }
            prop_assert_eq!(similar_pairs(&sets, least), expected);
        }
    }
}
