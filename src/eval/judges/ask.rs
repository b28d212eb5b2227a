//! One question to a judge model: the prompt with its material fenced off, the reply read strictly, and one
//! further try that shows what was wrong.

use std::sync::Arc;

use serde_json::Value;

use crate::provider::{Call, CallError, CallErrorKind, Provider};
use crate::rng::fnv;
use crate::wire::{ChatRequest, Finish, Message, ResponseFormat, Role};

use super::{Exhibit, JudgeError, JudgeErrorKind, Tools};

const JUDGE: &str = include_str!("prompts/judge.md");
const AGAIN: &str = include_str!("prompts/again.md");
/// Room for reasons; a model that reasons aloud needs more than the verdict itself.
const MAX_OUTPUT_TOKENS: u32 = 2_048;

/// A piece of material: its name, and its text.
pub(super) type Material<'a> = (String, &'a str);

/// What is asked of a judge model.
pub(super) struct Question<'a> {
    /// The prompt, with `{{material}}` where the material goes.
    pub(super) prompt: &'a str,
    /// What else is filled in; nothing in it is looked at again.
    pub(super) fill: Vec<(&'a str, String)>,
    /// What is judged, which others wrote.
    pub(super) material: Vec<Material<'a>>,
    /// The schema's name.
    pub(super) name: &'a str,
    /// The JSON schema of the verdict.
    pub(super) schema: Value,
}

/// The judge model of a name; `None` or `default` is the run's. `Ok(None)`: the run has no judge model.
pub(super) fn model<'a>(tools: &'a Tools, name: Option<&str>) -> Result<Option<&'a Arc<dyn Provider>>, JudgeError> {
    match name.filter(|name| *name != "default") {
        None => Ok(tools.default_model.as_ref()),
        Some(name) => match tools.models.get(name) {
            Some(found) => Ok(Some(found)),
            None => {
                let known: Vec<&str> = tools.models.keys().map(String::as_str).collect();
                Err(setup(format!(
                    "no judge model is called {name}; the suite has {}",
                    if known.is_empty() {
                        "none".to_owned()
                    } else {
                        known.join(", ")
                    }
                )))
            }
        },
    }
}

/// An error of what the judge needs.
pub(super) fn setup(message: impl Into<String>) -> JudgeError {
    JudgeError {
        kind: JudgeErrorKind::Setup,
        message: message.into(),
    }
}

/// Asks, and reads the reply by `read`; when that fails, asks once more with what was wrong.
///
/// # Errors
/// Fails when the call does, and as [`JudgeErrorKind::Unparseable`] when the second reply holds no verdict
/// either.
pub(super) async fn ask<T>(
    provider: &dyn Provider,
    question: Question<'_>,
    repeat: u32,
    read: impl Fn(&str) -> Result<T, String> + Send,
) -> Result<T, JudgeError> {
    let fence = fence(&question.material);
    let mut fill = question.fill;
    fill.push(("material", fenced(&question.material, &fence)));
    let mut messages = vec![
        Message::text(Role::System, filled(JUDGE, &[("fence", fence)])),
        Message::text(Role::User, filled(question.prompt, &fill)),
    ];
    let mut problem = String::new();
    for _ in 0..2 {
        let call = Call {
            request: ChatRequest {
                messages: messages.clone(),
                max_output_tokens: Some(MAX_OUTPUT_TOKENS),
                temperature: Some(0.0),
                response_format: Some(ResponseFormat::Schema {
                    name: question.name.to_owned(),
                    schema: question.schema.clone(),
                }),
                ..ChatRequest::default()
            },
            repeat,
            ..Call::default()
        };
        let reply = provider.call(&call).await.map_err(call_failed)?.chat;
        if reply.finish == Some(Finish::ContentFilter) {
            return Err(call_failed(CallError {
                kind: CallErrorKind::ContentFilter,
                provider: provider.name().to_owned(),
                message: "a filter withheld the judge model's verdict".to_owned(),
                status: None,
                retry_after: None,
                attempts: 1,
            }));
        }
        match read(&reply.text) {
            Ok(verdict) => return Ok(verdict),
            Err(wrong) => problem = wrong,
        }
        if let Some(refusal) = &reply.refusal {
            problem = format!("the model refused: {refusal}");
        } else if reply.finish == Some(Finish::Length) {
            problem = format!("{problem} (the reply was cut at {MAX_OUTPUT_TOKENS} tokens)");
        }
        messages.push(Message::text(Role::Assistant, reply.text));
        messages.push(Message::text(
            Role::User,
            filled(AGAIN, &[("problem", problem.clone())]),
        ));
    }
    Err(JudgeError {
        kind: JudgeErrorKind::Unparseable,
        message: format!(
            "{} gave no verdict, not even when asked again: {problem}",
            provider.name()
        ),
    })
}

fn call_failed(error: CallError) -> JudgeError {
    JudgeError {
        message: format!("the judge model could not be called: {error}"),
        kind: JudgeErrorKind::Call(error),
    }
}

/// A mark that no material contains, the same for the same material.
fn fence(material: &[Material<'_>]) -> String {
    let mut hash = material.iter().fold(0, |hash, (name, text)| {
        hash ^ fnv(name.as_bytes()) ^ fnv(text.as_bytes()).rotate_left(7)
    });
    loop {
        let fence = format!("{hash:016x}");
        if !material.iter().any(|(_, text)| text.contains(&fence)) {
            return fence;
        }
        hash = hash.wrapping_add(1);
    }
}

fn fenced(material: &[Material<'_>], fence: &str) -> String {
    let pieces = material
        .iter()
        .map(|(name, text)| format!("<<<{name} {fence}\n{text}\n{fence} {name}>>>"));
    pieces.collect::<Vec<_>>().join("\n\n")
}

/// A template with `{{name}}` filled in. What is filled in is not looked at again; other braces stay.
fn filled(template: &str, fill: &[(&str, String)]) -> String {
    let mut out = String::new();
    let mut rest = template.trim_end();
    while let Some((before, behind)) = rest.split_once("{{") {
        out.push_str(before);
        let value = behind.split_once("}}").and_then(|(name, after)| {
            fill.iter()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| (value, after))
        });
        match value {
            Some((value, after)) => {
                out.push_str(value);
                rest = after;
            }
            None => {
                out.push_str("{{");
                rest = behind;
            }
        }
    }
    out.push_str(rest);
    out
}

/// The material that most judges show: question, passages, reference, answer.
pub(super) fn material(exhibit: &Exhibit) -> Vec<Material<'_>> {
    let mut all = vec![("QUESTION".to_owned(), exhibit.question.as_str())];
    let passages = exhibit.passages.iter().enumerate();
    all.extend(passages.map(|(at, passage)| (format!("PASSAGE-{}", at + 1), passage.text.as_str())));
    if let Some(reference) = &exhibit.reference {
        all.push(("REFERENCE".to_owned(), reference));
    }
    all.push(("ANSWER".to_owned(), &exhibit.answer));
    all
}
