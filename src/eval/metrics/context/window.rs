//! One question's passages in the window.

use super::redundancy::redundancy;
use crate::retrieve::Hit;
use crate::retrieve::chunk::count_tokens;

/// How one question's passages use the window.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct ContextUse {
    /// Tokens of all passages, by our estimate.
    pub tokens: usize,
    /// Their share of the window; over 1 when they do not fit.
    pub window_share: f64,
    /// The rank of the first relevant passage, from 1; `None` without one.
    pub first_relevant: Option<usize>,
    /// Where that passage begins among the passages' tokens, 0 at the start to 1 at the end. Models read
    /// what stands in the middle worst (Liu et al., "Lost in the Middle", 2023).
    pub first_relevant_depth: Option<f64>,
    /// The share of passages that nearly repeat one above them.
    pub redundancy: f64,
    /// The share of passages that are not relevant; 0 without passages.
    pub noise: f64,
}

/// Measures one question's passages. `relevant` tells for each hit whether it holds something that was
/// judged relevant; `window` is the model's context in tokens.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
pub fn context_use(hits: &[Hit], relevant: &[bool], window: usize) -> ContextUse {
    let counts: Vec<usize> = hits.iter().map(|hit| count_tokens(&hit.passage.text)).collect();
    let tokens: usize = counts.iter().sum();
    let share = |part: usize, whole: usize| if whole == 0 { 0.0 } else { part as f64 / whole as f64 };
    let first = relevant.iter().take(hits.len()).position(|relevant| *relevant);
    let noisy = hits.iter().zip(relevant).filter(|(_, relevant)| !**relevant).count();
    let texts: Vec<&str> = hits.iter().map(|hit| hit.passage.text.as_str()).collect();
    ContextUse {
        tokens,
        window_share: share(tokens, window),
        first_relevant: first.map(|at| at + 1),
        first_relevant_depth: first.map(|at| share(counts[..at].iter().sum(), tokens)),
        redundancy: redundancy(&texts),
        noise: share(noisy, hits.len()),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::retrieve::Passage;

    #[test]
    fn one_questions_passages() {
        let hit = |text: &str| Hit {
            passage: Arc::new(Passage {
                id: text.to_owned(),
                document: text.to_owned(),
                headings: Vec::new(),
                text: text.to_owned(),
                bytes: 0..text.len(),
            }),
            score: 1.0,
        };
        let hits = [hit("one two"), hit("one two"), hit("a b c d e f"), hit("g h")];
        let seen = context_use(&hits, &[false, false, true, false], 48);
        let expected = ContextUse {
            tokens: 12,
            window_share: 0.25,
            first_relevant: Some(3),
            first_relevant_depth: Some(4.0 / 12.0),
            redundancy: 0.25,
            noise: 0.75,
        };
        assert_eq!(seen, expected);
        assert_eq!(context_use(&[], &[], 48), ContextUse::default());
    }
}
