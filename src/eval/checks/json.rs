//! JSON in the answer: `is-json`, `contains-json`.
//!
//! A schema is JSON Schema, draft 7 unless its `$schema` says otherwise, with formats checked, as in promptfoo
//! 0.121.20 (Ajv 8 with ajv-formats).

use jsonschema::{Draft, Validator};
use serde_json::Value;

use super::case::{Case, Judged};
use super::file::yaml_value;
use crate::eval::judges::{JudgeError, Verdict};

/// A piece of JSON inside an answer may have this many bytes.
const MAX_PIECE: usize = 100_000;
/// So many pieces that are no JSON are tried; each is read to its end, so that many of them take long.
const MOST_TRIES: usize = 1_000;

/// The answer is JSON, and of the schema if there is one.
pub(super) fn is_json(case: &Case<'_>) -> Judged {
    let schema = schema(case)?;
    let parsed = serde_json::from_str::<Value>(&case.text);
    let (Ok(answer), Some(schema)) = (&parsed, schema) else {
        return Ok(case.holds(parsed.is_ok(), || match &parsed {
            Ok(_) => "be JSON".to_owned(),
            Err(error) => format!("be JSON ({error})"),
        }));
    };
    let faults = faults(&schema, answer);
    Ok(case.holds(faults.is_none(), || {
        format!(
            "be JSON of the schema{}",
            faults.map(|faults| format!(": {faults}")).unwrap_or_default()
        )
    }))
}

/// The answer holds a JSON object, and one of the schema if there is one.
pub(super) fn contains_json(case: &Case<'_>) -> Judged {
    let schema = schema(case)?;
    let objects = objects_in(&case.text);
    let Some(schema) = schema else {
        return Ok(case.holds(!objects.is_empty(), || "contain a JSON object".to_owned()));
    };
    let mut told = None;
    let holds = objects.iter().any(|object| match faults(&schema, object) {
        None => true,
        Some(faults) => {
            told = Some(faults);
            false
        }
    });
    if objects.is_empty() {
        return Ok(Verdict::share(case.check.negate, "the answer holds no JSON object"));
    }
    Ok(case.holds(holds, || {
        format!(
            "contain a JSON object of the schema{}",
            told.map(|faults| format!(": {faults}")).unwrap_or_default()
        )
    }))
}

/// The objects in a text, in order: each from a `{` to its `}`. Inside, YAML's looser ways count too, as in
/// promptfoo: quotes may be missing, and a comma may stand before the end. One that never closes is closed at the end
/// of the text.
pub(super) fn objects_in(text: &str) -> Vec<Value> {
    let mut objects = Vec::new();
    let (mut from, mut tries) = (0, 0);
    while let Some(start) = text[from..].find('{').map(|at| from + at) {
        if tries == MOST_TRIES {
            break;
        }
        let piece = balanced(&text[start..]);
        let closed = piece.1;
        let mut candidate = piece.0.to_owned();
        candidate.extend(std::iter::repeat_n('}', closed));
        if let Some(object) = object_of(&candidate) {
            objects.push(object);
            from = start + piece.0.len();
        } else {
            from = start + 1;
            tries += 1;
        }
    }
    objects
}

/// The text up to the brace that closes its first one, and how many are still open at the end.
fn balanced(text: &str) -> (&str, usize) {
    let mut open = 0_usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'{' => open += 1,
            b'}' => open -= 1,
            _ => {}
        }
        if open == 0 {
            return (&text[..=at], 0);
        }
        if at >= MAX_PIECE && text.is_char_boundary(at + 1) {
            return (&text[..=at], open);
        }
    }
    (text, open)
}

fn object_of(piece: &str) -> Option<Value> {
    let value = serde_json::from_str(piece).ok().or_else(|| yaml_value(piece).ok())?;
    matches!(value, Value::Object(_)).then_some(value)
}

fn schema(case: &Case<'_>) -> Result<Option<Validator>, JudgeError> {
    let schema = match &case.value {
        Value::Null | Value::Bool(false) => return Ok(None),
        Value::String(text) if text.is_empty() => return Ok(None),
        Value::String(text) => {
            yaml_value(text).map_err(|error| case.fault(format!("the schema is not YAML: {error}")))?
        }
        other => other.clone(),
    };
    let compiled = jsonschema::options()
        .with_draft(draft(&schema))
        .should_validate_formats(true)
        .build(&schema)
        .map_err(|error| case.fault(format!("the schema is none: {error}")))?;
    Ok(Some(compiled))
}

/// A schema compiled as Ajv would; also for the arguments of tool calls.
pub(super) fn faults_of(schema: &Value, value: &Value) -> Result<Option<String>, String> {
    let compiled = jsonschema::options()
        .with_draft(draft(schema))
        .should_validate_formats(true)
        .build(schema)
        .map_err(|error| format!("the schema is none: {error}"))?;
    Ok(faults(&compiled, value))
}

fn draft(schema: &Value) -> Draft {
    match schema.get("$schema").and_then(Value::as_str) {
        Some(name) if name.contains("2020-12") => Draft::Draft202012,
        Some(name) if name.contains("2019-09") => Draft::Draft201909,
        Some(name) if name.contains("draft-06") => Draft::Draft6,
        Some(name) if name.contains("draft-04") => Draft::Draft4,
        _ => Draft::Draft7,
    }
}

/// The first three faults.
fn faults(schema: &Validator, value: &Value) -> Option<String> {
    let told: Vec<_> = schema
        .iter_errors(value)
        .take(3)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    (!told.is_empty()).then(|| told.join("; "))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn objects_are_found_in_prose() {
        assert_eq!(
            objects_in("Here: {\"a\": {\"b\": 1}} and {\"c\": [2]}."),
            [json!({"a": {"b": 1}}), json!({"c": [2]})]
        );
        assert_eq!(objects_in("```json\n{\"a\": 1,}\n```"), [json!({"a": 1})]);
        assert_eq!(objects_in("{\"a\": {\"b\": 1}"), [json!({"a": {"b": 1}})]);
        assert!(objects_in("no object }").is_empty());
    }
}
