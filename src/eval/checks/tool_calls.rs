//! Tool calls: whether they are of the schema, and which tools were called.

use std::collections::BTreeSet;

use serde_json::Value;

use super::case::{Case, Judged, text_of};
use super::json::faults_of;
use super::template;
use crate::eval::judges::{JudgeError, Verdict};

/// The answer is a call of a known function with arguments of its schema (`is-valid-function-call`).
pub(super) fn function_call(case: &Case<'_>) -> Judged {
    let functions = functions(case)?;
    let call = case
        .output
        .get("function_call")
        .or_else(|| case.output.get(0))
        .unwrap_or(&case.output);
    let call = call.get("function").unwrap_or(call);
    let fault = call_fault(call, &functions);
    Ok(case.holds(fault.is_none(), || {
        format!(
            "be a valid function call{}",
            fault.map(|fault| format!(": {fault}")).unwrap_or_default()
        )
    }))
}

/// The answer is a list of calls of known tools, each with arguments of its schema (`is-valid-openai-tools-call`).
pub(super) fn tools_call(case: &Case<'_>) -> Judged {
    if case.text.contains("MCP Tool Error") {
        return Ok(case.holds(false, || "call a tool that succeeds; an MCP tool failed".to_owned()));
    }
    if case.text.contains("MCP Tool Result") {
        return Ok(case.holds(true, || "call no tool that succeeds".to_owned()));
    }
    let calls = case.output.get("tool_calls").unwrap_or(&case.output);
    let fault = match calls.as_array() {
        Some(calls) if !calls.is_empty() => {
            let functions = functions(case)?;
            calls
                .iter()
                .find_map(|call| call_fault(call.get("function").unwrap_or(&Value::Null), &functions))
        }
        _ => Some("it holds no tool calls".to_owned()),
    };
    Ok(case.holds(fault.is_none(), || {
        format!(
            "be valid tool calls{}",
            fault.map(|fault| format!(": {fault}")).unwrap_or_default()
        )
    }))
}

/// The F1 of the tools that were called against those expected, names alone, from 1 on (`tool-call-f1`). As in
/// promptfoo 0.121.20, the score stays the F1 when the check is negated.
pub(super) fn f1(case: &Case<'_>) -> Judged {
    let expected: BTreeSet<String> = match &case.value {
        Value::Array(items) if !items.is_empty() => items.iter().map(text_of).collect(),
        Value::String(text) => text.split(',').map(|name| name.trim().to_owned()).collect(),
        _ => return Err(case.fault("the value must be a list of tool names, or text divided by commas")),
    };
    let called = called(&case.output);
    #[expect(clippy::cast_precision_loss, reason = "tools are few")]
    let share = |whole: usize| {
        let common = expected.intersection(&called).count();
        if whole == 0 { 0.0 } else { common as f64 / whole as f64 }
    };
    let (precision, recall) = (share(called.len()), share(expected.len()));
    let f1 = if precision + recall > 0.0 {
        2.0 * precision * recall / (precision + recall)
    } else {
        0.0
    };
    let pass = (f1 >= case.check.threshold.unwrap_or(1.0)) != case.check.negate;
    let list = |names: &BTreeSet<String>| names.iter().cloned().collect::<Vec<_>>().join(", ");
    Ok(Verdict::scored(
        f1,
        pass,
        format!(
            "F1 {f1:.3}, precision {precision:.3}, recall {recall:.3}: expected [{}], called [{}]",
            list(&expected),
            list(&called)
        ),
    ))
}

/// A tool of this name was called, with these arguments among its own. The value is the name, or `name` and
/// `arguments`.
pub(super) fn calls_tool(case: &Case<'_>) -> Judged {
    let name = match &case.value {
        Value::String(name) => name.as_str(),
        value => value
            .get("name")
            .and_then(Value::as_str)
            .ok_or_else(|| case.fault("the value must be a tool's name, or have `name` and `arguments`"))?,
    };
    let expected = case.value.get("arguments");
    let calls: Vec<_> = case
        .exhibit
        .reply
        .chat
        .tool_calls
        .iter()
        .filter(|call| call.name == name)
        .collect();
    let named = if case.check.transform.is_none() && !calls.is_empty() {
        calls.iter().any(|call| {
            let arguments = serde_json::from_str(&call.arguments).unwrap_or_default();
            expected.is_none_or(|expected| holds_all(&arguments, expected))
        })
    } else {
        expected.is_none() && called(&case.output).contains(name)
    };
    Ok(case.holds(named, || {
        let with = expected.map(|expected| format!(" with {expected}")).unwrap_or_default();
        format!(
            "call `{name}`{with}; called are [{}]",
            called(&case.output).into_iter().collect::<Vec<_>>().join(", ")
        )
    }))
}

/// Whether every key of `expected` is in `actual` with that value; mappings are compared the same way.
fn holds_all(actual: &Value, expected: &Value) -> bool {
    match (actual, expected) {
        (Value::Object(actual), Value::Object(expected)) => expected
            .iter()
            .all(|(key, value)| actual.get(key).is_some_and(|own| holds_all(own, value))),
        (Value::Number(actual), Value::Number(expected)) => actual.as_f64() == expected.as_f64(),
        _ => actual == expected,
    }
}

