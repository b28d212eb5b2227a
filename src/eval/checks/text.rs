//! Texts in the answer: `equals`, the `contains` family, `starts-with`, `regex`.
//!
//! Behaviour after promptfoo 0.121.20. Upper and lower case are told apart as Unicode does.

use serde_json::Value;

use super::case::{Case, Judged};
use super::script;
use crate::eval::judges::JudgeError;

/// The answer is exactly the value; a list or mapping is compared with the answer read as JSON.
#[expect(clippy::unnecessary_wraps, reason = "the form of every kind in the registry")]
pub(super) fn equals(case: &Case<'_>) -> Judged {
    let holds = match &case.value {
        value @ (Value::Object(_) | Value::Array(_) | Value::Null) => {
            serde_json::from_str::<Value>(&case.text).is_ok_and(|answer| same(value, &answer))
        }
        scalar => plain(scalar) == case.text,
    };
    Ok(case.holds(holds, || format!("equal {}", shown(&case.value))))
}

/// The answer holds the value.
pub(super) fn contains(case: &Case<'_>) -> Judged {
    let part = part(case)?;
    Ok(case.holds(case.text.contains(&part), || format!("contain {part:?}")))
}

/// The same, whatever the case.
pub(super) fn icontains(case: &Case<'_>) -> Judged {
    let part = part(case)?;
    let holds = case.text.to_lowercase().contains(&part.to_lowercase());
    Ok(case.holds(holds, || format!("contain {part:?} in any case")))
}

/// The answer holds each of the values.
pub(super) fn contains_all(case: &Case<'_>) -> Judged {
    all(case, str::to_owned)
}

/// The same, whatever the case.
pub(super) fn icontains_all(case: &Case<'_>) -> Judged {
    all(case, str::to_lowercase)
}

/// The answer holds one of the values.
pub(super) fn contains_any(case: &Case<'_>) -> Judged {
    any(case, str::to_owned)
}

/// The same, whatever the case.
pub(super) fn icontains_any(case: &Case<'_>) -> Judged {
    any(case, str::to_lowercase)
}

/// The answer starts with the value.
pub(super) fn starts_with(case: &Case<'_>) -> Judged {
    let start = case.value_words()?;
    Ok(case.holds(case.text.starts_with(start), || format!("start with {start:?}")))
}

/// A JavaScript regular expression matches somewhere in the answer. A pattern that is none fails the check, as in
/// promptfoo; here it is an error of the set-up, since no answer could ever pass.
pub(super) fn regex(case: &Case<'_>) -> Judged {
    let pattern = case.value_words()?;
    let holds = script::regex_matches(pattern, &case.text).map_err(|message| case.fault(message))?;
    Ok(case.holds(holds, || format!("match the regular expression {pattern:?}")))
}

fn all(case: &Case<'_>, fold: fn(&str) -> String) -> Judged {
    let answer = fold(&case.text);
    let parts = parts(case)?;
    let missing: Vec<_> = parts.iter().filter(|part| !answer.contains(&fold(part))).collect();
    Ok(case.holds(missing.is_empty(), || {
        if case.check.negate {
            format!("contain all of {parts:?}")
        } else {
            format!("contain all of {parts:?}; missing are {missing:?}")
        }
    }))
}

fn any(case: &Case<'_>, fold: fn(&str) -> String) -> Judged {
    let answer = fold(&case.text);
    let parts = parts(case)?;
    let holds = parts.iter().any(|part| answer.contains(&fold(part)));
    Ok(case.holds(holds, || format!("contain one of {parts:?}")))
}

fn part(case: &Case<'_>) -> Result<String, JudgeError> {
    match &case.value {
        Value::String(text) if !text.is_empty() => Ok(text.clone()),
        number @ Value::Number(_) => Ok(plain(number)),
        _ => Err(case.fault("the value must be a number or text that is not empty")),
    }
}

/// The values of `…-all` and `…-any`: a list, or a text whose parts are divided by commas.
fn parts(case: &Case<'_>) -> Result<Vec<String>, JudgeError> {
    match &case.value {
        Value::Array(items) => Ok(items.iter().map(plain).collect()),
        Value::String(text) if !text.is_empty() => split_fields(text).map_err(|message| case.fault(message)),
        _ => Err(case.fault("the value must be a list, or text divided by commas")),
    }
}

/// Splits at commas. A field in double quotes may hold commas, and quotes as `""` or `\"`; empty fields are
/// dropped; white space around a field is too.
fn split_fields(text: &str) -> Result<Vec<String>, String> {
    let mut fields = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == ',');
        if rest.is_empty() {
            return Ok(fields);
        }
        if let Some(quoted) = rest.strip_prefix('"') {
            let (field, after) = quoted_field(quoted).ok_or("a field in quotes does not end")?;
            fields.push(field);
            rest = after.trim_start();
            if !rest.is_empty() && !rest.starts_with(',') {
                return Err("a field in quotes must be followed by a comma".to_owned());
            }
        } else {
            let end = rest.find(',').unwrap_or(rest.len());
            fields.push(rest[..end].trim().to_owned());
            rest = &rest[end..];
        }
    }
}

fn quoted_field(text: &str) -> Option<(String, &str)> {
    let mut field = String::new();
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map(|(_, next)| *next);
        match (c, next) {
            ('\\', Some(escaped @ ('"' | '\\'))) => {
                field.push(escaped);
                chars.next();
            }
            ('"', Some('"')) => {
                field.push('"');
                chars.next();
            }
            ('"', _) => return Some((field, &text[at + 1..])),
            _ => field.push(c),
        }
    }
    None
}

/// A scalar as JavaScript's `String()` writes it.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => match number.as_f64() {
            Some(float) if !number.is_i64() && !number.is_u64() && float.fract() == 0.0 && float.abs() < 1e21 => {
                format!("{float:.0}")
            }
            _ => number.to_string(),
        },
        other => other.to_string(),
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => format!("{text:?}"),
        other => other.to_string(),
    }
}

/// Equal as JavaScript sees it: 1 and 1.0 are one number, the order of keys does not matter.
fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => left.as_f64() == right.as_f64(),
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .all(|(key, value)| right.get(key).is_some_and(|other| same(value, other)))
        }
        _ => left == right,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_split_at_commas_outside_quotes() {
        let split = |text| split_fields(text).unwrap();
        assert_eq!(split("a, b ,c"), ["a", "b", "c"]);
        assert_eq!(split(r#" "a, b" , c d,,"#), ["a, b", "c d"]);
        assert_eq!(split(r#""say ""hi""", "x\"y""#), [r#"say "hi""#, r#"x"y"#]);
        assert!(split_fields(r#""open"#).is_err());
        assert!(split_fields(r#""a" b"#).is_err());
    }

    #[test]
    fn numbers_read_as_in_javascript() {
        assert_eq!(plain(&serde_json::json!(1.0)), "1");
        assert_eq!(plain(&serde_json::json!(1.5)), "1.5");
        assert_eq!(plain(&serde_json::json!(true)), "true");
    }
}
