//! The prompts of checks, and asking a check's judge model.

use serde_json::{Map, Value};

use super::super::case::Case;
use super::super::{file, template};
use crate::eval::judges::{self, JudgeError};
use crate::provider::Call;
use crate::wire::{ChatRequest, Message, Role};

/// The messages of a prompt: the check's own when it has one, else `ours`; both are templates over the case's variables
/// and `more`.
pub(super) fn prompt(
    case: &Case<'_>,
    ours: &[(Role, &str)],
    more: impl IntoIterator<Item = (&'static str, Value)>,
) -> Result<Vec<Message>, JudgeError> {
    prompt_from(case, case.check.rubric_prompt.as_ref(), ours, more)
}

/// The same with the check's prompt at hand, for kinds that have several.
pub(super) fn prompt_from(
    case: &Case<'_>,
    own: Option<&Value>,
    ours: &[(Role, &str)],
    more: impl IntoIterator<Item = (&'static str, Value)>,
) -> Result<Vec<Message>, JudgeError> {
    let variables = case.variables_with(more);
    let templates = match own {
        Some(own) => messages_of(case, own)?,
        None => ours.iter().map(|(role, text)| (*role, (*text).to_owned())).collect(),
    };
    templates
        .into_iter()
        .map(|(role, text)| filled(case, role, &text, &variables))
        .collect()
}

fn filled(case: &Case<'_>, role: Role, text: &str, variables: &Map<String, Value>) -> Result<Message, JudgeError> {
    let text = template::render(text, variables).map_err(|error| case.fault(format!("the judge's prompt: {error}")))?;
    Ok(Message::text(role, text))
}

/// A prompt as suites write it: text, text that is a JSON list of messages, such a list, or `file://…`.
fn messages_of(case: &Case<'_>, prompt: &Value) -> Result<Vec<(Role, String)>, JudgeError> {
    let wrong = || case.fault("`rubricPrompt` must be text, or a list of messages with `role` and `content`");
    match prompt {
        Value::String(text) => {
            if let Some(path) = text.strip_prefix("file://") {
                let text = file::read_text(&case.check.base, path).map_err(|message| case.fault(message))?;
                return messages_of(case, &Value::String(text.trim_start_matches("file://").to_owned()));
            }
            match serde_json::from_str::<Value>(text) {
                Ok(list @ Value::Array(_)) => messages_of(case, &list),
                _ => Ok(vec![(Role::User, text.clone())]),
            }
        }
        Value::Array(items) if !items.is_empty() => items
            .iter()
            .map(|item| {
                let role = match item.get("role").and_then(Value::as_str) {
                    Some("system" | "developer") => Role::System,
                    Some("user") => Role::User,
                    Some("assistant") => Role::Assistant,
                    _ => return Err(wrong()),
                };
                let content = item.get("content").and_then(Value::as_str).ok_or_else(wrong)?;
                Ok((role, content.to_owned()))
            })
            .collect(),
        _ => Err(wrong()),
    }
}

/// Asks the check's judge model; of several times the same, `repeat` says which this is.
pub(super) async fn ask<T>(
    case: &Case<'_>,
    messages: Vec<Message>,
    repeat: u32,
    read: impl Fn(&str) -> Result<T, String> + Send,
) -> Result<T, JudgeError> {
    let model = judges::model(case.tools, case.check.provider.as_deref()).map_err(|error| case.located(error))?;
    let model = model.ok_or_else(|| case.fault("a judge model is needed, and the suite names none"))?;
    let call = Call {
        request: ChatRequest {
            messages,
            ..ChatRequest::default()
        },
        variables: case.exhibit.variables.clone(),
        question: case.exhibit.question.clone(),
        passages: Vec::new(),
        repeat,
    };
    let asked = judges::ask(model.as_ref(), call, read).await;
    asked.map_err(|error| case.located(error))
}
