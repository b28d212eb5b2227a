//! What one check sees of one answer.

use serde_json::{Map, Value, json};

use super::check::Check;
use super::{file, script, template};
use crate::eval::judges::{Exhibit, JudgeError, Tools, Verdict, aside, setup};
use crate::wire::ToolCall;

/// What comes of judging.
pub(super) type Judged = Result<Verdict, JudgeError>;

/// One check at one answer: templates filled, files read, transforms applied.
pub(super) struct Case<'a> {
    pub(super) check: &'a Check,
    pub(super) exhibit: &'a Exhibit,
    pub(super) tools: &'a Tools,
    /// The answer as promptfoo hands it to assertions: text, or JSON when the provider gave tool calls or
    /// JSON, or a transform made something else of it.
    pub(super) output: Value,
    /// The same as text.
    pub(super) text: String,
    /// The check's value, filled in.
    pub(super) value: Value,
    /// The value came out of a script that the check names.
    pub(super) from_script: bool,
}

impl<'a> Case<'a> {
    /// Fills the templates, reads the files, runs the transform.
    pub(super) async fn prepare(check: &'a Check, exhibit: &'a Exhibit, tools: &'a Tools) -> Result<Self, JudgeError> {
        let mut case = Self {
            check,
            exhibit,
            tools,
            output: output_of(exhibit),
            text: String::new(),
            value: Value::Null,
            from_script: false,
        };
        if let Some(code) = &check.transform {
            case.output = script::transform(&case, code, "transform").await?;
        }
        case.text = text_of(&case.output);
        case.fill_value().await?;
        Ok(case)
    }

