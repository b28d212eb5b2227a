//! Runs of words, counted.

use std::collections::BTreeMap;

/// How often each run of `n` words occurs.
pub(super) fn counts(words: &[String], n: usize) -> BTreeMap<&[String], usize> {
    let mut counts = BTreeMap::new();
    if n > 0 {
        for gram in words.windows(n) {
            *counts.entry(gram).or_default() += 1;
        }
    }
    counts
}

/// How many runs the two have in common, each counted as often as it occurs in both.
pub(super) fn overlap(left: &BTreeMap<&[String], usize>, right: &BTreeMap<&[String], usize>) -> usize {
    left.iter()
        .map(|(gram, count)| (*count).min(right.get(gram).copied().unwrap_or_default()))
        .sum()
}

/// How many runs of `n` words a text of so many words has.
pub(super) const fn total(words: usize, n: usize) -> usize {
    if n == 0 { 0 } else { (words + 1).saturating_sub(n) }
}

/// A share of two counts.
#[expect(clippy::cast_precision_loss, reason = "texts have far fewer than 2^52 words")]
pub(super) fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// Words in lower case, divided by white space; an empty text is one empty word, as JavaScript splits it.
pub(super) fn lower_words(text: &str) -> Vec<String> {
    text.to_lowercase().trim().split_whitespace_or_whole()
}

/// `split(/\s+/)` of JavaScript.
trait SplitWhole {
    fn split_whitespace_or_whole(&self) -> Vec<String>;
}

impl SplitWhole for str {
    fn split_whitespace_or_whole(&self) -> Vec<String> {
        if self.is_empty() {
            return vec![String::new()];
        }
        self.split_whitespace().map(str::to_owned).collect()
    }
}
