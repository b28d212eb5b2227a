//! `context-faithfulness`: the share of the answer's statements that the context supports (Es and others, "RAGAS", 2023).

use serde_json::json;

use super::super::case::{Case, Judged};
use super::{ask, context};
use crate::eval::judges::Verdict;
use crate::wire::Role;

const STATEMENTS: &[(Role, &str)] = &[(
    Role::User,
    "Given a question and its answer, write down what the answer states, one statement a line. Each line must be \
     understood without the others.\n\
     question: Who was Ada Lovelace and what is she known for?\n\
     answer: She was an English mathematician, known for her notes on Babbage's engine.\n\
     statements:\nAda Lovelace was an English mathematician.\nAda Lovelace is known for her notes on Babbage's engine.\n\
     question: {{ question }}\nanswer: {{ answer }}\nstatements:\n",
)];

const SUPPORTED: &[(Role, &str)] = &[(
    Role::User,
    "Natural language inference. Decide for each of the statements whether the context supports it. Go through them in \
     order: repeat the statement, explain in a sentence, and write \"Verdict: Yes.\" or \"Verdict: No.\" At the end write \
     one line with all the verdicts in order, exactly in this form:\n\
     Final verdict for each statement in order: Yes. No. Yes.\n\n\
     context:\n{{ context }}\nstatements:\n{{ statements | join(\"\\n\") }}\nAnswer:\n",
)];

const FINAL: &str = "final verdict for each statement in order:";

/// The supported share is at least the threshold, or 0.
pub(in super::super) async fn context_faithfulness(case: &Case<'_>) -> Judged {
    let question = context::question(case)?;
    let pieces = context::pieces(case, None).await?;
    let own = |at: usize| case.check.rubric_prompt.as_ref().and_then(|own| own.get(at));
    let messages = ask::prompt_from(
        case,
        own(0),
        STATEMENTS,
        [("question", json!(question)), ("answer", json!(case.text))],
    )?;
    let statements = ask::ask(case, messages, 0, |text| {
        let lines: Vec<String> = context::lines(text).into_iter().map(str::to_owned).collect();
        if lines.is_empty() {
            Err("it holds no statements".to_owned())
        } else {
            Ok(lines)
        }
    })
    .await?;
    let messages = ask::prompt_from(
        case,
        own(1),
        SUPPORTED,
        [
            ("context", json!(pieces.join("\n\n"))),
            ("statements", json!(statements)),
        ],
    )?;
    let verdicts = ask::ask(case, messages, 0, |text| verdicts_of(text, statements.len())).await?;
    let supported = verdicts.iter().filter(|verdict| **verdict).count();
    #[expect(clippy::cast_precision_loss, reason = "statements are few")]
    let score = (supported as f64 / statements.len() as f64).min(1.0);
    let threshold = case.check.threshold.unwrap_or(0.0);
    let pass = (score >= threshold - f64::EPSILON) != case.check.negate;
    let shown = if case.check.negate { 1.0 - score } else { score };
    let mut verdict = Verdict::scored(
        shown,
        pass,
        format!(
            "{supported} of {} statements are supported; {threshold} is expected",
            statements.len()
        ),
    );
    verdict.parts = statements
        .into_iter()
        .zip(verdicts)
        .map(|(statement, yes)| {
            (
                statement,
                Verdict::share(yes, if yes { "supported" } else { "not supported" }),
            )
        })
        .collect();
    Ok(verdict)
}

/// The verdicts, one for each statement: those of the last line, or else all "verdict: yes" and "verdict: no". promptfoo
/// counts statements without a verdict as unsupported; here the reply must have one for each.
fn verdicts_of(text: &str, statements: usize) -> Result<Vec<bool>, String> {
    let lower = text.to_lowercase();
    let verdicts: Vec<bool> = match lower.find(FINAL) {
        Some(at) => lower[at + FINAL.len()..]
            .split('.')
            .filter(|part| !part.trim().is_empty())
            .map(|part| part.contains("yes"))
            .collect(),
        None => {
            let mut found: Vec<(usize, bool)> = lower.match_indices("verdict: yes").map(|(at, _)| (at, true)).collect();
            found.extend(lower.match_indices("verdict: no").map(|(at, _)| (at, false)));
            found.sort_unstable();
            found.into_iter().map(|(_, yes)| yes).collect()
        }
    };
    match verdicts.len() {
        count if count >= statements => Ok(verdicts.into_iter().take(statements).collect()),
        count => Err(format!("it has {count} verdicts for {statements} statements")),
    }
}

#[cfg(test)]
mod tests {
    use super::verdicts_of;

    #[test]
    fn there_must_be_a_verdict_for_each_statement() {
        let text = "1. A.\nVerdict: Yes.\n2. B.\nVerdict: No.\nFinal verdict for each statement in order: Yes. No.";
        assert_eq!(verdicts_of(text, 2), Ok(vec![true, false]));
        assert_eq!(verdicts_of("x verdict: no. y verdict: yes.", 2), Ok(vec![false, true]));
        assert!(verdicts_of(text, 3).is_err() && verdicts_of("none", 1).is_err());
    }
}
