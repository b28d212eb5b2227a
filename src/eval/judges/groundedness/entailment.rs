//! Groundedness by natural-language inference: the most that any stretch of the passages entails a claim
//! (after Laban et al., "`SummaC`", 2022, zero-shot), less what another contradicts.

use crate::embedded::{ModelError, Nli};

use super::evidence::Evidence;

/// What inference says of a claim.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entailed {
    /// How far the passages support it, from 0 to 1.
    pub(super) probability: f64,
    /// The passage and the stretch that decided.
    pub(super) evidence: Option<(usize, String)>,
    /// Whether the passages rather contradict it.
    pub(super) contradicted: bool,
}

/// How much a contradiction elsewhere takes from an entailment: less than all, for stretches that speak of
/// something else are often called contradictions.
const CONTRADICTION: f64 = 0.5;
/// A question before a claim of fewer words makes it a statement.
const SHORT: usize = 6;

/// Holds each claim against every stretch of one to three sentences.
pub(super) fn entail(
    claims: &[&str],
    question: &str,
    passages: &[&str],
    nli: &dyn Nli,
) -> Result<Vec<Entailed>, ModelError> {
    let evidence = Evidence::read(passages, None)?;
    let stretches: Vec<(usize, String)> = evidence
        .windows()
        .map(|window| {
            let sentences = &evidence.sentences[window];
            let text: Vec<&str> = sentences.iter().map(|sentence| sentence.text.as_str()).collect();
            (sentences[0].passage, text.join(" "))
        })
        .collect();
    claims
        .iter()
        .map(|claim| {
            let short = !question.is_empty() && claim.split_whitespace().count() < SHORT;
            let hypothesis = if short {
                format!("{question} {claim}")
            } else {
                (*claim).to_owned()
            };
            let pairs: Vec<(&str, &str)> = stretches
                .iter()
                .map(|(_, text)| (text.as_str(), hypothesis.as_str()))
                .collect();
            let scores = nli.infer(&pairs)?;
            let best = |of: &dyn Fn(usize) -> f32| (0..scores.len()).rev().max_by(|a, b| of(*a).total_cmp(&of(*b)));
            let entailing = best(&|at| scores[at].entailment);
            let against = best(&|at| scores[at].contradiction);
            let entailment = entailing.map_or(0.0, |at| f64::from(scores[at].entailment));
            let contradiction = against.map_or(0.0, |at| f64::from(scores[at].contradiction));
            let probability = (entailment * (1.0 - CONTRADICTION * contradiction)).clamp(0.0, 1.0);
            let contradicted = contradiction > entailment;
            let deciding = if contradicted { against } else { entailing };
            Ok(Entailed {
                probability,
                evidence: deciding.map(|at| stretches[at].clone()),
                contradicted,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embedded::NliScores;

    /// Entails what it contains, contradicts what it contains after a "not".
    struct Contains;

    impl Nli for Contains {
        fn identity(&self) -> String {
            "contains".to_owned()
        }

        fn infer(&self, pairs: &[(&str, &str)]) -> Result<Vec<NliScores>, ModelError> {
            let score = |(premise, hypothesis): &(&str, &str)| {
                let entailment = if premise.contains(hypothesis) { 0.9 } else { 0.05 };
                let contradiction = if premise.contains(&format!("not {hypothesis}")) {
                    0.9
                } else {
                    0.05
                };
                NliScores {
                    entailment,
                    neutral: 1.0 - entailment - contradiction,
                    contradiction,
                }
            };
            Ok(pairs.iter().map(score).collect())
        }
    }

    #[test]
    fn the_best_stretch_decides_and_contradiction_lowers() {
        let passages = ["It rains. Tea is hot.", "Milk is cold."];
        let found = entail(&["Tea is hot.", "Cats bark."], "", &passages, &Contains).unwrap();
        assert!(found[0].probability > 0.8 && found[0].evidence.as_ref().is_some_and(|it| it.0 == 0));
        assert!(found[1].probability < 0.1);
        let denied = entail(&["hot"], "", &["Tea is not hot."], &Contains).unwrap();
        assert!(denied[0].probability < 0.5);
        assert!(entail(&["x"], "", &[], &Contains).unwrap()[0].evidence.is_none());
    }
}
