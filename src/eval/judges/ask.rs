//! Asking a judge model: one question, its reply read strictly, and one further try that shows what was wrong.
//!
//! Each call has the provider's own deadline and retries. What fails here is the judge's error, and never a verdict.

use std::sync::Arc;

use crate::provider::{Call, CallError, CallErrorKind, Provider, Reply};
use crate::wire::{Finish, Message, Role};

use super::question::filled;
use super::{JudgeError, JudgeErrorKind, Tools};

const AGAIN: &str = include_str!("prompts/again.md");
/// How many letters of a reply an error shows.
const SHOWN: usize = 200;

/// The judge model of a name; `None` or `default` is the run's. `Ok(None)`: the run has no judge model.
pub(in crate::eval) fn model<'a>(
    tools: &'a Tools,
    name: Option<&str>,
) -> Result<Option<&'a Arc<dyn Provider>>, JudgeError> {
    let Some(name) = name.filter(|name| *name != "default") else {
        return Ok(tools.default_model.as_ref());
    };
    if let Some(found) = tools.models.get(name) {
        return Ok(Some(found));
    }
    let known: Vec<&str> = tools.models.keys().map(String::as_str).collect();
    let known = if known.is_empty() {
        "none".to_owned()
    } else {
        known.join(", ")
    };
    Err(setup(format!(
        "no judge model is called `{name}`; the suite has {known}"
    )))
}

/// An error of what the judge needs.
pub(in crate::eval) fn setup(message: impl Into<String>) -> JudgeError {
    JudgeError {
        kind: JudgeErrorKind::Setup,
        message: message.into(),
    }
}

/// Asks, and reads the reply by `read`, which says what is missing; then asks once more with that.
///
/// # Errors
/// Fails when the call does or a filter withholds the reply, and as [`JudgeErrorKind::Unparseable`] when the second
/// reply holds no verdict either.
pub(in crate::eval) async fn ask<T>(
    model: &dyn Provider,
    mut call: Call,
    read: impl Fn(&str) -> Result<T, String> + Send,
) -> Result<T, JudgeError> {
    let first = said(model, &call).await?;
    let problem = match verdict(&first, &read) {
        Ok(verdict) => return Ok(verdict),
        Err(problem) => problem,
    };
    call.request.messages.extend([
        Message::text(Role::Assistant, first.chat.text),
        Message::text(Role::User, filled(AGAIN, &[("problem", problem)])),
    ]);
    let second = said(model, &call).await?;
    verdict(&second, &read).map_err(|problem| JudgeError {
        kind: JudgeErrorKind::Unparseable,
        message: format!(
            "{} gave no verdict, not even when asked again: {problem}. It said: {:?}",
            model.name(),
            second.chat.text.chars().take(SHOWN).collect::<String>()
        ),
    })
}

async fn said(model: &dyn Provider, call: &Call) -> Result<Reply, JudgeError> {
    let reply = model.call(call).await.map_err(call_failed)?;
    if reply.chat.finish == Some(Finish::ContentFilter) {
        return Err(call_failed(CallError {
            kind: CallErrorKind::ContentFilter,
            provider: model.name().to_owned(),
            message: "a filter withheld the judge model's verdict".to_owned(),
            status: None,
            retry_after: None,
            attempts: 1,
        }));
    }
    Ok(reply)
}

/// The verdict of a reply. A refusal is none, whatever its words look like.
fn verdict<T>(reply: &Reply, read: impl Fn(&str) -> Result<T, String>) -> Result<T, String> {
    let chat = &reply.chat;
    if let Some(refusal) = &chat.refusal {
        return Err(format!("the model refused: {refusal}"));
    }
    match (read(&chat.text), &chat.finish) {
        (_, Some(Finish::Refusal)) => Err("the model refused".to_owned()),
        (Err(problem), Some(Finish::Length)) => Err(format!("{problem} (the reply was cut at the most tokens)")),
        (read, _) => read,
    }
}

fn call_failed(error: CallError) -> JudgeError {
    JudgeError {
        message: format!("the judge model could not be called: {error}"),
        kind: JudgeErrorKind::Call(error),
    }
}
