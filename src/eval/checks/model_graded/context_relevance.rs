//! `context-relevance`: the share of the context that the question needs (Es and others, "RAGAS", 2023).

use serde_json::json;

use super::super::case::{Case, Judged};
use super::{ask, context};
use crate::eval::judges::Verdict;
use crate::wire::Role;

const NONE: &str = "Insufficient Information";

const PROMPT: &[(Role, &str)] = &[(
    Role::User,
    "Copy from the context those sentences that are needed to answer the query, one a line, without changing them. If \
     there are none, or the context does not answer the query, reply with the words \"Insufficient Information\" alone.\n\n\
     query: {{ query }}\ncontext: {{ context }}\ncandidate sentences:\n",
)];

/// The needed share is at least the threshold, or 0.
pub(in super::super) async fn context_relevance(case: &Case<'_>) -> Judged {
    let query = context::question(case)?;
    let pieces = context::pieces(case, None).await?;
    let joined = pieces.join("\n\n");
    let messages = ask::prompt(case, PROMPT, [("context", json!(joined)), ("query", json!(query))])?;
    let in_pieces = pieces.len() > 1
        || case
            .exhibit
            .variables
            .get("context")
            .is_some_and(serde_json::Value::is_array);
    let units = if in_pieces {
        pieces.iter().filter(|piece| !piece.trim().is_empty()).count()
    } else {
        context::sentences(&joined).len()
    };
    let by_line = in_pieces || context::lines(&joined).len() > 1;
    let needed = ask::ask(case, messages, 0, |text| {
        if text.trim().is_empty() {
            return Err("it is empty".to_owned());
        }
        if text.contains(NONE) {
            return Ok(Vec::new());
        }
        let mut sentences: Vec<String> = if by_line {
            context::lines(text)
        } else {
            context::sentences(text)
        }
        .into_iter()
        .map(str::to_owned)
        .collect();
        sentences.sort_unstable();
        sentences.dedup();
        Ok(sentences)
    })
    .await?;
    let count = needed.len().min(units);
    #[expect(clippy::cast_precision_loss, reason = "sentences are few")]
    let score = if units == 0 { 0.0 } else { count as f64 / units as f64 };
    let threshold = case.check.threshold.unwrap_or(0.0);
    let pass = (score >= threshold - f64::EPSILON) != case.check.negate;
    let shown = if case.check.negate { 1.0 - score } else { score };
    Ok(Verdict::scored(
        shown,
        pass,
        format!("{count} of {units} pieces of the context are needed; {threshold} is expected"),
    ))
}
