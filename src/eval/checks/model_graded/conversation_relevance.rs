//! `conversation-relevance`: the share of a conversation's answers that have to do with what was said before (after
//! `DeepEval`'s conversation relevancy, as promptfoo 0.121.20 has it).

use serde_json::{Value, json};

use super::super::case::{Case, Judged, text_of};
use super::{ask, reply};
use crate::eval::judges::{Verdict, parse};
use crate::wire::Role;

/// How many turns the model sees at once, unless `config.windowSize` says otherwise.
const WINDOW: usize = 5;

const PROMPT: &[(Role, &str)] = &[(
    Role::User,
    "Here are messages between a user and an assistant. Decide whether the LAST message of the assistant has to do with \
     what was said; use the messages before it. Say \"no\" only when it has nothing to do with them at all; a vague answer \
     to a vague message, such as a greeting, is relevant.\n\
     Reply with one JSON object and nothing else: {\"verdict\": \"yes\" or \"no\", \"reason\": string, only for no}\n\n\
     Messages:\n{{ messages | dump }}\n\nJSON:",
)];

/// The relevant share is at least the threshold, or 0.5.
pub(in super::super) async fn conversation_relevance(case: &Case<'_>) -> Judged {
    let turns: Vec<(String, String)> = match case.exhibit.variables.get("_conversation") {
        Some(Value::Array(turns)) if !turns.is_empty() => turns
            .iter()
            .map(|turn| (text_of(&turn["input"]), text_of(&turn["output"])))
            .collect(),
        _ => vec![(case.exhibit.prompt.clone(), case.text.clone())],
    };
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a window is a small number"
    )]
    let window = case.setting("windowSize").map_or(WINDOW, |size| size as usize).max(1);
    let mut relevant = 0_usize;
    let mut reasons = Vec::new();
    for at in 0..turns.len() {
        let seen = &turns[(at + 1).saturating_sub(window)..=at];
        let messages: Vec<Value> = seen
            .iter()
            .flat_map(|(input, output)| {
                [
                    json!({"role": "user", "content": input}),
                    json!({"role": "assistant", "content": output}),
                ]
            })
            .collect();
        let prompt = ask::prompt(case, PROMPT, [("messages", Value::Array(messages))])?;
        let (yes, reason) = ask::ask(case, prompt, 0, verdict_of).await?;
        if yes {
            relevant += 1;
        } else {
            reasons.push(reason);
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "turns are few")]
    let score = relevant as f64 / turns.len() as f64;
    let pass = (score >= case.check.threshold.unwrap_or(0.5) - f64::EPSILON) != case.check.negate;
    let shown = if case.check.negate { 1.0 - score } else { score };
    let why = if reasons.is_empty() {
        String::new()
    } else {
        format!(": {}", reasons.join(" "))
    };
    Ok(Verdict::scored(
        shown,
        pass,
        format!("{relevant} of {} answers are relevant{why}", turns.len()),
    ))
}

fn verdict_of(text: &str) -> Result<(bool, String), String> {
    let object = reply::object_with(text, &["verdict"]).ok_or("it holds no JSON object with `verdict`")?;
    // YAML's looser reading makes a boolean of no bare word but true and false.
    let word = parse::choice(&object["verdict"], &["yes", "no"]).map_err(|wrong| format!("`verdict`: {wrong}"))?;
    Ok((word == "yes", reply::reason_of(&object).to_owned()))
}
