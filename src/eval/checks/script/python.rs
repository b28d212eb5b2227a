//! `python`: inline code and files, by the user's own python3.
//!
//! After promptfoo 0.121.20: code of one line is an expression, code of several lines is the body of a function of
//! `output` and `context`. What it raises fails the check.

use super::super::case::{Case, Judged};
use super::{context, result, worker};
use crate::eval::judges::Verdict;

/// What the script says of the answer.
pub(in super::super) async fn python(case: &Case<'_>) -> Judged {
    if case.from_script {
        return result::of_python(case, &case.value);
    }
    let request = worker::Request {
        file: None,
        code: Some(program(case.value_text()?)),
        function: Some("main".to_owned()),
        arguments: vec![case.output.clone(), context::of(case)],
    };
    match worker::ask(worker::Program::Python, request)
        .await
        .map_err(|fault| case.fault(fault))?
    {
        Ok(value) => result::of_python(case, &value),
        Err(raised) => Ok(Verdict::share(false, format!("the script raised {raised}"))),
    }
}

fn program(code: &str) -> String {
    let body = if code.contains('\n') {
        let indent = code
            .lines()
            .find(|line| line.starts_with(char::is_whitespace) && !line.trim().is_empty())
            .map_or("    ", |line| &line[..line.len() - line.trim_start().len()]);
        code.split('\n')
            .map(|line| format!("{indent}{line}"))
            .collect::<Vec<_>>()
            .join("\n")
    } else {
        format!("    return {code}")
    };
    format!("import json\n\ndef main(output, context):\n{body}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_becomes_a_function() {
        assert!(program("len(output) > 3").ends_with("context):\n    return len(output) > 3\n"));
        assert!(program("x = 1\nif x:\n  return True").contains("  x = 1\n  if x:\n    return True"));
    }
}
