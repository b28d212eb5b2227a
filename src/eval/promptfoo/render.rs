//! A prompt with a case's variables in it, as `renderPrompt` of promptfoo 0.121.20 fills it.
//!
//! A variable that is missing is empty here, as there: a prompt may have parts that only some tests fill. (What a check or a
//! rubric is filled with stays strict; see [`crate::eval::checks`].) Which variables are missing is told when the suite is
//! read.

use serde_json::{Map, Value, json};

use crate::eval::checks::render_loosely;
use crate::eval::suite::{Prompt, PromptForm, Staging};
use crate::source::{SourceFile, parse_yaml};
use crate::wire::{Content, Message, Role, ToolCall};

use super::script::ScriptFunction;

/// A function that makes prompts, and what it is told beside the variables.
#[derive(Debug, Clone, PartialEq)]
pub struct PromptFunction {
    /// The function.
    pub function: ScriptFunction,
    /// Its `config`.
    pub config: Value,
    /// The provider's identifier and label.
    pub provider: (String, String),
}

/// A prompt as it is sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Filled {
    /// The messages.
    pub messages: Vec<Message>,
    /// The text: what programs are given, and what judges and reports show.
    pub shown: String,
}

/// Fills a prompt of a promptfoo configuration.
///
/// # Errors
/// Says which template cannot be filled, or how a function failed.
pub async fn fill(prompt: &Prompt, staging: &Staging, variables: &Map<String, Value>) -> Result<Filled, String> {
    let told = |error: &dyn std::fmt::Display| format!("cannot fill the prompt {}: {error}", prompt.label);
    let (text, conversation) = match &prompt.form {
        PromptForm::Function { function, conversation } => (
            made(function, variables).await.map_err(|error| told(&error))?,
            *conversation,
        ),
        PromptForm::Nunjucks { conversation } => (staged(prompt, staging), *conversation),
        PromptForm::Jinja => (staged(prompt, staging), true),
    };
    let shown = filled(&text, variables).map_err(|error| told(&error))?;
    let messages = if conversation { messages(&shown) } else { None };
    let messages = messages.unwrap_or_else(|| vec![Message::text(Role::User, &shown)]);
    Ok(Filled { messages, shown })
}

fn staged(prompt: &Prompt, staging: &Staging) -> String {
    format!("{}{}{}", staging.prefix, prompt.text, staging.suffix)
}

/// The text that a function gives: text itself, the `prompt` of an object, or any other value as JSON.
async fn made(function: &PromptFunction, variables: &Map<String, Value>) -> Result<String, String> {
    let (id, label) = &function.provider;
    let context = json!({
        "vars": variables, "provider": {"id": id, "label": label}, "config": function.config,
    });
    let script = &function.function;
    let given = if script.is_whole_python_file() {
        script.run_file(vec![context.to_string()]).await
    } else {
        script.call("", vec![context]).await
    };
    match given.map_err(|fault| fault.to_string())? {
        Value::String(text) => Ok(text),
        Value::Object(mut map) => match map.remove("prompt") {
            Some(_) if map.get("config").is_some_and(|config| !config.is_null()) => {
                Err("the function changes the provider's settings (`config`), which is not supported".to_owned())
            }
            Some(Value::String(text)) => Ok(text),
            Some(other) => Ok(other.to_string()),
            None => Ok(Value::Object(map).to_string()),
        },
        list @ Value::Array(_) => Ok(list.to_string()),
        other => Err(format!("the function must give text or an object, and gave {other}")),
    }
}

/// A template filled: in JSON each text by itself, so that no variable breaks it.
fn filled(text: &str, variables: &Map<String, Value>) -> Result<String, String> {
    let looks_like_json = text.trim_start().starts_with(['[', '{', '"']);
    if looks_like_json && let Ok(value) = serde_json::from_str::<Value>(text) {
        let value = filled_json(&value, variables)?;
        return serde_json::to_string_pretty(&value).map_err(|error| error.to_string());
    }
    let mut own = variables.clone();
    for value in own.values_mut() {
        // A variable that is itself a template of other variables; what names an unknown one is text.
        if let Value::String(text) = value
            && has_marks(text)
            && !is_partial(text)
            && missing(text, variables).is_empty()
        {
            *text = render_loosely(text, variables).map_err(|error| error.to_string())?;
        }
    }
    if is_partial(text) {
        return Ok(text.to_owned());
    }
    render_loosely(text, &own).map_err(|error| error.to_string())
}