    /// Judges aside ([`aside`]): for kinds that run a model in this process.
    pub(super) async fn aside(&self, judge: impl FnOnce(&Case<'_>) -> Judged + Send + 'static) -> Judged {
        let (check, exhibit, tools) = (self.check.clone(), self.exhibit.clone(), self.tools.clone());
        let (output, text, value, from_script) = (
            self.output.clone(),
            self.text.clone(),
            self.value.clone(),
            self.from_script,
        );
        let work = move || {
            judge(&Case {
                check: &check,
                exhibit: &exhibit,
                tools: &tools,
                output,
                text,
                value,
                from_script,
            })
        };
        aside(work).await
    }

    async fn fill_value(&mut self) -> Result<(), JudgeError> {
        self.value = match &self.check.value {
            Value::String(text) => match text.strip_prefix("file://") {
                Some(path) if script::is_script(path) => {
                    self.from_script = true;
                    let value = script::call_file(self, path, "get_assert").await?;
                    if !self.check.kind.is_script() {
                        self.refuse_as_value(&value)?;
                    }
                    value
                }
                Some(path) => file::read_value(&self.check.base, path).map_err(|message| self.fault(message))?,
                None => Value::String(self.fill(text, "value")?),
            },
            Value::Array(items) => Value::Array(
                items
                    .iter()
                    .map(|item| match item {
                        Value::String(text) => match text.strip_prefix("file://") {
                            Some(path) => {
                                file::read_value(&self.check.base, path).map_err(|message| self.fault(message))
                            }
                            None => Ok(Value::String(self.fill(text, "value")?)),
                        },
                        other => Ok(other.clone()),
                    })
                    .collect::<Result<_, _>>()?,
            ),
            other => other.clone(),
        };
        Ok(())
    }

    /// Only `javascript` and `python` may answer with a verdict; elsewhere a script gives what to compare with.
    fn refuse_as_value(&self, value: &Value) -> Result<(), JudgeError> {
        let what = match value {
            Value::Bool(_) => "a boolean",
            Value::Object(map) if map.contains_key("pass") => "a verdict",
            _ => return Ok(()),
        };
        Err(self.fault(format!(
            "the script gave {what}, but here it must give the value to compare with"
        )))
    }

    /// A template filled with the case's variables.
    pub(super) fn fill(&self, text: &str, what: &str) -> Result<String, JudgeError> {
        template::render(text, &self.exhibit.variables).map_err(|error| self.fault(format!("{what}: {error}")))
    }

    /// A fault of this check's set-up.
    pub(super) fn fault(&self, message: impl std::fmt::Display) -> JudgeError {
        self.located(setup(message.to_string()))
    }

    /// An error that says which check met it, and where that stands.
    pub(super) fn located(&self, error: JudgeError) -> JudgeError {
        JudgeError {
            message: format!("`{}` at {}: {}", self.check.label, self.check.place, error.message),
            ..error
        }
    }

    /// The value as text.
    pub(super) fn value_text(&self) -> Result<&str, JudgeError> {
        self.value.as_str().ok_or_else(|| self.fault("the value must be text"))
    }

    /// The value as text that is not empty.
    pub(super) fn value_words(&self) -> Result<&str, JudgeError> {
        match self.value.as_str() {
            Some(text) if !text.is_empty() => Ok(text),
            _ => Err(self.fault("the value must be text, and not empty")),
        }
    }

    /// The value as one or several texts.
    pub(super) fn value_texts(&self) -> Result<Vec<&str>, JudgeError> {
        match &self.value {
            Value::String(text) => Ok(vec![text]),
            Value::Array(items) if !items.is_empty() => items
                .iter()
                .map(|item| item.as_str().ok_or_else(|| self.fault("each value must be text")))
                .collect(),
            _ => Err(self.fault("the value must be text, or a list of texts")),
        }
    }

    /// All or nothing, turned round when the check is negated. `expectation` reads after "Expected the answer to "
    /// or "… not to ".
    pub(super) fn holds(&self, holds: bool, expectation: impl FnOnce() -> String) -> Verdict {
        let pass = holds != self.check.negate;
        if pass {
            Verdict::share(true, "as expected")
        } else {
            let not = if self.check.negate { "not " } else { "" };
            Verdict::share(false, format!("expected the answer {not}to {}", expectation()))
        }
    }

    /// A score against a threshold: passes from the threshold on; negated, it passes below, and the score is
    /// what is missing to 1.
    pub(super) fn at_least(&self, score: f64, threshold: f64, what: &str) -> Verdict {
        let pass = (score >= threshold) != self.check.negate;
        let shown = if self.check.negate { 1.0 - score } else { score };
        let sign = if score >= threshold { "at least" } else { "below" };
        Verdict::scored(shown, pass, format!("{what} {score:.4} is {sign} {threshold}"))
    }

    /// The variables with more beside them; what is added wins.
    pub(super) fn variables_with(&self, more: impl IntoIterator<Item = (&'static str, Value)>) -> Map<String, Value> {
        let mut variables = self.exhibit.variables.clone();
        for (name, value) in more {
            variables.insert(name.to_owned(), value);
        }
        variables
    }

    /// A number of the check's `config`.
    pub(super) fn setting(&self, name: &str) -> Option<f64> {
        self.check.config.as_ref()?.get(name)?.as_f64()
    }
}

/// A value as promptfoo turns outputs into text: text stays, all else becomes JSON.
pub(super) fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The answer as promptfoo's providers give it: `OpenAI`'s tool calls as a list, or the whole message when there
/// is text beside them; JSON of an HTTP or command provider as it came; else text.
fn output_of(exhibit: &Exhibit) -> Value {
    let calls = &exhibit.reply.chat.tool_calls;
    if !calls.is_empty() && exhibit.answer == exhibit.reply.chat.text {
        let list = Value::Array(calls.iter().map(call_json).collect());
        return if exhibit.answer.is_empty() {
            list
        } else {
            json!({"role": "assistant", "content": exhibit.answer, "tool_calls": list})
        };
    }
    if let Some(raw @ (Value::Object(_) | Value::Array(_))) = &exhibit.reply.raw
        && serde_json::from_str::<Value>(&exhibit.answer).is_ok_and(|parsed| parsed == *raw)
    {
        return raw.clone();
    }
    Value::String(exhibit.answer.clone())
}

fn call_json(call: &ToolCall) -> Value {
    json!({
        "id": call.id,
        "type": "function",
        "function": {"name": call.name, "arguments": call.arguments},
    })
}
