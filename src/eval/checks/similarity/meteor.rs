//! METEOR: Lavie and Agarwal, "METEOR: An Automatic Metric for MT Evaluation" (2007), with exact words and Porter's
//! stems.
//!
//! promptfoo 0.121.20 matches `WordNet` synonyms in a third round, through a package that its users install. That
//! dictionary is not in this program: where only a synonym would match, the score here is lower.

use super::super::case::{Case, Judged};
use super::ngrams::share;
use super::porter::stem;

/// The answer's METEOR against the best of the values, from 0.5 on; `alpha`, `beta` and `gamma` are read from
/// `config`.
pub(in super::super) fn meteor(case: &Case<'_>) -> Judged {
    let references = case.value_texts()?;
    let alpha = case.setting("alpha").unwrap_or(0.9);
    let beta = case.setting("beta").unwrap_or(3.0);
    let gamma = case.setting("gamma").unwrap_or(0.5);
    let answer = words(&case.text);
    let score = references
        .iter()
        .map(|reference| score(&answer, &words(reference), alpha, beta, gamma))
        .fold(0.0, f64::max);
    Ok(case.at_least(score, case.check.threshold.unwrap_or(0.5), "METEOR"))
}

/// Divided by white space, without the full stops at the end, in lower case.
fn words(text: &str) -> Vec<String> {
    text.split_whitespace()
        .map(|word| word.trim_end_matches('.').to_lowercase())
        .collect()
}

fn score(answer: &[String], reference: &[String], alpha: f64, beta: f64, gamma: f64) -> f64 {
    let matches = align(answer, reference);
    if matches.is_empty() {
        return 0.0;
    }
    let precision = share(matches.len(), answer.len());
    let recall = share(matches.len(), reference.len());
    let mean = precision * recall / (alpha * precision + (1.0 - alpha) * recall);
    let breaks = matches
        .windows(2)
        .filter(|pair| pair[1].0 != pair[0].0 + 1 || pair[1].1 != pair[0].1 + 1)
        .count();
    let fragmentation = share(breaks + 1, matches.len());
    (1.0 - gamma * fragmentation.powf(beta)) * mean
}

/// Which word of the answer stands for which of the reference, in the answer's order: first the same words, then
/// the same stems; each time from the end, as nltk does.
fn align(answer: &[String], reference: &[String]) -> Vec<(usize, usize)> {
    let mut matches = Vec::new();
    let mut free_answer: Vec<(usize, String)> = answer.iter().cloned().enumerate().collect();
    let mut free_reference: Vec<(usize, String)> = reference.iter().cloned().enumerate().collect();
    take_matches(&mut free_answer, &mut free_reference, &mut matches);
    for (_, word) in free_answer.iter_mut().chain(&mut free_reference) {
        *word = stem(word);
    }
    take_matches(&mut free_answer, &mut free_reference, &mut matches);
    matches.sort_unstable();
    matches
}

fn take_matches(
    answer: &mut Vec<(usize, String)>,
    reference: &mut Vec<(usize, String)>,
    matches: &mut Vec<(usize, usize)>,
) {
    for at in (0..answer.len()).rev() {
        if let Some(other) = reference.iter().rposition(|(_, word)| *word == answer[at].1) {
            matches.push((answer[at].0, reference[other].0));
            answer.remove(at);
            reference.remove(other);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `nltk.translate.meteor_score.single_meteor_score` 3.10.4 with a dictionary that holds no synonyms.
    #[test]
    fn equals_nltk() {
        let reference =
            words("It is a guide to action that ensures that the military will forever heed Party commands");
        let answer =
            words("It is a guide to action which ensures that the military always obeys the commands of the party");
        let of = score(&answer, &reference, 0.9, 3.0, 0.5);
        assert!((of - 0.694_444_444_444_444_4).abs() < 1e-9, "{of}");
        assert!(
            score(
                &words("this is a cat"),
                &words("non matching hypothesis"),
                0.9,
                3.0,
                0.5
            )
            .abs()
                < 1e-12
        );
    }
}