/// A JSON value with its texts filled, at any depth.
pub(super) fn filled_json(value: &Value, variables: &Map<String, Value>) -> Result<Value, String> {
    Ok(match value {
        Value::String(text) => Value::String(render_loosely(text, variables).map_err(|error| error.to_string())?),
        Value::Array(items) => Value::Array(
            items
                .iter()
                .map(|item| filled_json(item, variables))
                .collect::<Result<_, _>>()?,
        ),
        Value::Object(map) => {
            let entries = map
                .iter()
                .map(|(key, value)| Ok((key.clone(), filled_json(value, variables)?)));
            Value::Object(entries.collect::<Result<_, String>>()?)
        }
        other => other.clone(),
    })
}

fn has_marks(text: &str) -> bool {
    ["{{", "{%", "{#"].iter().any(|mark| text.contains(mark))
}

/// Whether a text opens a mark that it does not close in the same line. promptfoo sends such a text as it is: it is
/// more likely code than a template.
fn is_partial(text: &str) -> bool {
    if text.contains("{% raw %}") && text.contains("{% endraw %}") {
        return false;
    }
    let opened = |mark: &str, closer: char| {
        text.match_indices(mark).any(|(at, _)| {
            let rest = &text[at + mark.len()..];
            let end = rest.find('\n').unwrap_or(rest.len());
            !rest[..end].contains(closer)
        })
    };
    opened("{%", '%') || opened("{{", '}') || opened("{#", '#')
}

/// The variables that a template names and that are not there: the roots of `{{ name… }}`, `{% if name %}` and
/// `{% for … in name %}`.
pub(super) fn missing(template: &str, variables: &Map<String, Value>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let mut locals: Vec<String> = vec!["env".to_owned(), "loop".to_owned()];
    let mut rest = template;
    while let Some(at) = rest.find("{{").into_iter().chain(rest.find("{%")).min() {
        let is_value = rest[at..].starts_with("{{");
        let inner = &rest[at + 2..];
        let Some(end) = inner.find(if is_value { "}}" } else { "%}" }) else {
            break;
        };
        let code = inner[..end].trim_matches('-').trim();
        rest = &inner[end + 2..];
        let mut words = code.split_whitespace();
        let word = if is_value {
            words.next()
        } else {
            match words.next() {
                Some("if" | "elif") => words.next(),
                Some("for") => {
                    let (names, source) = code[3..].split_once(" in ").unwrap_or((code, ""));
                    locals.extend(names.split(',').map(|name| name.trim().to_owned()));
                    source.split_whitespace().next()
                }
                Some("set") => {
                    locals.extend(words.next().map(str::to_owned));
                    None
                }
                _ => None,
            }
        };
        let root: String = word
            .unwrap_or_default()
            .chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect();
        let is_name = root.starts_with(|c: char| c.is_alphabetic() || c == '_');
        let is_word = ["not", "true", "false", "none", "null"].contains(&root.as_str());
        if is_name && !is_word && !locals.contains(&root) && !variables.contains_key(&root) && !names.contains(&root) {
            names.push(root);
        }
    }
    names
}

/// The messages that a prompt is, as a JSON list, or YAML that begins with `- role:`; `None` when it is text.
fn messages(text: &str) -> Option<Vec<Message>> {
    let trimmed = text.trim();
    let value = if trimmed.starts_with("- role:") {
        let nodes = parse_yaml(&SourceFile::new("", text)).ok()?;
        nodes.first()?.to_json()
    } else if trimmed.starts_with('[') {
        serde_json::from_str(trimmed).ok()?
    } else {
        return None;
    };
    let Value::Array(items) = value else { return None };
    let messages: Option<Vec<Message>> = items.iter().map(message).collect();
    messages.filter(|messages| !messages.is_empty())
}

fn message(item: &Value) -> Option<Message> {
    let role = match item["role"].as_str()? {
        "system" | "developer" => Role::System,
        "user" => Role::User,
        "assistant" | "model" => Role::Assistant,
        "tool" | "function" => Role::Tool,
        _ => return None,
    };
    // Gemini's `parts` are its word for `content`.
    let content = match item.get("content").or_else(|| item.get("parts")) {
        Some(Value::String(text)) => vec![Content::Text(text.clone())],
        Some(Value::Array(parts)) => parts.iter().map(piece).collect(),
        Some(Value::Null) | None => Vec::new(),
        Some(_) => return None,
    };
    let text = |key: &str| item.get(key).and_then(Value::as_str).map(str::to_owned);
    let calls = item.get("tool_calls").and_then(Value::as_array).into_iter().flatten();
    Some(Message {
        role,
        content,
        tool_calls: calls.map(tool_call).collect::<Option<_>>()?,
        tool_call_id: text("tool_call_id"),
        name: text("name"),
    })
}

