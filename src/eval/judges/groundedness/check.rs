//! An answer held against passages, in this process.

use std::ops::Range;

use crate::embedded::{Embedder, ModelError};

use super::background::Background;
use super::claims::claims;
use super::data::Example;
use super::evidence::Evidence;
use super::features::{FEATURES, Measured, measure};
use super::model::{Engine, Weights};

/// What was found of an answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Grounding {
    /// The share of claims that is supported, each counted by its probability; 1 when nothing is claimed.
    pub score: f64,
    /// The claims in order.
    pub claims: Vec<Checked>,
}

/// What was found of a claim.
#[derive(Debug, Clone, PartialEq)]
pub struct Checked {
    /// Its bytes in the answer.
    pub range: Range<usize>,
    /// The probability that the passages support it.
    pub probability: f64,
    /// The passage that is nearest, by its place in the list, and the sentence in it.
    pub nearest: Option<(usize, String)>,
    /// What of the claim does not match, in words; empty when nothing stands out.
    pub mismatch: String,
}

impl Checked {
    /// Whether it counts as supported.
    #[must_use]
    pub fn supported(&self) -> bool {
        self.probability >= 0.5
    }
}

/// Checks every claim of an answer against the passages. The engine is chosen by the embedder; without
/// one that the weights know, the words alone are compared.
///
/// # Errors
/// Fails when the embedder does.
pub fn check(
    weights: &Weights,
    answer: &str,
    question: &str,
    passages: &[&str],
    embedder: Option<&dyn Embedder>,
) -> Result<Grounding, ModelError> {
    let embedder = embedder.filter(|it| weights.engine(Some(&it.identity())).is_some());
    let identity = embedder.map(Embedder::identity);
    let engine = weights.engine(identity.as_deref()).ok_or_else(|| ModelError {
        message: "the weights for groundedness have no engine for use without an embedder; fit them anew".to_owned(),
    })?;
    let ranges = claims(answer);
    let texts: Vec<&str> = ranges.iter().map(|range| &answer[range.clone()]).collect();
    let evidence = Evidence::read(passages, embedder)?;
    let measured = all(&texts, question, &evidence, &weights.background, embedder)?;
    let claims: Vec<Checked> = ranges
        .into_iter()
        .zip(measured)
        .map(|(range, measured)| checked(range, answer, &measured, &evidence, engine))
        .collect();
    Ok(Grounding {
        score: mean(&claims),
        claims,
    })
}

/// The expected share of supported claims.
#[expect(clippy::cast_precision_loss, reason = "counts are small")]
pub(super) fn mean(claims: &[Checked]) -> f64 {
    if claims.is_empty() {
        return 1.0;
    }
    claims.iter().map(|claim| claim.probability).sum::<f64>() / claims.len() as f64
}

fn checked(range: Range<usize>, answer: &str, measured: &Measured, evidence: &Evidence, engine: &Engine) -> Checked {
    let nearest = measured.nearest.map(|at| &evidence.sentences[at]);
    Checked {
        probability: if evidence.sentences.is_empty() {
            0.0
        } else {
            engine.probability(&measured.values)
        },
        mismatch: mismatch(&answer[range.clone()], measured),
        range,
        nearest: nearest.map(|sentence| (sentence.passage, sentence.text.clone())),
    }
}

/// Measures claims of one answer.
fn all(
    claims: &[&str],
    question: &str,
    evidence: &Evidence,
    background: &Background,
    embedder: Option<&dyn Embedder>,
) -> Result<Vec<Measured>, ModelError> {
    // A claim of function words alone is the question's.
    let tokens = embedder.map(|it| it.embed_tokens(claims)).transpose()?;
    Ok(claims
        .iter()
        .enumerate()
        .map(|(at, claim)| {
            let tokens = tokens.as_ref().and_then(|all| all.get(at));
            measure(claim, question, evidence, background, tokens)
        })
        .collect())
}

/// The measures of whole examples, as claims.
pub(super) fn measured(
    examples: &[Example],
    background: &Background,
    embedder: Option<&dyn Embedder>,
) -> Result<Vec<[f64; FEATURES.len()]>, ModelError> {
    let mut rows = Vec::new();
    for shared in examples.chunk_by(|a, b| a.evidence == b.evidence) {
        let passages: Vec<&str> = shared[0].evidence.iter().map(String::as_str).collect();
        let evidence = Evidence::read(&passages, embedder)?;
        for example in shared {
            let found = all(&[&example.claim], &example.question, &evidence, background, embedder)?;
            rows.extend(found.into_iter().map(|it| it.values));
        }
    }
    Ok(rows)
}

/// What does not match, the plainest first.
fn mismatch(claim: &str, measured: &Measured) -> String {
    let mut said: Vec<String> = Vec::new();
    for (range, theirs) in &measured.clashes {
        said.push(format!("\"{}\" vs \"{theirs}\"", &claim[range.clone()]));
    }
    for (range, theirs) in &measured.opposites {
        said.push(format!("\"{}\" vs \"{theirs}\"", &claim[range.clone()]));
    }
    if measured.negation {
        said.push("one denies what the other says".to_owned());
    }
    let clashing = |range: &Range<usize>| {
        let shown = measured.clashes.iter().chain(&measured.opposites);
        shown
            .map(|(it, _)| it)
            .any(|it| it.start <= range.start && range.end <= it.end)
    };
    let missing: Vec<String> = measured
        .missing
        .iter()
        .filter(|range| !clashing(range))
        .take(6)
        .map(|range| format!("\"{}\"", &claim[range.clone()]))
        .collect();
    if !missing.is_empty() {
        said.push(format!("not in the passages: {}", missing.join(", ")));
    }
    said.join("; ")
}
