//! BLEU: Papineni, Roukos, Ward and Zhu, "BLEU: a Method for Automatic Evaluation of Machine Translation" (2002),
//! for one sentence, as promptfoo 0.121.20 computes it: words in lower case divided by white space, an order
//! without a match counts as 1e-7, orders longer than the answer are left out, and the closest reference (the
//! shorter of two) sets the brevity penalty. Of several references the one with the most matches counts for each order,
//! where the paper takes for each run of words the reference that has it most.

use super::super::case::{Case, Judged};
use super::ngrams::{counts, lower_words, overlap, share, total};

/// What an order without a match counts as.
const SMOOTH: f64 = 1e-7;

/// The answer's BLEU against the values, from 0.5 on.
pub(in super::super) fn bleu(case: &Case<'_>) -> Judged {
    let references = case.value_texts()?;
    let score = score(&case.text, &references);
    Ok(case.at_least(score, case.check.threshold.unwrap_or(0.5), "BLEU"))
}

fn score(candidate: &str, references: &[&str]) -> f64 {
    if candidate.trim().is_empty() || references.is_empty() {
        return 0.0;
    }
    let words = lower_words(candidate);
    let references: Vec<_> = references.iter().map(|reference| lower_words(reference)).collect();
    let closest = references
        .iter()
        .map(Vec::len)
        .min_by_key(|length| (length.abs_diff(words.len()), *length))
        .unwrap_or_default();
    let logs: Vec<f64> = (1..=4)
        .filter(|n| total(words.len(), *n) > 0)
        .map(|n| {
            let own = counts(&words, n);
            let clipped = references
                .iter()
                .map(|reference| overlap(&own, &counts(reference, n)))
                .max()
                .unwrap_or_default();
            let precision = share(clipped, total(words.len(), n));
            if precision == 0.0 { SMOOTH.ln() } else { precision.ln() }
        })
        .collect();
    #[expect(clippy::cast_precision_loss, reason = "at most four orders")]
    let mean = logs.iter().sum::<f64>() / logs.len() as f64;
    let penalty = if words.len() > closest {
        1.0
    } else {
        (1.0 - share(closest, words.len())).exp()
    };
    penalty * mean.exp()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `nltk.translate.bleu_score.sentence_bleu` 3.10.4 on the same lower-case words, without smoothing.
    #[test]
    fn equals_nltk_with_one_reference() {
        let candidate =
            "It is a guide to action which ensures that the military always obeys the commands of the party";
        let reference = "It is a guide to action that ensures that the military will forever heed Party commands";
        let score = score(candidate, &[reference]);
        assert!((score - 0.420_859_806_952_409_1).abs() < 1e-9, "{score}");
    }

    #[test]
    fn the_same_text_is_one_and_nothing_is_zero() {
        assert!((score("a b c d e", &["a b c d e"]) - 1.0).abs() < 1e-12);
        assert!((score("Hi", &["hi"]) - 1.0).abs() < 1e-12);
        assert!(score(" ", &["a"]).abs() < 1e-12);
    }
}
