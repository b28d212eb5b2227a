//! Picking the best of several answers.

use serde_json::json;

use super::super::case::Case;
use super::super::compare::numbered;
use super::ask;
use crate::eval::judges::JudgeError;
use crate::wire::Role;

const PROMPT: &[(Role, &str)] = &[(
    Role::System,
    "You compare texts, to see which of them fits these criteria best: {{ criteria }}\n\nHere are the texts:\n\
     {% for output in outputs %}\n<Text index=\"{{ loop.index0 }}\">\n{{ output }}\n</Text>\n{% endfor %}\n\
     Reply with the index of the text that fits best: one whole number, and nothing else.",
)];

/// The index of the answer that the judge model picks.
pub(in super::super) async fn pick(case: &Case<'_>, answers: &[&str]) -> Result<usize, JudgeError> {
    let criteria = case.value_text()?;
    let messages = ask::prompt(
        case,
        PROMPT,
        [("criteria", json!(criteria)), ("outputs", numbered(answers))],
    )?;
    ask::ask(case, messages, 0, |text| {
        let digits: String = text
            .chars()
            .skip_while(|c| !c.is_ascii_digit())
            .take_while(char::is_ascii_digit)
            .collect();
        let index: usize = digits.parse().map_err(|_| "it holds no whole number".to_owned())?;
        if index < answers.len() {
            Ok(index)
        } else {
            Err(format!("{index} is none of the indices 0 to {}", answers.len() - 1))
        }
    })
    .await
}
