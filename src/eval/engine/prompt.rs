//! From a question and its passages to what a model is sent.

use serde_json::{Map, Value, json};

use crate::eval::checks;
use crate::eval::promptfoo;
use crate::eval::suite::{Case, Prompt, PromptForm, Staging};
use crate::provider::Reply;
use crate::retrieve::Passage;
use crate::wire::{ChatReply, Finish, Message, Role};

/// What is sent where a suite names no prompt and passages were found.
const WITH_PASSAGES: &str = "Answer the question from the passages alone, in one to three sentences. \
If they do not answer it, say that you do not know.

{% for passage in passages %}[{{ loop.index }}] {{ passage.id }}
{{ passage.text }}

{% endfor %}Question: {{ question }}";

/// What is sent where nothing is retrieved.
const ALONE: &str = "{{ question }}";

/// A prompt as it was sent.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Rendered {
    /// The messages.
    pub(super) messages: Vec<Message>,
    /// The text of the one message, or the messages as JSON: what judges and reports show.
    pub(super) shown: String,
}

/// The variables of a case's prompt: its own, and `question`, `passages`, `context`.
pub(super) fn variables(question: &str, passages: &[Passage], own: &Map<String, Value>) -> Map<String, Value> {
    let mut variables = own.clone();
    let mut set = |name: &str, value: Value| {
        variables.entry(name.to_owned()).or_insert(value);
    };
    set("question", question.into());
    let shown = passages.iter().map(|passage| {
        json!({
            "id": passage.id, "document": passage.document, "headings": passage.headings, "text": passage.text,
        })
    });
    set("passages", shown.collect());
    let texts: Vec<&str> = passages.iter().map(|passage| passage.text.as_str()).collect();
    set("context", texts.join("\n\n").into());
    variables
}

/// Fills the prompt of a case: ours, or as promptfoo does it where the suite comes from there.
pub(super) async fn fill(
    prompt: Option<&Prompt>,
    case: &Case,
    variables: &Map<String, Value>,
    has_passages: bool,
) -> Result<Rendered, String> {
    match prompt.filter(|prompt| prompt.form != PromptForm::Jinja || case.staging != Staging::default()) {
        Some(prompt) => {
            let promptfoo::Filled { messages, shown } = promptfoo::fill(prompt, &case.staging, variables).await?;
            Ok(Rendered { messages, shown })
        }
        None => render(prompt, variables, has_passages),
    }
}

/// An answer that the suite gives itself, so that none is asked for.
pub(super) fn given(answer: &Value) -> Reply {
    Reply {
        chat: ChatReply {
            id: String::new(),
            model: String::new(),
            text: answer.as_str().map_or_else(|| answer.to_string(), str::to_owned),
            refusal: None,
            tool_calls: Vec::new(),
            finish: Some(Finish::Stop),
            usage: None,
        },
        latency_ms: 0.0,
        first_token_ms: None,
        cost_usd: None,
        attempts: 0,
        raw: (!answer.is_string()).then(|| answer.clone()),
        trace: None,
    }
}

/// Fills a prompt. A variable that is not there is an error: what a model is asked must be what was meant.
pub(super) fn render(
    prompt: Option<&Prompt>,
    variables: &Map<String, Value>,
    has_passages: bool,
) -> Result<Rendered, String> {
    let (label, text) = match prompt {
        Some(prompt) => (prompt.label.as_str(), prompt.text.as_str()),
        None if has_passages => ("the built-in prompt", WITH_PASSAGES),
        None => ("the built-in prompt", ALONE),
    };
    let filled = checks::render(text, variables).map_err(|error| format!("cannot fill the prompt {label}: {error}"))?;
    let messages = conversation(&filled).unwrap_or_else(|| vec![Message::text(Role::User, &filled)]);
    Ok(Rendered {
        messages,
        shown: filled,
    })
}

/// A prompt that is itself a JSON list of messages is sent as those.
fn conversation(text: &str) -> Option<Vec<Message>> {
    let trimmed = text.trim_start();
    if !trimmed.starts_with('[') {
        return None;
    }
    let Value::Array(items) = serde_json::from_str(trimmed).ok()? else {
        return None;
    };
    let message = |item: &Value| {
        let role = match item["role"].as_str()? {
            "system" | "developer" => Role::System,
            "user" => Role::User,
            "assistant" => Role::Assistant,
            _ => return None,
        };
        Some(Message::text(role, item["content"].as_str()?))
    };
    let messages: Option<Vec<Message>> = items.iter().map(message).collect();
    messages.filter(|messages| !messages.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill_in(text: &str, variables: Value) -> Result<Rendered, String> {
        let Value::Object(variables) = variables else { panic!() };
        let prompt = Prompt {
            label: "p".to_owned(),
            text: text.to_owned(),
            form: PromptForm::Jinja,
        };
        render(Some(&prompt), &variables, false)
    }

    #[test]
    fn a_prompt_is_filled_and_a_missing_variable_is_an_error() {
        let sent = fill_in("Hello {{ name }}!", json!({"name": "Ann"})).unwrap();
        assert_eq!(sent.messages, [Message::text(Role::User, "Hello Ann!")]);
        let error = fill_in("Hello {{ nmae }}!", json!({"name": "Ann"})).unwrap_err();
        assert!(
            error.contains("cannot fill the prompt p") && error.contains("nmae"),
            "{error}"
        );
    }

    #[test]
    fn a_list_of_messages_is_sent_as_messages() {
        let text =
            r#"[{"role": "system", "content": "Be brief."}, {"role": "user", "content": {{ question | tojson }}}]"#;
        let sent = fill_in(text, json!({"question": "Say \"hi\""})).unwrap();
        assert_eq!(sent.messages.len(), 2);
        assert_eq!(sent.messages[1], Message::text(Role::User, "Say \"hi\""));
        // A list that is no conversation is text.
        assert_eq!(fill_in("[1, 2]", json!({})).unwrap().messages.len(), 1);
    }

    #[test]
    fn the_built_in_prompt_shows_the_passages() {
        let passage = Passage {
            id: "a.md#x".to_owned(),
            document: "a.md".to_owned(),
            headings: vec!["X".to_owned()],
            text: "Thirty days.".to_owned(),
            bytes: 0..12,
        };
        let variables = variables("How long?", &[passage], &Map::new());
        let sent = render(None, &variables, true).unwrap();
        assert!(sent.shown.contains("[1] a.md#x\nThirty days.\n"), "{}", sent.shown);
        assert!(sent.shown.ends_with("Question: How long?"));
    }
}
