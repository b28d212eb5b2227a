//! ROUGE: Lin, "ROUGE: A Package for Automatic Evaluation of Summaries" (2004); the F1 of what two texts have in
//! common.
//!
//! `rouge-n` is promptfoo's (0.121.20): single words by the Penn Treebank's rules in lower case, counted with
//! clipping; `config.n` asks for longer runs. `rouge-l` is that of Google's `rouge-score` 0.1.2 without stemming: the
//! longest common subsequence of words made of ASCII letters and digits.

use super::super::case::{Case, Judged};
use super::ngrams::{counts, overlap, share, total};
use super::treebank;

/// A text may have this many words for a longest common subsequence.
const MAX_WORDS: usize = 20_000;

/// The answer's ROUGE-N against the value, from 0.75 on.
pub(in super::super) fn rouge_n(case: &Case<'_>) -> Judged {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked to be 1 to 9"
    )]
    let n = match case.setting("n") {
        None => 1,
        Some(n) if (1.0..=9.0).contains(&n) && n.fract() == 0.0 => n as usize,
        Some(n) => return Err(case.fault(format!("`n` must be 1 to 9, and is {n}"))),
    };
    let words = |text: &str| treebank::words(&text.to_lowercase());
    let score = f1_of_runs(&words(&case.text), &words(case.value_text()?), n);
    Ok(case.at_least(score, case.check.threshold.unwrap_or(0.75), &format!("ROUGE-{n}")))
}

/// The answer's ROUGE-L against the value, from 0.75 on.
pub(in super::super) fn rouge_l(case: &Case<'_>) -> Judged {
    let (answer, reference) = (ascii_words(&case.text), ascii_words(case.value_text()?));
    if answer.len().max(reference.len()) > MAX_WORDS {
        return Err(case.fault(format!("ROUGE-L is for texts of at most {MAX_WORDS} words")));
    }
    let common = longest_common(&answer, &reference);
    let score = f1(share(common, answer.len()), share(common, reference.len()));
    Ok(case.at_least(score, case.check.threshold.unwrap_or(0.75), "ROUGE-L"))
}

fn f1_of_runs(answer: &[String], reference: &[String], n: usize) -> f64 {
    let common = overlap(&counts(answer, n), &counts(reference, n));
    f1(
        share(common, total(answer.len(), n)),
        share(common, total(reference.len(), n)),
    )
}

fn f1(precision: f64, recall: f64) -> f64 {
    if precision + recall == 0.0 {
        0.0
    } else {
        2.0 * precision * recall / (precision + recall)
    }
}

fn ascii_words(text: &str) -> Vec<String> {
    text.to_lowercase()
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

fn longest_common(left: &[String], right: &[String]) -> usize {
    let mut row = vec![0; right.len() + 1];
    for word in left {
        let mut diagonal = 0;
        for (at, other) in right.iter().enumerate() {
            let above = row[at + 1];
            row[at + 1] = if word == other {
                diagonal + 1
            } else {
                above.max(row[at])
            };
            diagonal = above;
        }
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `rouge_score.rouge_scorer.RougeScorer(["rougeL"]).score(reference, answer)`, 0.1.2.
    #[test]
    fn rouge_l_equals_rouge_score() {
        let score = |answer: &str, reference: &str| {
            let (answer, reference) = (ascii_words(answer), ascii_words(reference));
            let common = longest_common(&answer, &reference);
            f1(share(common, answer.len()), share(common, reference.len()))
        };
        let of = score(
            "The quick brown dog jumps on the log.",
            "The quick brown fox jumps over the lazy dog",
        );
        assert!((of - 0.588_235_294_117_647_1).abs() < 1e-12, "{of}");
        assert!((score("a b c", "a b c") - 1.0).abs() < 1e-12);
        assert!(score("", "a").abs() < 1e-12);
    }

    #[test]
    fn rouge_n_clips_what_repeats() {
        let words = |text: &str| treebank::words(text);
        let same = words("the cat sat on the mat");
        assert!((f1_of_runs(&same, &same, 1) - 1.0).abs() < 1e-12);
        // 3 of 6 words in common against 4: P = 3/6, R = 3/4.
        let of = f1_of_runs(&same, &words("the cat is the"), 1);
        assert!((of - 0.6).abs() < 1e-12, "{of}");
    }
}
