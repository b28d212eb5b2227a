//! What a script gave, as a verdict: after promptfoo 0.121.20.

use serde_json::Value;

use super::super::case::{Case, Judged};
use super::engine::Given;
use crate::eval::judges::Verdict;

/// Of JavaScript: a boolean, a number (more than 0, or from the threshold on), or `{pass, score, reason}`. All else
/// fails, as in promptfoo.
pub(super) fn of_javascript(case: &Case<'_>, given: &Given) -> Judged {
    Ok(match (given.kind.as_str(), &given.value) {
        ("boolean", Value::Bool(pass)) => of_bool(case, *pass),
        ("number", Value::Number(number)) => of_number(case, number.as_f64().unwrap_or_default()),
        // promptfoo books it as a score that is no number.
        ("number", value) => return Err(case.fault(format!("the script gave {value}, which is no finite number"))),
        ("object", value) if is_grading_result(value) => of_object(case, value, value["pass"] == Value::Bool(true)),
        (kind, value) => Verdict::share(
            false,
            format!(
                "the script must give a boolean, a number, or an object with `pass`, `score` and `reason`; it gave {kind} {value}"
            ),
        ),
    })
}

/// Of Python and of commands: the same, and these as text too. Keys may be in snake case, and an object's score
/// must reach the threshold.
pub(super) fn of_python(case: &Case<'_>, value: &Value) -> Judged {
    let wrong = || {
        Ok(Verdict::share(
            false,
            format!(
                "the script must give a boolean, a number, or a mapping with `pass`, `score` and `reason`; it gave {value}"
            ),
        ))
    };
    match value {
        Value::Bool(pass) => Ok(of_bool(case, *pass)),
        Value::Number(number) => Ok(of_number(case, number.as_f64().unwrap_or_default())),
        Value::String(text) => match text.to_lowercase().as_str() {
            "true" => Ok(of_bool(case, true)),
            "false" => Ok(of_bool(case, false)),
            _ if text.starts_with('{') => match serde_json::from_str::<Value>(text) {
                Ok(parsed) => of_python(case, &parsed),
                Err(_) => wrong(),
            },
            _ => match leading_number(text) {
                Some(number) => Ok(of_number(case, number)),
                None => wrong(),
            },
        },
        Value::Object(_) => {
            let mapped = camel_keys(value);
            if !is_grading_result(&mapped) {
                return wrong();
            }
            let score = mapped["score"].as_f64().unwrap_or_default();
            let short = case.check.threshold.is_some_and(|threshold| score < threshold);
            Ok(of_object(case, &mapped, mapped["pass"] == Value::Bool(true) && !short))
        }
        Value::Null | Value::Array(_) => wrong(),
    }
}

fn of_bool(case: &Case<'_>, gave: bool) -> Verdict {
    let pass = gave != case.check.negate;
    Verdict::share(
        pass,
        if pass {
            "as expected".to_owned()
        } else {
            format!("the script gave {gave}")
        },
    )
}

fn of_number(case: &Case<'_>, number: f64) -> Verdict {
    let enough = case
        .check
        .threshold
        .map_or(number > 0.0, |threshold| number >= threshold);
    Verdict::scored(number, enough != case.check.negate, format!("the script gave {number}"))
}

fn of_object(case: &Case<'_>, value: &Value, passed: bool) -> Verdict {
    let mut verdict = plain(value);
    verdict.pass = passed != case.check.negate;
    if case.check.negate {
        verdict.reason = format!(
            "the script gave {passed}, and the opposite is expected: {}",
            verdict.reason
        );
    } else if passed != (value["pass"] == Value::Bool(true)) {
        verdict.reason = format!("the score is below the threshold: {}", verdict.reason);
    }
    verdict
}

fn plain(value: &Value) -> Verdict {
    let parts = value["componentResults"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let named = value["namedScores"].as_object().into_iter().flatten();
    Verdict {
        score: value["score"].as_f64().unwrap_or_default(),
        pass: value["pass"] == Value::Bool(true),
        reason: value["reason"].as_str().unwrap_or_default().to_owned(),
        parts: parts
            .iter()
            .enumerate()
            .map(|(at, part)| {
                let name = part.pointer("/assertion/type").and_then(Value::as_str);
                (
                    name.map_or_else(|| format!("part {}", at + 1), str::to_owned),
                    plain(part),
                )
            })
            .collect(),
        named: named
            .filter_map(|(name, score)| Some((name.clone(), score.as_f64()?)))
            .collect(),
    }
}

fn is_grading_result(value: &Value) -> bool {
    let object_or_none = |key: &str| {
        value
            .get(key)
            .is_none_or(|part| part.is_object() || part.is_array() || part.is_null())
    };
    value.get("pass").is_some_and(Value::is_boolean)
        && value.get("score").is_some_and(Value::is_number)
        && value.get("reason").is_some_and(Value::is_string)
        && object_or_none("namedScores")
        && value.get("componentResults").is_none_or(Value::is_array)
        && value.get("comment").is_none_or(Value::is_string)
}

fn camel_keys(value: &Value) -> Value {
    let Value::Object(map) = value else {
        return value.clone();
    };
    let mut map = map.clone();
    for (snake, camel) in [
        ("pass_", "pass"),
        ("named_scores", "namedScores"),
        ("component_results", "componentResults"),
    ] {
        if let Some(found) = map.get(snake).cloned() {
            map.entry(camel).or_insert(found);
        }
    }
    if let Some(Value::Array(parts)) = map.get_mut("componentResults") {
        for part in parts {
            *part = camel_keys(part);
        }
    }
    Value::Object(map)
}

/// The number that a text begins with, as `parseFloat` reads it.
fn leading_number(text: &str) -> Option<f64> {
    let text = text.trim_start();
    let end = (1..=text.len().min(40))
        .filter(|end| text.is_char_boundary(*end))
        .filter(|end| text[..*end].parse::<f64>().is_ok_and(f64::is_finite))
        .max()?;
    text[..end].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_from_the_start() {
        assert_eq!(leading_number("0.5 of it"), Some(0.5));
        assert_eq!(leading_number(" 1e2x"), Some(100.0));
        assert_eq!(leading_number("none"), None);
    }
}
