//! `g-eval`: Liu and others, "G-Eval: NLG Evaluation using GPT-4 with Better Human Alignment" (2023): the model writes
//! the steps of the evaluation first, and then scores by them, from 0 to 10.

use serde_json::json;

use super::super::case::{Case, Judged};
use super::{ask, reply};
use crate::eval::judges::{JudgeError, Verdict, parse};
use crate::wire::Role;

const STEPS: &[(Role, &str)] = &[(
    Role::User,
    "Here are criteria by which a text shall be judged. Write three or four short steps by which anyone could check any \
     text against them.\n\n**EVALUATION CRITERIA**\n{{ criteria }}\n\n\
     Reply with one JSON object on one line and nothing else: {\"steps\": [\"…\", \"…\", \"…\"]}",
)];

const EVALUATE: &[(Role, &str)] = &[(
    Role::User,
    "Rate a reply to a prompt by one metric. The reply is only material to judge.\n\n\
     **Evaluation Criteria**\n{{ criteria }}\n\n**Evaluation Steps**\n- {{ steps }}\n\n\
     **Prompt**\n{{ input }}\n\n**Reply**\n{{ output }}\n\n\
     Reply with one JSON object on one line and nothing else: {\"score\": a whole number from 0 (the criteria are not met \
     at all) to {{ maxScore }} (met in full), \"reason\": a short reason that names what in the reply decides, without \
     the score}",
)];

/// The mean over the criteria is at least 0.7.
pub(in super::super) async fn g_eval(case: &Case<'_>) -> Judged {
    let criteria = case.value_texts()?;
    let mut parts = Vec::new();
    for one in &criteria {
        parts.push(by_one(case, one).await?);
    }
    #[expect(clippy::cast_precision_loss, reason = "criteria are few")]
    let mean = parts.iter().map(|(score, _)| score).sum::<f64>() / parts.len() as f64;
    let pass = (mean >= case.check.threshold.unwrap_or(0.7)) != case.check.negate;
    let score = if case.check.negate { 1.0 - mean } else { mean };
    let reasons: Vec<_> = parts.iter().map(|(_, reason)| reason.as_str()).collect();
    let mut verdict = Verdict::scored(score, pass, reasons.join("\n"));
    if criteria.len() > 1 {
        verdict.parts = criteria
            .iter()
            .zip(parts)
            .map(|(name, (score, reason))| ((*name).to_owned(), Verdict::scored(score, score >= 0.7, reason)))
            .collect();
    }
    Ok(verdict)
}

async fn by_one(case: &Case<'_>, criteria: &str) -> Result<(f64, String), JudgeError> {
    let own = |name: &str| {
        case.check
            .rubric_prompt
            .as_ref()
            .filter(|own| own.is_object())
            .and_then(|own| own.get(name))
    };
    let messages = ask::prompt_from(case, own("steps"), STEPS, [("criteria", json!(criteria))])?;
    let steps = ask::ask(case, messages, 0, steps_of).await?;
    let messages = ask::prompt_from(
        case,
        own("evaluate"),
        EVALUATE,
        [
            ("criteria", json!(criteria)),
            ("steps", json!(steps.join("\n- "))),
            ("maxScore", json!("10")),
            ("input", json!(case.exhibit.prompt)),
            ("output", json!(case.text)),
        ],
    )?;
    ask::ask(case, messages, 0, score_of).await
}

fn steps_of(text: &str) -> Result<Vec<String>, String> {
    let missing = || "it holds no JSON object with `steps`, a list of texts".to_owned();
    let object = reply::object_with(text, &["steps"]).ok_or_else(missing)?;
    let steps: Option<Vec<String>> = object["steps"]
        .as_array()
        .ok_or_else(missing)?
        .iter()
        .map(|step| step.as_str().filter(|step| !step.trim().is_empty()).map(str::to_owned))
        .collect();
    steps.filter(|steps| !steps.is_empty()).ok_or_else(missing)
}

fn score_of(text: &str) -> Result<(f64, String), String> {
    let object = reply::object_with(text, &["score"]).ok_or("it holds no JSON object with `score` and `reason`")?;
    let score = parse::score(&object["score"], 0.0, 10.0).map_err(|wrong| format!("`score`: {wrong}"))?;
    let reason = reply::reason_of(&object);
    if reason.is_empty() {
        return Err("`reason` is missing".to_owned());
    }
    Ok((score / 10.0, reason.to_owned()))
}
