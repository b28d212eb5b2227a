//! Late interaction (Khattab and Zaharia, "`ColBERT`", 2020): each token of the claim meets its best match
//! among the evidence's tokens.

use super::super::text::Word;
use super::evidence::Evidence;

/// A text's tokens, each with its vector of unit length.
pub(super) type Tokens = Vec<(String, Vec<f32>)>;

/// What the vectors say. Without vectors everything is 0.
#[derive(Debug, Default)]
pub(super) struct Semantic {
    /// The weighted mean of the best matches.
    pub(super) late: f64,
    /// 1 minus the heaviest miss.
    pub(super) weakest: f64,
    /// The best cosine of the claim's mean vector with a sentence's.
    pub(super) cosine: f64,
    /// How far the words that the evidence lacks are from its words, as a share of the claim's weight.
    pub(super) novel: f64,
    /// The sentence of that cosine.
    pub(super) nearest: Option<usize>,
}

/// Compares the claim's tokens with the evidence's. `new` holds the words to match, each with its weight
/// and how well its form is found.
pub(super) fn semantic(claim: &str, new: &[(&Word, f64, f64)], tokens: &Tokens, evidence: &Evidence) -> Semantic {
    let owners = owners(claim, tokens, new);
    let theirs: Vec<&[f32]> = evidence
        .sentences
        .iter()
        .flat_map(|sentence| sentence.tokens.iter().map(|(_, vector)| vector.as_slice()))
        .collect();
    // A word's match is the mean over its tokens.
    let mut matches = vec![(0.0, 0.0); new.len()];
    for ((_, vector), owner) in tokens.iter().zip(owners) {
        let Some(owner) = owner else { continue };
        let best = theirs.iter().map(|other| dot(vector, other)).fold(0.0_f32, f32::max);
        matches[owner].0 += f64::from(best.min(1.0));
        matches[owner].1 += 1.0;
    }
    let (mut total, mut late, mut worst, mut novel) = (0.0, 0.0, 0.0_f64, 0.0);
    for ((_, weight, support), (sum, count)) in new.iter().zip(matches) {
        // A word that the embedder does not know has only its form.
        let found = if count > 0.0 { sum / count } else { *support };
        total += weight;
        late += weight * found;
        worst = worst.max(weight * (1.0 - found));
        novel += weight * (1.0 - support) * (1.0 - found);
    }
    let total = if total > 0.0 { total } else { 1.0 };
    let mean = mean(tokens);
    let (mut cosine, mut nearest) = (0.0, None);
    for (at, sentence) in evidence.sentences.iter().enumerate() {
        let near = f64::from(dot(&mean, &sentence.mean));
        if near > cosine {
            (cosine, nearest) = (near, Some(at));
        }
    }
    Semantic {
        late: late / total,
        weakest: 1.0 - worst,
        cosine: cosine.min(1.0),
        novel: novel / total,
        nearest,
    }
}

/// The dot product, in lanes that the compiler can keep side by side: one running sum may not be reordered.
fn dot(one: &[f32], other: &[f32]) -> f32 {
    const LANES: usize = 8;
    let mut sums = [0.0_f32; LANES];
    let (ones, others) = (one.chunks_exact(LANES), other.chunks_exact(LANES));
    let rest: f32 = ones
        .remainder()
        .iter()
        .zip(others.remainder())
        .map(|(a, b)| a * b)
        .sum();
    for (a, b) in ones.zip(others) {
        for lane in 0..LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    sums.iter().sum::<f32>() + rest
}

/// The mean of the tokens' vectors, of unit length; empty without tokens.
pub(super) fn mean(tokens: &Tokens) -> Vec<f32> {
    let mut sum = vec![0.0_f32; tokens.first().map_or(0, |(_, vector)| vector.len())];
    for (_, vector) in tokens {
        for (total, value) in sum.iter_mut().zip(vector) {
            *total += value;
        }
    }
    let length = dot(&sum, &sum).sqrt();
    if length > 0.0 {
        for value in &mut sum {
            *value /= length;
        }
    }
    sum
}

/// Which of the words each token belongs to. Tokenizers cut words, mark the pieces, and drop accents: the
/// token's letters are looked for from where the last one ended, within reach of a few words.
fn owners(claim: &str, tokens: &Tokens, new: &[(&Word, f64, f64)]) -> Vec<Option<usize>> {
    const REACH: usize = 48;
    let lower: Vec<(usize, char)> = claim
        .char_indices()
        .flat_map(|(at, c)| c.to_lowercase().map(move |c| (at, c)))
        .collect();
    let mut from = 0;
    tokens
        .iter()
        .map(|(token, _)| {
            let piece: Vec<char> = token.trim_start_matches("##").to_lowercase().chars().collect();
            let end = lower.len().min(from + REACH);
            let found = lower[from..end]
                .windows(piece.len().max(1))
                .position(|window| window.iter().map(|(_, c)| c).eq(piece.iter()))?;
            let at = lower[from + found].0;
            from += found + piece.len();
            new.iter().position(|(word, ..)| word.range.contains(&at))
        })
        .collect()
}
