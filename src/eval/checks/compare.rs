//! Kinds that compare the answers of several variants to one case: `select-best`, `max-score`.

use serde_json::{Value, json};

use super::case::Case;
use super::check::Check;
use super::model_graded;
use crate::eval::judges::{Exhibit, JudgeError, Tools, Verdict, setup};

/// Lets the judge model pick the answer that is best by the check's value: that one passes with 1, the others fail
/// with 0. The verdicts stand in the order of the exhibits.
///
/// # Errors
/// Fails with fewer than two answers, without a judge model, and when its reply names none of them.
pub async fn select_best(check: &Check, exhibits: &[Exhibit], tools: &Tools) -> Result<Vec<Verdict>, JudgeError> {
    let [first, _, ..] = exhibits else {
        return Err(fault(check, "needs the answers of two variants at least"));
    };
    let case = Case::prepare(check, first, tools).await?;
    let answers: Vec<&str> = exhibits.iter().map(|exhibit| exhibit.answer.as_str()).collect();
    let best = model_graded::pick(&case, &answers).await?;
    let criteria = case.value_text()?;
    Ok((0..exhibits.len())
        .map(|at| {
            let picked = at == best;
            let word = if picked { "the best" } else { "not the best" };
            Verdict::share(picked, format!("{word} by: {criteria}"))
        })
        .collect())
}

/// Picks the variant whose other checks score highest: that one passes with 1, the others fail with 0; the first of
/// several equals. `value` may have `method` (`average` or `sum`), `weights` by kind, and `threshold`, below
/// which none passes. `scored` has each variant's checks and verdicts; the verdicts stand in that order.
///
/// # Errors
/// Fails with fewer than two variants, and with one that has no other check.
pub fn max_score(check: &Check, scored: &[Vec<(&Check, &Verdict)>]) -> Result<Vec<Verdict>, JudgeError> {
    if scored.len() < 2 {
        return Err(fault(check, "needs the answers of two variants at least"));
    }
    let sum = check.value.get("method").and_then(Value::as_str) == Some("sum");
    let threshold = check.value.get("threshold").and_then(Value::as_f64);
    let weight = |label: &str| {
        let weights = check.value.get("weights").and_then(|weights| weights.get(label));
        weights.and_then(Value::as_f64).unwrap_or(1.0)
    };
    let mut scores = Vec::new();
    for judged in scored {
        let mut others = judged.iter().filter(|(other, _)| !other.kind.compares()).peekable();
        if others.peek().is_none() {
            return Err(fault(check, "needs at least one other check whose score it can take"));
        }
        let (total, weights) = others.fold((0.0, 0.0), |(total, weights), (other, verdict)| {
            let weight = weight(&other.label);
            (total + verdict.score * weight, weights + weight)
        });
        scores.push(if sum {
            total
        } else if weights > 0.0 {
            total / weights
        } else {
            0.0
        });
    }
    let highest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let winner = scores.iter().position(|score| *score >= highest);
    let enough = threshold.is_none_or(|threshold| highest >= threshold);
    Ok(scores
        .iter()
        .enumerate()
        .map(|(at, score)| {
            let picked = enough && Some(at) == winner;
            let mut verdict = Verdict::share(picked, format!("its score is {score:.3}, the highest {highest:.3}"));
            verdict.named.insert("maxScore".to_owned(), *score);
            verdict
        })
        .collect())
}

fn fault(check: &Check, message: &str) -> JudgeError {
    setup(format!("`{}` at {} {message}", check.label, check.place))
}

/// The answers as a list for the judge model's prompt.
pub(super) fn numbered(answers: &[&str]) -> Value {
    Value::Array(answers.iter().map(|answer| json!(answer)).collect())
}
