//! `factuality`: how the facts of the answer stand to those of a reference.

use serde_json::{Value, json};

use super::super::case::{Case, Judged};
use super::{ask, reply};
use crate::eval::judges::Verdict;
use crate::wire::Role;

const PROMPT: &[(Role, &str)] = &[
    (
        Role::System,
        "You compare the facts of a submitted answer with those of an expert's answer. Style, grammar and punctuation do \
         not count. Choose one category:\n\
         (A) The submission says part of what the expert says, and nothing against it.\n\
         (B) The submission says all that the expert says and more, and nothing against it.\n\
         (C) Both say the same.\n\
         (D) They disagree.\n\
         (E) They differ, but not in anything that matters for the facts.\n\
         Reply with one JSON object and nothing else: {\"category\": \"A\" to \"E\", \"reason\": string}",
    ),
    (
        Role::User,
        "<question>\n{{ input }}\n</question>\n<expert_answer>\n{{ ideal }}\n</expert_answer>\n\
         <submitted_answer>\n{{ completion }}\n</submitted_answer>",
    ),
];

/// promptfoo's names for the categories, and their scores unless `config` says otherwise.
const SCORES: &[(char, &str, f64)] = &[
    ('A', "subset", 1.0),
    ('B', "superset", 1.0),
    ('C', "agree", 1.0),
    ('D', "disagree", 0.0),
    ('E', "differButFactual", 1.0),
];

/// The facts do not disagree; each category has its score, and passes when that is above 0.
pub(in super::super) async fn factuality(case: &Case<'_>) -> Judged {
    let messages = ask::prompt(
        case,
        PROMPT,
        [
            ("input", json!(case.exhibit.prompt)),
            ("ideal", json!(case.value_text()?)),
            ("completion", json!(case.text)),
        ],
    )?;
    let (letter, reason) = ask::ask(case, messages, 0, reply::category).await?;
    let score = score_of(case, letter);
    let pass = (score > 0.0) != case.check.negate;
    let score = if case.check.negate { 1.0 - score } else { score };
    Ok(Verdict::scored(score, pass, format!("({letter}) {reason}")))
}

fn score_of(case: &Case<'_>, letter: char) -> f64 {
    let Some((_, name, usual)) = SCORES.iter().find(|(own, _, _)| *own == letter) else {
        return 0.0;
    };
    let config = case.check.config.as_ref();
    let set = config.and_then(|config| config.get("factuality").unwrap_or(config).get(name));
    set.and_then(Value::as_f64).unwrap_or(*usual)
}
