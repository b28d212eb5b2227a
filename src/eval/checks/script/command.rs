//! `command`: a program of the user that judges.
//!
//! The value is a list (program and arguments) or a line for the shell. On its standard input stands one JSON object:
//! `answer`, `question`, `reference`, `passages`, `prompt`, `variables`. It prints `{"pass", "score", "reason"}`, a number,
//! `true` or `false`; or it prints nothing, and says by its exit code 0 that the answer is good and by 1 that it is not. Any
//! other exit code is an error of the check.

use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use super::super::case::{Case, Judged, text_of};
use super::result;
use crate::eval::judges::{JudgeError, Verdict};

/// How long the program may take.
const TIME: Duration = Duration::from_secs(60);

/// What the program says of the answer.
pub(in super::super) async fn command(case: &Case<'_>) -> Judged {
    let mut child = program(case)?
        .current_dir(folder(case))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| case.fault(format!("the command cannot start: {error}")))?;
    let told = json!({
        "answer": case.text,
        "question": case.exhibit.question,
        "reference": case.exhibit.reference,
        "passages": case.exhibit.passages.iter().map(|passage| &passage.text).collect::<Vec<_>>(),
        "prompt": case.exhibit.prompt,
        "variables": case.exhibit.variables,
    })
    .to_string();
    let input = child.stdin.take();
    let work = async {
        if let Some(mut input) = input {
            // A program that needs no input may close it before all is written.
            let _ = input.write_all(told.as_bytes()).await;
        }
        child.wait_with_output().await
    };
    let output = tokio::time::timeout(TIME, work)
        .await
        .map_err(|_| {
            case.fault(format!(
                "the command ran longer than {} s and was stopped",
                TIME.as_secs()
            ))
        })?
        .map_err(|error| case.fault(format!("the command failed: {error}")))?;
    let printed = String::from_utf8_lossy(&output.stdout);
    let printed = printed.trim();
    match (output.status.code(), printed.is_empty()) {
        (Some(0 | 1), false) => {
            let value = serde_json::from_str(printed).unwrap_or_else(|_| Value::String(printed.to_owned()));
            if !matches!(&value, Value::Bool(_) | Value::Number(_) | Value::Object(_)) {
                return Err(case.fault(format!("the command printed no verdict: {}", start_of(printed))));
            }
            result::of_python(case, &value)
        }
        (Some(code @ (0 | 1)), true) => {
            let pass = (code == 0) != case.check.negate;
            Ok(Verdict::share(pass, format!("the command ended with {code}")))
        }
        (code, _) => {
            let told = String::from_utf8_lossy(&output.stderr);
            let code = code.map_or_else(|| "a signal".to_owned(), |code| code.to_string());
            Err(case.fault(format!("the command ended with {code}: {}", start_of(told.trim()))))
        }
    }
}

fn program(case: &Case<'_>) -> Result<Command, JudgeError> {
    match &case.value {
        Value::String(line) if !line.trim().is_empty() => {
            let mut command = Command::new(if cfg!(windows) { "cmd" } else { "sh" });
            command.args([if cfg!(windows) { "/C" } else { "-c" }, line]);
            Ok(command)
        }
        Value::Array(parts) if !parts.is_empty() => {
            let mut parts = parts.iter().map(text_of);
            let mut command = Command::new(parts.next().unwrap_or_default());
            command.args(parts);
            Ok(command)
        }
        _ => Err(case.fault("the value must be a program with its arguments, or a line for the shell")),
    }
}

fn folder(case: &Case<'_>) -> std::path::PathBuf {
    if case.check.base.as_os_str().is_empty() {
        ".".into()
    } else {
        case.check.base.clone()
    }
}

fn start_of(text: &str) -> String {
    text.chars().take(300).collect()
}
