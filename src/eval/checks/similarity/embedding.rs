//! How near two texts are in meaning, by the suite's embedder: `similar`, by cosine, dot product or distance.

use super::super::case::{Case, Judged};
use crate::eval::judges::{JudgeError, Verdict};

/// Cosine of the answer and the nearest value, from 0.75 on.
pub(in super::super) fn cosine(case: &Case<'_>) -> Judged {
    nearness(case, "cosine", cosine_of)
}

/// Dot product of the answer and the nearest value, from 0.75 on.
pub(in super::super) fn dot(case: &Case<'_>) -> Judged {
    nearness(case, "dot product", dot_of)
}

/// Euclidean distance of the answer from the nearest value, up to 0.75; the score is 1 / (1 + distance).
pub(in super::super) fn euclidean(case: &Case<'_>) -> Judged {
    let limit = case.check.threshold.unwrap_or(0.75);
    let distance = measures(case, |left, right| {
        left.iter()
            .zip(right)
            .map(|(l, r)| f64::from(l - r).powi(2))
            .sum::<f64>()
            .sqrt()
    })?
    .into_iter()
    .fold(f64::INFINITY, f64::min);
    let nearness = 1.0 / (1.0 + distance);
    let (pass, score) = if case.check.negate {
        (distance >= limit - f64::EPSILON, 1.0 - nearness)
    } else {
        (distance <= limit + f64::EPSILON, nearness)
    };
    Ok(Verdict::scored(
        score,
        pass,
        format!("the distance {distance:.4} is held against {limit}"),
    ))
}

fn nearness(case: &Case<'_>, name: &str, measure: fn(&[f32], &[f32]) -> f64) -> Judged {
    let limit = case.check.threshold.unwrap_or(0.75);
    let measured = measures(case, measure)?;
    let nearest = measured.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let (pass, score) = if case.check.negate {
        (nearest <= limit + f64::EPSILON, 1.0 - nearest)
    } else {
        // The first that is near enough gives the score, as in promptfoo.
        let first = measured.iter().copied().find(|near| *near >= limit - f64::EPSILON);
        (first.is_some(), first.unwrap_or(nearest))
    };
    Ok(Verdict::scored(
        score,
        pass,
        format!("the {name} {nearest:.4} is held against {limit}"),
    ))
}

fn measures(case: &Case<'_>, measure: fn(&[f32], &[f32]) -> f64) -> Result<Vec<f64>, JudgeError> {
    let mut texts = case.value_texts()?;
    texts.push(&case.text);
    let mut vectors = embed(case, &texts)?;
    let answer = vectors.pop().unwrap_or_default();
    Ok(vectors.iter().map(|vector| measure(vector, &answer)).collect())
}

/// The vectors of some texts.
pub(in super::super) fn embed(case: &Case<'_>, texts: &[&str]) -> Result<Vec<Vec<f32>>, JudgeError> {
    let embedder = case
        .tools
        .embedder
        .as_ref()
        .ok_or_else(|| case.fault("an embedder is needed, and the suite has none"))?;
    embedder.embed(texts).map_err(|error| case.fault(error))
}

/// The cosine of two vectors; 0 when one has no length.
pub(in super::super) fn cosine_of(left: &[f32], right: &[f32]) -> f64 {
    let lengths = (dot_of(left, left) * dot_of(right, right)).sqrt();
    if lengths == 0.0 {
        0.0
    } else {
        dot_of(left, right) / lengths
    }
}

fn dot_of(left: &[f32], right: &[f32]) -> f64 {
    left.iter().zip(right).map(|(l, r)| f64::from(*l) * f64::from(*r)).sum()
}
