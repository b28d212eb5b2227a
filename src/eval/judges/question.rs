//! What our own judges ask: a prompt with its material fenced off, and the schema of the verdict.

use serde_json::Value;

use crate::provider::Call;
use crate::rng::fnv;
use crate::wire::{ChatRequest, Message, ResponseFormat, Role};

use super::Exhibit;

const JUDGE: &str = include_str!("prompts/judge.md");
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

impl Question<'_> {
    /// The call that asks it.
    pub(super) fn call(self) -> Call {
        let fence = fence(&self.material);
        let mut fill = self.fill;
        fill.push(("material", fenced(&self.material, &fence)));
        let messages = vec![
            Message::text(Role::System, filled(JUDGE, &[("fence", fence)])),
            Message::text(Role::User, filled(self.prompt, &fill)),
        ];
        Call {
            request: ChatRequest {
                messages,
                max_output_tokens: Some(MAX_OUTPUT_TOKENS),
                temperature: Some(0.0),
                response_format: Some(ResponseFormat::Schema {
                    name: self.name.to_owned(),
                    schema: self.schema,
                }),
                ..ChatRequest::default()
            },
            ..Call::default()
        }
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
pub(super) fn filled(template: &str, fill: &[(&str, String)]) -> String {
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