fn piece(part: &Value) -> Content {
    match (part["text"].as_str(), part["image_url"]["url"].as_str()) {
        (Some(text), _) => Content::Text(text.to_owned()),
        (None, Some(address)) => Content::Image(address.to_owned()),
        (None, None) => Content::Other(part.clone()),
    }
}

fn tool_call(call: &Value) -> Option<ToolCall> {
    let function = &call["function"];
    let arguments = match &function["arguments"] {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    Some(ToolCall {
        id: call["id"].as_str().unwrap_or_default().to_owned(),
        name: function["name"].as_str()?.to_owned(),
        arguments,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn sent(text: &str, variables: Value) -> Result<Filled, String> {
        let prompt = Prompt {
            label: "p".to_owned(),
            text: text.to_owned(),
            form: PromptForm::Nunjucks { conversation: true },
        };
        fill(&prompt, &Staging::default(), variables.as_object().unwrap()).await
    }

    /// Each text is what promptfoo 0.121.20 sends through its `echo` provider: `fixtures/promptfoo/configs/prompts.yaml`.
    #[tokio::test]
    async fn prompts_are_filled_as_promptfoo_fills_them() {
        for (template, expected) in [
            ("Hi {{ name }}, {{nothing}}.", "Hi Ada, ."),
            ("{% if nothing %}a{% else %}b{% endif %}{{ nothing.at.all }}", "b"),
            ("{{ list }} {{ list | length }} {{ map | dump }}", "a,b 2 {\"k\":1}"),
            ("{% for x in list %}{{ loop.index }}{{ x }}{% endfor %}", "1a2b"),
            ("{{ nested }}", "see Ada"),
            ("{{ unknown_inside }}", "see {{ nowhere }}"),
            ("code {{ open\nline", "code {{ open\nline"),
            ("{% raw %}{{ name }}{% endraw %}", "{{ name }}"),
            ("{{ name | upper | default('x') }}{{ nothing | default('y') }}", "ADAy"),
        ] {
            let variables = json!({
                "name": "Ada", "list": ["a", "b"], "map": {"k": 1}, "nested": "see {{ name | safe }}",
                "unknown_inside": "see {{ nowhere }}",
            });
            assert_eq!(sent(template, variables).await.unwrap().shown, expected, "{template}");
        }
    }

    #[tokio::test]
    async fn variables_never_break_json() {
        let filled = sent(
            r#"[{"role": "system", "content": "Be {{how}}"}, {"role": "user", "content": "{{q}}"}]"#,
            json!({"how": "kind", "q": "say \"hi\"\n"}),
        )
        .await
        .unwrap();
        assert_eq!(
            filled.messages,
            [
                Message::text(Role::System, "Be kind"),
                Message::text(Role::User, "say \"hi\"\n")
            ]
        );
        let yaml = sent("- role: user\n  content: 'x {{q}}'\n", json!({"q": "y"}))
            .await
            .unwrap();
        assert_eq!(yaml.messages, [Message::text(Role::User, "x y")]);
        let tools = sent(r#"[{"role": "assistant", "content": null, "tool_calls": [{"id": "1", "function": {"name": "f", "arguments": "{}"}}]}, {"role": "tool", "tool_call_id": "1", "content": "ok"}]"#, json!({})).await.unwrap();
        assert_eq!(
            (tools.messages[0].tool_calls[0].name.as_str(), tools.messages[1].role),
            ("f", Role::Tool)
        );
        // What is no conversation is text.
        assert_eq!(sent("[1, 2]", json!({})).await.unwrap().messages.len(), 1);
    }

    #[tokio::test]
    async fn prefix_and_suffix_stand_around_the_prompt() {
        let prompt = Prompt {
            label: String::new(),
            text: "{{q}}".to_owned(),
            form: PromptForm::Nunjucks { conversation: false },
        };
        let staging = Staging {
            prefix: "[{{lang}}] ".to_owned(),
            suffix: "!".to_owned(),
            ..Staging::default()
        };
        let variables = json!({"q": "hi", "lang": "en"});
        let filled = fill(&prompt, &staging, variables.as_object().unwrap()).await.unwrap();
        assert_eq!(filled.shown, "[en] hi!");
    }

    #[test]
    fn missing_variables_are_named() {
        let known = json!({"a": 1});
        let known = known.as_object().unwrap();
        let template = "{{ a }} {{ b.c | upper }} {% if d %}{% endif %} {% for x in e %}{{ x }}{% endfor %} {{ env.X }} {{ 'text' }} {% set f = 1 %}{{ f }}";
        assert_eq!(missing(template, known), ["b", "d", "e"]);
    }
}
