//! `context-recall`: the share of the reference's sentences that the context accounts for (Es and others, "RAGAS", 2023).

use serde_json::json;

use super::super::case::{Case, Judged};
use super::{ask, context};
use crate::eval::judges::Verdict;
use crate::wire::Role;

const PROMPT: &[(Role, &str)] = &[(
    Role::User,
    "Given a context and an answer, go through the answer's sentences and decide for each whether it can be attributed to \
     the context. Write one numbered line per sentence: the sentence, a reason, and at the end [Attributed] or \
     [Not Attributed].\n\n\
     context: The museum opens at ten. It is closed on Mondays.\n\
     answer: The museum opens at ten. Entry is free.\n\
     classification\n\
     1. The museum opens at ten. The context says so. So [Attributed]\n\
     2. Entry is free. The context says nothing about prices. So [Not Attributed]\n\n\
     context: {{ context }}\nanswer: {{ groundTruth }}\nclassification:\n",
)];

/// The attributed share is at least the threshold, or 0.
pub(in super::super) async fn context_recall(case: &Case<'_>) -> Judged {
    let truth = case.value_text()?;
    let pieces = context::pieces(case, Some(&case.exhibit.prompt)).await?;
    let messages = ask::prompt(
        case,
        PROMPT,
        [("context", json!(pieces.join("\n\n"))), ("groundTruth", json!(truth))],
    )?;
    let lines = ask::ask(case, messages, 0, |text| {
        let lines: Vec<(String, bool)> = context::lines(text)
            .into_iter()
            .filter_map(|line| {
                let lower = line.to_lowercase();
                let not = lower.contains("[not attributed]");
                (not || lower.contains("[attributed]")).then(|| (line.trim().to_owned(), !not))
            })
            .collect();
        if lines.is_empty() {
            Err("no line of it has [Attributed] or [Not Attributed]".to_owned())
        } else {
            Ok(lines)
        }
    })
    .await?;
    let attributed = lines.iter().filter(|(_, attributed)| *attributed).count();
    #[expect(clippy::cast_precision_loss, reason = "sentences are few")]
    let score = attributed as f64 / lines.len() as f64;
    let threshold = case.check.threshold.unwrap_or(0.0);
    let pass = (score >= threshold - f64::EPSILON) != case.check.negate;
    let shown = if case.check.negate { 1.0 - score } else { score };
    let mut verdict = Verdict::scored(
        shown,
        pass,
        format!(
            "{attributed} of {} sentences stand in the context; {threshold} is expected",
            lines.len()
        ),
    );
    verdict.parts = lines
        .into_iter()
        .map(|(line, yes)| (line, Verdict::share(yes, "")))
        .collect();
    Ok(verdict)
}
