//! Answers that the user wrote down.
//!
//! ```yaml
//! - when: {prompt: refund, model: "gpt-*"}
//!   say: Refunds take seven days.
//! - when: {prompt: /weather in \w+/}
//!   call: {name: weather, arguments: {city: Oslo}}
//! - refuse: I can't help with that.
//! ```

use std::path::Path;

use regex::Regex;
use serde_json::Value;

use super::Said;
use crate::chaos::emulate::Call;
use crate::read::{Fields, FormError};
use crate::source::{Data, Node, SourceFile, parse_yaml};
use crate::wire::{Finish, ToolCall};

/// The most bytes of a script, and of what a pattern in it may take.
const LARGEST: u64 = 8 << 20;
const REGEX_LIMIT: usize = 1 << 20;

/// A script: the first entry that fits answers.
#[derive(Debug)]
pub struct Script {
    entries: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    prompt: Option<Pattern>,
    model: Option<globset::GlobMatcher>,
    said: Said,
}

#[derive(Debug)]
enum Pattern {
    Has(String),
    Matches(Regex),
}

impl Script {
    /// Reads a script's file.
    ///
    /// # Errors
    /// Fails at the first thing that is wrong, with its place.
    pub fn read(path: &Path) -> Result<Self, FormError> {
        let unreadable = |error: std::io::Error| FormError::file(path, error.to_string());
        if std::fs::metadata(path).map_err(unreadable)?.len() > LARGEST {
            return Err(FormError::file(path, format!("a script has at most {LARGEST} bytes")));
        }
        Self::parse(path, std::fs::read_to_string(path).map_err(unreadable)?)
    }

    fn parse(path: &Path, text: String) -> Result<Self, FormError> {
        let file = SourceFile::new(path, text);
        let documents = parse_yaml(&file).map_err(|error| FormError::parse(path, error))?;
        let entries = documents.first().and_then(Node::as_seq);
        let entries = entries.ok_or_else(|| FormError::file(path, "a script is a list of `- when: … say: …`"))?;
        let entries = entries.iter().map(Entry::read).collect::<Result<_, _>>()?;
        Ok(Self { entries })
    }

    /// The answer to a call, when the script knows one.
    #[must_use]
    pub fn answer(&self, call: &Call) -> Option<Said> {
        let prompt = call.prompt();
        let fits = |entry: &&Entry| {
            entry
                .model
                .as_ref()
                .is_none_or(|model| model.is_match(&call.request.model))
                && match &entry.prompt {
                    None => true,
                    Some(Pattern::Has(text)) => prompt.contains(text.as_str()),
                    Some(Pattern::Matches(regex)) => regex.is_match(&prompt),
                }
        };
        self.entries.iter().find(fits).map(|entry| entry.said.clone())
    }
}

impl Entry {
    fn read(node: &Node) -> Result<Self, FormError> {
        let fields = Fields::new(node, "an answer", &["when", "say", "call", "refuse", "finish"])?;
        let mut entry = Self {
            prompt: None,
            model: None,
            said: Said {
                text: fields.text("say")?.unwrap_or_default(),
                refusal: fields.text("refuse")?,
                ..Said::default()
            },
        };
        if let Some(node) = fields.get("when") {
            let when = Fields::new(node, "`when`", &["prompt", "model"])?;
            entry.prompt = when.get("prompt").map(pattern).transpose()?;
            if let Some(model) = when.text("model")? {
                let glob = globset::Glob::new(&model).map_err(|error| FormError::at(&node.place, error.to_string()))?;
                entry.model = Some(glob.compile_matcher());
            }
        }
        for node in fields.get("call").into_iter().flat_map(one_or_more) {
            let call = Fields::new(node, "`call`", &["name", "arguments"])?;
            let arguments = match call.get("arguments").map(|node| (&node.data, json(node))) {
                None => "{}".to_owned(),
                // A text stands as it is, so that a script can have broken arguments.
                Some((Data::Str(text), _)) => text.clone(),
                Some((_, value)) => value.to_string(),
            };
            entry.said.tool_calls.push(ToolCall {
                id: String::new(),
                name: call.required("name")?.scalar_text().unwrap_or_default(),
                arguments,
            });
        }
        entry.said.finish = fields
            .word(
                "finish",
                &[("stop", 0), ("length", 1), ("content_filter", 2), ("refusal", 3)],
            )?
            .map(|at| [Finish::Stop, Finish::Length, Finish::ContentFilter, Finish::Refusal][at].clone());
        if entry.said == Said::default() {
            return Err(FormError::at(
                &node.place.first_line(),
                "an answer needs `say`, `call` or `refuse`",
            ));
        }
        Ok(entry)
    }
}

fn one_or_more(node: &Node) -> Vec<&Node> {
    node.as_seq().map_or_else(|| vec![node], |items| items.iter().collect())
}

fn pattern(node: &Node) -> Result<Pattern, FormError> {
    let text = node.scalar_text().unwrap_or_default();
    let Some(regex) = text.strip_prefix('/').and_then(|it| it.strip_suffix('/')) else {
        return Ok(Pattern::Has(text));
    };
    let built = regex::RegexBuilder::new(regex).size_limit(REGEX_LIMIT).build();
    built
        .map(Pattern::Matches)
        .map_err(|error| FormError::at(&node.place, error.to_string()))
}

fn json(node: &Node) -> Value {
    match &node.data {
        Data::Seq(items) => items.iter().map(json).collect(),
        Data::Map(_) => Value::Object(
            node.entries()
                .map(|it| (it.key.text.clone(), json(&it.value)))
                .collect(),
        ),
        Data::Bool(value) => (*value).into(),
        Data::Null => Value::Null,
        _ => match (node.as_u64(), node.as_f64(), node.scalar_text()) {
            (Some(count), ..) => count.into(),
            (_, Some(number), _) => number.into(),
            (_, _, text) => text.into(),
        },
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::call;
    use super::*;

    const SCRIPT: &str = "
- when: {prompt: refund, model: 'gpt-*'}
  say: Refunds take seven days.
- when: {prompt: /weather in \\w+/}
  call: {name: weather, arguments: {city: Oslo, days: 2}}
- refuse: I can't.
";

    fn said(script: &Script, model: &str, prompt: &str) -> Said {
        let body = json!({ "model": model, "messages": [{ "role": "user", "content": prompt }] });
        script.answer(&call(&body)).unwrap()
    }

    #[test]
    fn the_first_entry_that_fits_answers() {
        let script = Script::parse(Path::new("answers.yaml"), SCRIPT.to_owned()).unwrap();
        assert_eq!(said(&script, "gpt-4o", "a refund?").text, "Refunds take seven days.");
        assert_eq!(
            said(&script, "claude", "a refund?").refusal.as_deref(),
            Some("I can't.")
        );
        let call = &said(&script, "m", "weather in Oslo").tool_calls[0];
        assert_eq!(
            (call.name.as_str(), call.arguments.as_str()),
            ("weather", "{\"city\":\"Oslo\",\"days\":2}")
        );
    }

    #[test]
    fn wrong_scripts_say_where() {
        for (text, expected) in [
            ("say: x", "list"),
            ("- when: {}", "needs `say`"),
            ("- sya: x", "did you mean `say`"),
            ("- {when: {prompt: '/(/'}, say: x}", "1:"),
        ] {
            let error = Script::parse(Path::new("a.yaml"), text.to_owned())
                .unwrap_err()
                .to_string();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
