//! Providers that are the user's own programs: `echo`, `exec:…`, and files of JavaScript, TypeScript and Python.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use tokio::process::Command;

use crate::clock::Moment;
use crate::provider::{Call, CallError, CallErrorKind, Provider, Reply};

use super::super::files::Language;
use super::super::worker::{Fault, Request, Workers};
use super::answer;

/// The most that is read of a program's output, in bytes.
const LONGEST: usize = 16 << 20;

/// The prompt of a call: the text of its one message.
pub(super) fn prompt_of(call: &Call) -> String {
    call.request
        .messages
        .iter()
        .map(crate::wire::Message::plain)
        .collect::<Vec<_>>()
        .join("\n\n")
}

/// What programs are told beside the prompt.
fn context(call: &Call, prompt: &str) -> Value {
    json!({
        "vars": call.variables, "prompt": {"raw": prompt, "label": prompt},
        "test": {"vars": call.variables}, "repeatIndex": call.repeat,
    })
}

/// `echo`: the prompt comes back.
#[derive(Debug)]
pub(super) struct Echo {
    pub(super) name: String,
}

impl Provider for Echo {
    fn name(&self) -> &str {
        &self.name
    }

    fn identity(&self) -> Value {
        json!({"promptfoo": "echo"})
    }

    fn call<'a>(&'a self, call: &'a Call) -> BoxFuture<'a, Result<Reply, CallError>> {
        let mut reply = answer::text_reply(&prompt_of(call));
        reply.cost_usd = Some(0.0);
        Box::pin(std::future::ready(Ok(reply)))
    }
}

/// A file of the user's: a class with `callApi`, or a Python function `call_api`.
#[derive(Debug)]
pub(super) struct Script {
    pub(super) name: String,
    pub(super) file: PathBuf,
    pub(super) function: Option<String>,
    pub(super) language: Language,
    /// What promptfoo hands its constructor: `{id, label, config}`.
    pub(super) options: Value,
    /// The same as it is written, without the environment in it.
    pub(super) shown: Value,
    pub(super) workers: Workers,
    pub(super) time: Duration,
}

impl Script {
    async fn ask(&self, call: &Call) -> Result<Reply, CallError> {
        let begun = Moment::now();
        let prompt = prompt_of(call);
        let is_python = self.language == Language::Python;
        let context = context(call, &prompt);
        let request = Request {
            op: if is_python { "call" } else { "provider" },
            file: self.file.clone(),
            function: self
                .function
                .clone()
                .or_else(|| is_python.then(|| "call_api".to_owned())),
            arguments: vec![Value::String(prompt), self.options.clone(), context],
        };
        let answered = self.workers.ask(&request, self.time).await;
        let answered = answered.map_err(|fault| match fault {
            Fault::Threw(message) | Fault::Cannot(message) => answer::error(&self.name, message),
        });
        answer::timed(answer::reply(&self.name, answered?), begun)
    }
}

impl Provider for Script {
    fn name(&self) -> &str {
        &self.name
    }

    fn identity(&self) -> Value {
        // What the file holds is part of what answers.
        let content = std::fs::read(&self.file)
            .map(|bytes| crate::rng::fnv(&bytes))
            .unwrap_or_default();
        json!({
            "promptfoo": "script", "file": self.file.file_name().map(|name| name.to_string_lossy()),
            "content": format!("{content:016x}"), "function": self.function, "options": self.shown,
        })
    }

    fn call<'a>(&'a self, call: &'a Call) -> BoxFuture<'a, Result<Reply, CallError>> {
        Box::pin(self.ask(call))
    }
}

/// `exec:…`: a program that gets the prompt, its options and the context as its last arguments, and prints the answer.
#[derive(Debug)]
pub(super) struct Exec {
    pub(super) name: String,
    /// The program and its own arguments.
    pub(super) parts: Vec<String>,
    pub(super) folder: PathBuf,
    pub(super) options: Value,
    pub(super) shown: Value,
    pub(super) time: Duration,
}

impl Exec {
    async fn run(&self, call: &Call) -> Result<Reply, CallError> {
        let begun = Moment::now();
        let prompt = prompt_of(call);
        let context = context(call, &prompt).to_string();
        let wrong = |message: String| answer::error(&self.name, message);
        let (program, own) = self
            .parts
            .split_first()
            .ok_or_else(|| wrong("there is no program".to_owned()))?;
        let mut command = Command::new(program);
        command
            .args(own)
            .arg(&prompt)
            .arg(self.options.to_string())
            .arg(context)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        if !self.folder.as_os_str().is_empty() {
            command.current_dir(&self.folder);
        }
        let child = command
            .spawn()
            .map_err(|error| wrong(format!("`{program}` cannot start: {error}")))?;
        let output = tokio::time::timeout(self.time, child.wait_with_output()).await;
        let output = output.map_err(|_| {
            let message = format!("no answer within {} s", self.time.as_secs_f64());
            answer::failure(&self.name, CallErrorKind::Timeout, message, None)
        })?;
        let output = output.map_err(|error| wrong(error.to_string()))?;
        let printed = printed(&output.stdout[..output.stdout.len().min(LONGEST)]);
        let errors = self::printed(&output.stderr[..output.stderr.len().min(2_000)]);
        if !output.status.success() {
            return Err(wrong(format!("it ended with {}: {errors}", output.status)));
        }
        if printed.is_empty() && !errors.is_empty() {
            return Err(wrong(errors));
        }
        answer::timed(Ok(answer::text_reply(&printed)), begun)
    }
}