fn call_fault(call: &Value, functions: &[Value]) -> Option<String> {
    let (Some(name), Some(arguments)) = (
        call.get("name").and_then(Value::as_str),
        call.get("arguments").and_then(Value::as_str),
    ) else {
        return Some("it has no name, or no arguments as text".to_owned());
    };
    let arguments: Value = match serde_json::from_str(arguments) {
        Ok(arguments) => arguments,
        Err(error) => return Some(format!("the arguments of `{name}` are not JSON: {error}")),
    };
    let function = functions
        .iter()
        .find(|function| function.get("name").and_then(Value::as_str) == Some(name));
    let Some(schema) = function.and_then(|function| function.get("parameters")) else {
        return Some(format!("there is no function `{name}` with parameters"));
    };
    match faults_of(schema, &arguments) {
        Ok(None) => None,
        Ok(Some(faults)) => Some(format!("the arguments of `{name}` are not of the schema: {faults}")),
        Err(fault) => Some(fault),
    }
}

/// The functions on offer: promptfoo takes those of the provider's `config`; whoever reads the suite puts them into
/// the check's `config` as `tools` or `functions`. Their texts may be templates.
fn functions(case: &Case<'_>) -> Result<Vec<Value>, JudgeError> {
    let list = |name: &str| case.check.config.as_ref().and_then(|config| config.get(name));
    let offered = list("tools").or_else(|| list("functions")).ok_or_else(|| {
        case.fault("the tools on offer are not known: the provider, or the check's `config`, must name them")
    })?;
    let mut offered = match offered {
        Value::String(path) => match path.strip_prefix("file://") {
            Some(path) => super::file::read_value(&case.check.base, path).map_err(|message| case.fault(message))?,
            None => return Err(case.fault("`tools` must be a list, or `file://…`")),
        },
        other => other.clone(),
    };
    fill(&mut offered, case)?;
    let Value::Array(offered) = offered else {
        return Err(case.fault("`tools` must be a list"));
    };
    Ok(offered
        .into_iter()
        .map(|mut tool| tool.get_mut("function").map(Value::take).unwrap_or(tool))
        .collect())
}

fn fill(value: &mut Value, case: &Case<'_>) -> Result<(), JudgeError> {
    match value {
        Value::String(text) => {
            *text = template::render(text, &case.exhibit.variables).map_err(|error| case.fault(error))?;
            Ok(())
        }
        Value::Array(items) => items.iter_mut().try_for_each(|item| fill(item, case)),
        Value::Object(map) => map.values_mut().try_for_each(|item| fill(item, case)),
        _ => Ok(()),
    }
}

/// The names of the tools that an answer calls, in any of the forms that providers give: `OpenAI`'s `tool_calls`,
/// Anthropic's `tool_use`, Gemini's `functionCall` and `toolCall`, and text in which such JSON stands, whole or by
/// lines.
fn called(output: &Value) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    match output {
        Value::String(text) => {
            if let Ok(parsed @ (Value::Object(_) | Value::Array(_))) = serde_json::from_str(text) {
                return called(&parsed);
            }
            for line in text.lines().map(str::trim).filter(|line| line.starts_with(['{', '['])) {
                if let Ok(parsed) = serde_json::from_str(line) {
                    names.extend(called(&parsed));
                }
            }
        }
        Value::Object(object) => {
            if let Some(Value::Array(calls)) = object.get("tool_calls") {
                for call in calls {
                    names.extend(text_at(call, &["function", "name"]));
                    names.extend(text_at(call, &["name"]));
                }
            } else if let Some(Value::Array(calls)) = output.pointer("/toolCall/functionCalls") {
                names.extend(calls.iter().filter_map(|call| text_at(call, &["name"])));
            } else {
                names.extend(block(output, false));
            }
        }
        Value::Array(items) => names.extend(items.iter().filter_map(|item| block(item, true))),
        _ => {}
    }
    names
}

/// The tool that one content block calls; in a list, a plain `name` counts too.
fn block(value: &Value, in_list: bool) -> Option<String> {
    if value.get("type").and_then(Value::as_str) == Some("tool_use") {
        return text_at(value, &["name"]);
    }
    if value.get("functionCall").is_some() {
        return text_at(value, &["functionCall", "name"]);
    }
    if !in_list {
        return None;
    }
    text_at(value, &["function", "name"]).or_else(|| text_at(value, &["name"]))
}

fn text_at(value: &Value, path: &[&str]) -> Option<String> {
    path.iter()
        .try_fold(value, |value, key| value.get(key))?
        .as_str()
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn calls_are_found_in_every_form() {
        let names = |output: &Value| called(output).into_iter().collect::<Vec<_>>().join(",");
        assert_eq!(names(&json!([{"function": {"name": "a"}}, {"name": "b"}])), "a,b");
        assert_eq!(names(&json!({"tool_calls": [{"function": {"name": "a"}}]})), "a");
        assert_eq!(
            names(&json!([{"type": "tool_use", "name": "t"}, {"type": "text", "text": "x"}])),
            "t"
        );
        assert_eq!(names(&json!({"functionCall": {"name": "g"}})), "g");
        assert_eq!(names(&json!({"toolCall": {"functionCalls": [{"name": "l"}]}})), "l");
        assert_eq!(
            names(&json!("Let me see.\n{\"type\": \"tool_use\", \"name\": \"t\"}\nDone")),
            "t"
        );
        assert_eq!(names(&json!("just text")), "");
    }
}
