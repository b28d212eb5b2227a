//! The context that the `context-…` kinds hold an answer against, and the question.

use serde_json::Value;

use super::super::case::{Case, text_of};
use super::super::script;
use crate::eval::judges::JudgeError;

/// The context: what a `contextTransform` gives, the variable `context`, the passages that were shown, or `otherwise`.
pub(super) async fn pieces(case: &Case<'_>, otherwise: Option<&str>) -> Result<Vec<String>, JudgeError> {
    let given = match &case.check.context_transform {
        Some(code) => Some(script::transform_context(case, code).await?),
        None => case.exhibit.variables.get("context").cloned(),
    };
    let pieces = match given {
        Some(Value::String(text)) if !text.is_empty() => vec![text],
        Some(Value::Array(items)) => items.iter().map(text_of).collect(),
        Some(Value::Null | Value::String(_)) | None => case
            .exhibit
            .passages
            .iter()
            .map(|passage| passage.text.clone())
            .collect(),
        Some(other) => return Err(case.fault(format!("the context must be text or a list of texts, and is {other}"))),
    };
    match (pieces.iter().any(|piece| !piece.trim().is_empty()), otherwise) {
        (true, _) => Ok(pieces),
        (false, Some(otherwise)) => Ok(vec![otherwise.to_owned()]),
        (false, None) => {
            Err(case.fault("there is no context: give the variable `context`, a `contextTransform`, or retrieval"))
        }
    }
}

/// The question: the variable `query`, or the case's own.
pub(super) fn question<'a>(case: &'a Case<'_>) -> Result<&'a str, JudgeError> {
    match case.exhibit.variables.get("query") {
        Some(Value::String(query)) => Ok(query),
        Some(_) => Err(case.fault("the variable `query` must be text")),
        None if !case.exhibit.question.is_empty() => Ok(&case.exhibit.question),
        None => Err(case.fault("there is no question: give the variable `query`")),
    }
}

/// Lines that are not empty.
pub(super) fn lines(text: &str) -> Vec<&str> {
    text.split('\n').filter(|line| !line.trim().is_empty()).collect()
}

/// Sentences: one a line when there are several lines, else up to `.`, `!` or `?` before white space. A number of a list
/// alone is none. As in promptfoo 0.121.20.
pub(super) fn sentences(text: &str) -> Vec<&str> {
    let by_line = lines(text);
    let parts = if by_line.len() > 1 {
        by_line
    } else {
        let mut parts = Vec::new();
        let mut start = 0;
        for (at, c) in text.char_indices() {
            if c.is_whitespace() && at > start && text[start..at].ends_with(['.', '!', '?']) {
                parts.push(&text[start..at]);
                start = at + c.len_utf8();
            }
        }
        parts.push(&text[start..]);
        parts
    };
    let is_marker = |part: &str| {
        part.strip_suffix(['.', ')'])
            .is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
    };
    parts
        .into_iter()
        .map(str::trim)
        .filter(|part| !part.is_empty() && !is_marker(part))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_are_cut_as_promptfoo_does() {
        assert_eq!(sentences("One. Two!  Three? four"), ["One.", "Two!", "Three?", "four"]);
        assert_eq!(sentences("1. One. 2. Two."), ["One.", "Two."]);
        assert_eq!(sentences("a. b.\nc. d."), ["a. b.", "c. d."]);
        assert_eq!(sentences("A 3.14 pie."), ["A 3.14 pie."]);
    }
}