/// What was printed, without white space around it and without the marks of colours.
fn printed(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim();
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '\u{1b}' {
            out.push(c);
            continue;
        }
        if chars.next_if_eq(&'[').is_some() {
            while chars.next_if(|c| !('@'..='~').contains(c)).is_some() {}
        }
        chars.next();
    }
    out
}

impl Provider for Exec {
    fn name(&self) -> &str {
        &self.name
    }

    fn identity(&self) -> Value {
        json!({"promptfoo": "exec", "command": self.parts, "options": self.shown})
    }

    fn call<'a>(&'a self, call: &'a Call) -> BoxFuture<'a, Result<Reply, CallError>> {
        Box::pin(self.run(call))
    }
}

/// The parts of a command line: separated by white space, but for what stands in quotes.
pub(super) fn parts(line: &str) -> Vec<String> {
    let mut parts = Vec::new();
    let mut rest = line.trim_start();
    while let Some(first) = rest.chars().next() {
        let quoted = matches!(first, '"' | '\'').then(|| rest[1..].find(first)).flatten();
        if let Some(length) = quoted {
            parts.push(rest[1..=length].to_owned());
            rest = &rest[length + 2..];
        } else {
            let from = first.len_utf8();
            let end = rest[from..].find(|c: char| c.is_whitespace() || c == '"' || c == '\'');
            let end = end.map_or(rest.len(), |end| end + from);
            parts.push(rest[..end].to_owned());
            rest = &rest[end..];
        }
        rest = rest.trim_start();
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{ChatRequest, Message, Role};

    fn call(prompt: &str) -> Call {
        Call {
            request: ChatRequest {
                messages: vec![Message::text(Role::User, prompt)],
                ..ChatRequest::default()
            },
            variables: json!({"n": 2}).as_object().unwrap().clone(),
            ..Call::default()
        }
    }

    fn exec(line: &str) -> Exec {
        Exec {
            name: format!("exec:{line}"),
            parts: parts(line),
            folder: PathBuf::new(),
            options: json!({"config": {"k": 1}}),
            shown: Value::Null,
            time: Duration::from_secs(30),
        }
    }

    #[test]
    fn command_lines_have_parts() {
        assert_eq!(
            parts("python3 x.py 'a b' \"c d\" --e=f"),
            ["python3", "x.py", "a b", "c d", "--e=f"]
        );
        assert_eq!(parts("  "), [""; 0]);
        assert_eq!(printed("\u{1b}[31mred\u{1b}[0m x\n".as_bytes()), "red x");
    }

    #[tokio::test]
    async fn a_program_gets_prompt_options_and_context() {
        let reply = exec("printf '%s|%s|%s'").call(&call("hi there")).await.unwrap();
        let (prompt, rest) = reply.chat.text.split_once('|').unwrap();
        let (options, context) = rest.split_once('|').unwrap();
        assert_eq!(prompt, "hi there");
        assert_eq!(
            serde_json::from_str::<Value>(options).unwrap(),
            json!({"config": {"k": 1}})
        );
        assert_eq!(serde_json::from_str::<Value>(context).unwrap()["vars"]["n"], 2);
    }

    #[tokio::test]
    async fn a_program_that_fails_is_the_candidates_failure() {
        for (line, message) in [
            ("false", "it ended with"),
            ("no-such-program-anywhere", "cannot start"),
            ("sh -c 'echo bad >&2'", "bad"),
        ] {
            let error = exec(line).call(&call("x")).await.unwrap_err();
            assert!(
                error.message.contains(message) && error.kind.is_candidates(),
                "{line}: {error}"
            );
        }
        assert_eq!(exec("true").call(&call("x")).await.unwrap().chat.text, "");
    }

    #[tokio::test]
    async fn python_files_answer() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("p.py");
        std::fs::write(&file, "def call_api(prompt, options, context):\n    if prompt == 'bad':\n        return {'error': 'no'}\n    return {'output': prompt + options['config']['x'] + str(context['vars']['n'])}\n").unwrap();
        let script = Script {
            name: "p".to_owned(),
            file,
            function: None,
            language: Language::Python,
            options: json!({"config": {"x": "-y-"}}),
            shown: Value::Null,
            workers: Workers::new(Language::Python, 2),
            time: Duration::from_secs(30),
        };
        assert_eq!(script.call(&call("hi")).await.unwrap().chat.text, "hi-y-2");
        assert_eq!(script.call(&call("bad")).await.unwrap_err().message, "no");
    }
}
