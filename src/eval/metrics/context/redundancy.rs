//! Passages that say the same twice.

use std::collections::{HashMap, HashSet};

/// Words of one shingle: three tell sentences apart and survive a changed word.
const SHINGLE: usize = 3;
/// Passages that share this much are near-duplicates (Broder, "On the resemblance and containment of
/// documents", 1997).
const NEAR: f64 = 0.5;

/// The share of passages that nearly repeat one above them.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
pub fn redundancy(texts: &[&str]) -> f64 {
    let shingles: Vec<_> = texts.iter().map(|text| shingles(text)).collect();
    // Which texts hold a shingle: only texts that share some are compared, and most pairs share none.
    let mut holders: HashMap<&str, Vec<usize>> = HashMap::new();
    let mut repeats = 0;
    for (at, own) in shingles.iter().enumerate() {
        let mut shared = vec![0; at];
        for shingle in own {
            let holders = holders.entry(shingle.as_str()).or_default();
            for above in holders.iter() {
                shared[*above] += 1;
            }
            holders.push(at);
        }
        let mut above = shingles.iter().zip(shared);
        repeats += usize::from(above.any(|(above, shared)| share(shared, above.len() + own.len()) >= NEAR));
    }
    if texts.is_empty() {
        0.0
    } else {
        repeats as f64 / texts.len() as f64
    }
}

/// How much two texts share: the Jaccard index of their shingles of three words, whatever their case and
/// marks; of shorter texts the whole is one shingle. 1 is the same text, 0 shares nothing.
#[must_use]
pub fn shingle_jaccard(a: &str, b: &str) -> f64 {
    jaccard(&shingles(a), &shingles(b))
}

fn shingles(text: &str) -> HashSet<String> {
    let words: Vec<String> = text
        .split(|char: char| !char.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    if words.is_empty() {
        return HashSet::new();
    }
    words
        .windows(SHINGLE.min(words.len()))
        .map(|words| words.join(" "))
        .collect()
}

fn jaccard(a: &HashSet<String>, b: &HashSet<String>) -> f64 {
    share(a.intersection(b).count(), a.len() + b.len())
}

/// The Jaccard index of two sets of so many elements together, counted apart, of which so many are shared.
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn share(shared: usize, both: usize) -> f64 {
    let all = both - shared;
    if all == 0 { 0.0 } else { shared as f64 / all as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_repeats_are_seen() {
        // Shingles of a b c d: {abc, bcd}; of b c d e: {bcd, cde}.
        assert_eq!(shingle_jaccard("A b, c d", "b c d e"), 1.0 / 3.0);
        assert_eq!(shingle_jaccard("Yes.", "yes"), 1.0);
        assert_eq!(shingle_jaccard("", ""), 0.0);
        assert_eq!(redundancy(&["a b c", "A b c!", "x y z", "a b c"]), 0.5);
    }
}
