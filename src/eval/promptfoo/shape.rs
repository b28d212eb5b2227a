//! What is judged, made out of an answer: the transforms of providers and tests.

use serde_json::{Map, Value, json};

use crate::eval::checks::evaluate;
use crate::eval::suite::{Shaping, SuiteError};
use crate::provider::Reply;
use crate::source::Entry;
use crate::wire::ToolCall;

use super::document::Home;
use super::script::ScriptFunction;

/// Shapes an answer as promptfoo 0.121.20 does: JSON by contract becomes a value, then the provider's transform runs on
/// it, then the test's. What is judged is told in the reply's `raw` when it is no text, and as text besides.
///
/// # Errors
/// Says what a transform threw, or that it gave nothing: then the case has not passed.
pub async fn shape(
    mut reply: Reply,
    shapings: [&Shaping; 2],
    variables: &Map<String, Value>,
    prompt: &str,
) -> Result<(String, Reply), String> {
    let is_plain = shapings
        .iter()
        .all(|shaping| !shaping.json && shaping.transform.is_none());
    if is_plain {
        return Ok((reply.chat.text.clone(), reply));
    }
    let context = json!({"vars": variables, "prompt": {"raw": prompt, "label": prompt}});
    let mut output = output_of(&reply);
    for shaping in shapings {
        if shaping.json
            && let Some(value) = output.as_str().and_then(|text| serde_json::from_str(text).ok())
        {
            output = value;
        }
        if let Some(transform) = &shaping.transform {
            output = transform.run(output, &context).await?;
        }
    }
    match output {
        Value::String(text) => {
            reply.raw = None;
            Ok((text, reply))
        }
        value => {
            let text = value.to_string();
            reply.raw = Some(value);
            Ok((text, reply))
        }
    }
}

/// JavaScript that makes what is judged out of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Transform {
    /// An expression, or a function body when it has several lines.
    Inline(String),
    /// A function of a file; of a Python file that names none, `get_transform`.
    Function(ScriptFunction),
}

impl Transform {
    /// Reads a `transform` of a provider or a test.
    pub(super) fn read(entry: &Entry, home: &Home) -> Result<Self, SuiteError> {
        let node = &entry.value;
        let Some(code) = node.as_str() else {
            return Err(SuiteError::at(
                &node.place,
                format!(
                    "`{}` must be JavaScript or `file://…`, and this is {}",
                    entry.key.text,
                    node.kind()
                ),
            ));
        };
        if !code.starts_with("file://") {
            return Ok(Self::Inline(code.to_owned()));
        }
        let function = ScriptFunction::find(&node.place, &home.folder, code, &home.programs)?;
        let wrong = || SuiteError::at(&node.place, format!("`{code}` is no .js, .ts or .py file"));
        Ok(Self::Function(function.ok_or_else(wrong)?))
    }

    async fn run(&self, output: Value, context: &Value) -> Result<Value, String> {
        let (given, name) = match self {
            Self::Function(function) => {
                let given = function.call("get_transform", vec![output, context.clone()]).await;
                (given.map_err(|fault| fault.to_string()), format!("of {function}"))
            }
            Self::Inline(code) => {
                let body = if code.contains('\n') {
                    code.clone()
                } else {
                    format!("return {code}")
                };
                let given = evaluate(&body, "output", output, context.clone()).await?;
                (given.map_err(|thrown| format!("it threw {thrown}")), shortened(code))
            }
        };
        match given {
            Ok(Value::Null) => Err(format!("the transform {name} gave nothing")),
            given => given.map_err(|why| format!("the transform {name}: {why}")),
        }
    }
}

fn shortened(code: &str) -> String {
    let line = code.split_whitespace().collect::<Vec<_>>().join(" ");
    format!("`{}`", line.chars().take(80).collect::<String>())
}

/// The answer as promptfoo's providers give it: tool calls as a list, or as a message when there is text beside them; JSON
/// of a program or an HTTP endpoint as it came; else text.
fn output_of(reply: &Reply) -> Value {
    let calls = &reply.chat.tool_calls;
    let text = &reply.chat.text;
    if !calls.is_empty() {
        let list: Value = calls.iter().map(call).collect();
        return if text.is_empty() {
            list
        } else {
            json!({"role": "assistant", "content": text, "tool_calls": list})
        };
    }
    match &reply.raw {
        Some(raw @ (Value::Object(_) | Value::Array(_)))
            if serde_json::from_str::<Value>(text).is_ok_and(|own| own == *raw) =>
        {
            raw.clone()
        }
        _ => Value::String(text.clone()),
    }
}

fn call(call: &ToolCall) -> Value {
    json!({"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}})
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::promptfoo::providers::answer::text_reply;

    async fn shaped(text: &str, shapings: [Shaping; 2]) -> Result<(String, Option<Value>), String> {
        let variables = json!({"n": 2});
        let reply = text_reply(text);
        let (text, reply) = shape(reply, [&shapings[0], &shapings[1]], variables.as_object().unwrap(), "p").await?;
        Ok((text, reply.raw))
    }

    fn code(code: &str) -> Shaping {
        Shaping {
            transform: Some(Transform::Inline(code.to_owned())),
            ..Shaping::default()
        }
    }

    #[tokio::test]
    async fn the_providers_transform_runs_before_the_tests() {
        let both = [
            code("output.toUpperCase()"),
            code("const s = output + context.vars.n;\nreturn s;"),
        ];
        assert_eq!(shaped("a", both).await.unwrap(), ("A2".to_owned(), None));
        let value = [code("({answer: output})"), Shaping::default()];
        assert_eq!(
            shaped("a", value).await.unwrap(),
            ("{\"answer\":\"a\"}".to_owned(), Some(json!({"answer": "a"})))
        );
        assert_eq!(
            shaped("a", [Shaping::default(), Shaping::default()]).await.unwrap(),
            ("a".to_owned(), None)
        );
    }

    #[tokio::test]
    async fn json_by_contract_is_a_value() {
        let contract = || Shaping {
            json: true,
            ..Shaping::default()
        };
        let read = shaped("{\"a\": [1]}", [contract(), code("output.a[0]")]).await.unwrap();
        assert_eq!(read, ("1".to_owned(), Some(json!(1))));
        assert_eq!(
            shaped("no json", [contract(), Shaping::default()]).await.unwrap().0,
            "no json"
        );
    }

    #[tokio::test]
    async fn what_fails_is_told() {
        let failed = |code_text: &'static str| shaped("a", [code(code_text), Shaping::default()]);
        assert!(failed("null").await.unwrap_err().contains("gave nothing"));
        assert!(failed("JSON.parse(output)").await.unwrap_err().contains("threw"));
    }
}
