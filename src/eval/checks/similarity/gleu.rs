//! GLEU, as Google uses it: Wu and others, "Google's Neural Machine Translation System" (2016), section 4.1: of all
//! runs of one to four words, the smaller of precision and recall. promptfoo 0.121.20 takes words in lower case,
//! divided by white space, without the full stops at their ends, and the best of several references.

use super::super::case::{Case, Judged};
use super::ngrams::{counts, lower_words, overlap, share, total};

/// The answer's GLEU against the best of the values, from 0.5 on.
pub(in super::super) fn gleu(case: &Case<'_>) -> Judged {
    let references = case.value_texts()?;
    let score = references
        .iter()
        .map(|reference| score(&case.text, reference))
        .fold(0.0, f64::max);
    Ok(case.at_least(score, case.check.threshold.unwrap_or(0.5), "GLEU"))
}

fn words(text: &str) -> Vec<String> {
    lower_words(text)
        .iter()
        .map(|word| word.trim_end_matches('.').to_owned())
        .collect()
}

fn score(candidate: &str, reference: &str) -> f64 {
    let (candidate, reference) = (words(candidate), words(reference));
    if candidate == reference {
        return 1.0;
    }
    let (mut matches, mut ours, mut theirs) = (0, 0, 0);
    for n in 1..=4 {
        matches += overlap(&counts(&candidate, n), &counts(&reference, n));
        ours += total(candidate.len(), n);
        theirs += total(reference.len(), n);
    }
    share(matches, ours).min(share(matches, theirs))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `nltk.translate.gleu_score.sentence_gleu` 3.10.4 on the same lower-case words.
    #[test]
    fn equals_nltk() {
        let reference = "it is a guide to action that ensures that the military will forever heed party commands";
        let good = "it is a guide to action which ensures that the military always obeys the commands of the party";
        let bad = "it is to insure the troops forever hearing the activity guidebook that party direct";
        assert!(
            (score(good, reference) - 5.0 / 11.0).abs() < 1e-9,
            "{}",
            score(good, reference)
        );
        assert!(score(bad, reference) < score(good, reference));
        assert!((score("A b.", "a b") - 1.0).abs() < 1e-12);
    }
}
