//! Programs that judge: inline JavaScript in this process, files by the user's own node and python3, webhooks, commands.

mod command;
mod context;
mod engine;
mod javascript;
mod python;
mod result;
#[cfg(test)]
mod tests;
mod transform;
mod webhook;
mod worker;

use serde_json::Value;

use super::case::Case;
use crate::eval::judges::JudgeError;

pub(super) use command::command;
pub(super) use engine::regex_matches;
pub(super) use javascript::javascript;
pub(super) use python::python;
pub(super) use transform::{transform, transform_context};
pub(super) use webhook::webhook;

pub(in crate::eval) use javascript::evaluate;

/// Whether a `file://` path (without that prefix) names a program that runs here; `:name` may follow it.
pub(super) fn is_script(path: &str) -> bool {
    language(path).is_some()
}

/// Calls a function of a file with the answer and the context. What it throws is an error of the set-up.
pub(super) async fn call_file(case: &Case<'_>, path: &str, otherwise: &str) -> Result<Value, JudgeError> {
    let arguments = vec![case.output.clone(), context::of(case)];
    call(case, path, otherwise, arguments)
        .await?
        .map_err(|thrown| case.fault(thrown))
}

/// The same; what the function throws is told apart from a program that cannot run.
async fn call(
    case: &Case<'_>,
    path: &str,
    otherwise: &str,
    arguments: Vec<Value>,
) -> Result<Result<Value, String>, JudgeError> {
    let (file, function) = split_function(path);
    let program = language(path).ok_or_else(|| case.fault(format!("`{path}` is no program that runs here")))?;
    let file = super::file::locate(&case.check.base, file);
    let file = std::path::absolute(&file).unwrap_or(file);
    let request = worker::Request {
        file: Some(file),
        code: None,
        function: function
            .map(str::to_owned)
            .or_else(|| (program == worker::Program::Python).then(|| otherwise.to_owned())),
        arguments,
    };
    worker::ask(program, request).await.map_err(|fault| case.fault(fault))
}

/// The file and the function of `x.js:name`.
fn split_function(path: &str) -> (&str, Option<&str>) {
    match path.rsplit_once(':') {
        Some((file, name)) if !name.contains(['/', '\\', '.']) && !file.is_empty() => (file, Some(name)),
        _ => (path, None),
    }
}

fn language(path: &str) -> Option<worker::Program> {
    let (file, _) = split_function(path);
    let extension = std::path::Path::new(file).extension()?.to_str()?;
    match extension {
        "js" | "mjs" | "cjs" => Some(worker::Program::Node),
        "ts" | "mts" | "cts" => Some(worker::Program::NodeTypes),
        "py" => Some(worker::Program::Python),
        _ => None,
    }
}
