//! `javascript`: inline expressions and function bodies, and files.
//!
//! Inline code runs in this process. Code that asks for what only node has (`require`, `process`, `fetch` …) runs by
//! the user's node, and so do files. After promptfoo 0.121.20: code of one line is an expression, to which `return` is
//! added, before its last part when it begins with a declaration; code of several lines is a function body.

use serde_json::Value;

use super::super::case::{Case, Judged};
use super::engine::{self, Fault, Given};
use super::{context, result, worker};
use crate::eval::judges::{JudgeError, Verdict};

/// What the script says of the answer.
pub(in super::super) async fn javascript(case: &Case<'_>) -> Judged {
    if case.from_script {
        return result::of_javascript(case, &typed(case.value.clone()));
    }
    let code = case.value_text()?.trim_end();
    let body = body_of(code);
    match run(case, &body, "output", case.output.clone()).await? {
        Ok(given) => result::of_javascript(case, &given),
        Err(thrown) => Ok(Verdict::share(false, format!("the script threw {thrown}"))),
    }
}

/// Runs a body with the answer under this name and the context; the inner error is what the code threw.
pub(super) async fn run(
    case: &Case<'_>,
    body: &str,
    name: &'static str,
    value: Value,
) -> Result<Result<Given, String>, JudgeError> {
    given(body, name, value, context::of(case))
        .await
        .map_err(|message| case.fault(message))
}

/// Runs JavaScript that is no check: a function body with a value under this name, and `context`. The inner error is
/// what the code threw, the outer one says why it cannot run.
pub(in crate::eval) async fn evaluate(
    body: &str,
    name: &'static str,
    value: Value,
    context: Value,
) -> Result<Result<Value, String>, String> {
    Ok(given(body, name, value, context).await?.map(|given| given.value))
}

async fn given(body: &str, name: &'static str, value: Value, context: Value) -> Result<Result<Given, String>, String> {
    let (code, input, told) = (body.to_owned(), value.clone(), context.clone());
    let ran = tokio::task::spawn_blocking(move || engine::run(&code, &[(name, &input), ("context", &told)]))
        .await
        .map_err(|error| format!("the script could not run: {error}"))?;
    match ran {
        Ok(given) => Ok(Ok(given)),
        Err(Fault::Threw(message)) => Ok(Err(message)),
        Err(Fault::Syntax(message)) => Err(format!("the script is no JavaScript: {message}")),
        Err(Fault::Limit(message)) => Err(message),
        Err(Fault::NeedsNode(why)) => {
            let request = worker::Request {
                file: None,
                code: Some(body.to_owned()),
                function: Some(name.to_owned()),
                arguments: vec![value, context],
            };
            let answer = worker::ask(worker::Program::Node, request).await;
            let value = answer.map_err(|fault| format!("{why}: {fault}"))?;
            Ok(value.map(typed))
        }
    }
}

/// A value that came as JSON, with JavaScript's word for its type.
pub(super) fn typed(value: Value) -> Given {
    let kind = match &value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) | Value::Object(_) => "object",
    };
    Given {
        kind: kind.to_owned(),
        value,
    }
}

/// The function body that promptfoo makes of an assertion's code.
fn body_of(code: &str) -> String {
    if code.contains('\n') {
        return code.to_owned();
    }
    let code = code.trim().trim_end_matches(';').trim_end();
    let declares = ["const", "let", "var"].iter().any(|word| {
        code.strip_prefix(word)
            .is_some_and(|rest| rest.starts_with(char::is_whitespace))
    });
    if !declares {
        return format!("return {code}");
    }
    match last_semicolon(code) {
        Some(at) if !code[at + 1..].trim().is_empty() => {
            format!("{} return {}", &code[..=at], code[at + 1..].trim())
        }
        _ => code.to_owned(),
    }
}

/// The last semicolon outside of quotes.
fn last_semicolon(code: &str) -> Option<usize> {
    let mut quote = None;
    let mut escaped = false;
    let mut last = None;
    for (at, c) in code.char_indices() {
        match (quote, c) {
            _ if escaped => {}
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'' | '`') => quote = Some(c),
            (None, ';') => last = Some(at),
            _ => {}
        }
        escaped = c == '\\' && !escaped;
    }
    last
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_get_a_return() {
        assert_eq!(body_of("output === 'x'"), "return output === 'x'");
        assert_eq!(body_of("output.length > 3;"), "return output.length > 3");
        assert_eq!(
            body_of("const s = output; s === 'a;b'"),
            "const s = output; return s === 'a;b'"
        );
        assert_eq!(body_of("const s = 'a;b'"), "const s = 'a;b'");
        assert_eq!(body_of("constant > 1"), "return constant > 1");
        assert_eq!(body_of("a;\nreturn b"), "a;\nreturn b");
    }
}
