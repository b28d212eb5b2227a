//! A program as a provider: the call goes in as JSON, the answer comes out as JSON or as text.

use std::process::Stdio;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{ChildStderr, ChildStdin, ChildStdout, Command};

use super::exchange::Failure;
use super::limiter::Limiter;
use super::render::Renderer;
use super::retry::{Patience, retried};
use super::{Call, CallError, CallErrorKind, Provider, Reply};
use crate::rng::fnv;
use crate::wire::{ChatReply, Finish, LimitHints, Usage};

/// What is run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum CommandLine {
    /// A line for `sh -c`. It is not a template: a question in it would be a command.
    Shell(String),
    /// A program and its arguments, each a template (`{{question}}`).
    Program(Vec<String>),
}

/// The most bytes that are read of a program's answer, and kept of its errors.
const MAX_OUTPUT: u64 = 16 << 20;
const ERROR_TAIL: usize = 2_000;

/// A program that answers calls.
///
/// It gets the [`Call`] as JSON on its standard input. It answers with `{"output": …}`, and if it likes
/// `"error"`, `"tokenUsage": {"prompt", "completion"}`, `"cost"` and `"contexts"`, as promptfoo's providers do,
/// or with plain text.
pub(super) struct CommandProvider {
    pub(super) name: String,
    pub(super) line: CommandLine,
    pub(super) patience: Patience,
    pub(super) limiter: Arc<Limiter>,
}

impl CommandProvider {
    async fn make(&self, call: &Call) -> Result<Reply, CallError> {
        let input = serde_json::to_vec(call).unwrap_or_default();
        let arguments = self.arguments(call).map_err(|message| CallError {
            kind: CallErrorKind::BadRequest,
            provider: self.name.clone(),
            message,
            status: None,
            retry_after: None,
            attempts: 0,
        })?;
        let seed = fnv(&input);
        // A program may do anything: it is run once.
        let once = Patience {
            attempt: self.patience.total,
            attempts: 1,
            ..self.patience
        };
        let tried = retried(&self.name, &self.limiter, once, 0, seed, || async {
            Ok((run(&arguments, &input).await?, LimitHints::default()))
        })
        .await?;
        let (chat, cost_usd, raw) = tried.got;
        Ok(Reply {
            chat,
            latency_ms: tried.latency_ms,
            first_token_ms: None,
            cost_usd,
            attempts: 1,
            raw,
            trace: None,
        })
    }

    fn arguments(&self, call: &Call) -> Result<Vec<String>, String> {
        match &self.line {
            CommandLine::Shell(line) => Ok(vec!["sh".into(), "-c".into(), line.clone()]),
            CommandLine::Program(parts) => {
                let renderer = Renderer::new(call);
                parts.iter().map(|part| renderer.text(part)).collect()
            }
        }
    }
}

/// Ends a program with all that it started, unless it has ended by itself.
struct Group(Option<u32>);

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(group) = self.0 {
            // The standard library signals one process only; a group needs the program `kill`.
            let _ = std::process::Command::new("kill")
                .args(["-KILL", "--", &format!("-{group}")])
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status();
        }
    }
}

type Output = (ChatReply, Option<f64>, Option<Value>);

async fn run(arguments: &[String], input: &[u8]) -> Result<Output, Failure> {
    let failed = |message: String| Failure::new(CallErrorKind::Command, message);
    let (program, rest) = arguments
        .split_first()
        .ok_or_else(|| failed("no program is named".to_owned()))?;
    let mut command = Command::new(program);
    command
        .args(rest)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    #[cfg(unix)]
    command.process_group(0);
    let mut child = command
        .spawn()
        .map_err(|error| failed(format!("cannot run {program}: {error}")))?;
    let mut group = Group(child.id());
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let ((), out, errors) = tokio::join!(feed(stdin, input), output(stdout), tail(stderr));
    let status = child
        .wait()
        .await
        .map_err(|error| failed(format!("{program}: {error}")))?;
    group.0 = None;
    let out = out.map_err(|error| failed(format!("{program}: {error}")))?;
    if !status.success() {
        let tail = if errors.is_empty() {
            String::new()
        } else {
            format!(": {errors}")
        };
        return Err(failed(format!("{program} ended with {status}{tail}")));
    }
    answer(&out).map_err(failed)
}

async fn feed(pipe: Option<ChildStdin>, input: &[u8]) {
    if let Some(mut pipe) = pipe {
        // A program that does not read its input is none the worse for it.
        let _ = pipe.write_all(input).await;
    }
}

async fn output(pipe: Option<ChildStdout>) -> std::io::Result<String> {
    let mut bytes = Vec::new();
    if let Some(pipe) = pipe {
        pipe.take(MAX_OUTPUT).read_to_end(&mut bytes).await?;
    }
    if bytes.len() as u64 >= MAX_OUTPUT {
        return Err(std::io::Error::other(format!("more than {MAX_OUTPUT} bytes of output")));
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The end of what a program says of its errors.
async fn tail(pipe: Option<ChildStderr>) -> String {
    let Some(mut pipe) = pipe else { return String::new() };
    let mut kept: Vec<u8> = Vec::new();
    let mut buffer = [0; 4_096];
    while let Ok(length) = pipe.read(&mut buffer).await {
        if length == 0 {
            break;
        }
        kept.extend_from_slice(&buffer[..length]);
        let over = kept.len().saturating_sub(ERROR_TAIL);
        kept.drain(..over);
    }
    String::from_utf8_lossy(&kept).trim().to_owned()
}

/// What a program's output says.
fn answer(out: &str) -> Result<Output, String> {
    let text = out.trim_end_matches(['\n', '\r']);
    let value: Option<Value> = serde_json::from_str(text).ok().filter(Value::is_object);
    let Some(value) = value else {
        return Ok((reply(text.to_owned(), None), None, None));
    };
    if let Some(error) = value.get("error").filter(|error| !error.is_null()) {
        return Err(format!("the program says: {}", shown(error)));
    }
    let said = value.get("output").or_else(|| value.get("text"));
    let answer = said.map_or_else(|| text.to_owned(), shown);
    let counted = value.get("tokenUsage").or_else(|| value.get("usage"));
    let count = |name: &str| counted.and_then(|it| it.get(name)).and_then(Value::as_u64);
    let usage = count("prompt")
        .zip(count("completion"))
        .map(|(input_tokens, output_tokens)| Usage {
            input_tokens,
            output_tokens,
            cached_input_tokens: 0,
        });
    let cost = value.get("cost").and_then(Value::as_f64).filter(|cost| *cost >= 0.0);
    Ok((reply(answer, usage), cost, Some(value)))
}

fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned)
}

fn reply(text: String, usage: Option<Usage>) -> ChatReply {
    ChatReply {
        text,
        finish: Some(Finish::Stop),
        usage,
        ..ChatReply::default()
    }
}

impl Provider for CommandProvider {
    fn name(&self) -> &str {
        &self.name
    }

    fn identity(&self) -> Value {
        json!({ "api": "command", "command": self.line })
    }

    fn call<'a>(&'a self, call: &'a Call) -> BoxFuture<'a, Result<Reply, CallError>> {
        Box::pin(self.make(call))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::provider::limits::LimitSettings;

    fn provider(line: CommandLine, total: Duration) -> CommandProvider {
        CommandProvider {
            name: "program".into(),
            line,
            patience: Patience {
                total,
                ..Patience::default()
            },
            limiter: Arc::new(Limiter::new(LimitSettings::default())),
        }
    }

    async fn run(line: CommandLine) -> Result<Reply, CallError> {
        let call = Call {
            question: "what; $(is) this?".into(),
            ..Call::default()
        };
        provider(line, Duration::from_secs(60)).call(&call).await
    }

    fn shell(line: &str) -> CommandLine {
        CommandLine::Shell(line.into())
    }

    #[tokio::test]
    async fn text_json_arguments_and_input() {
        let plain = run(shell("echo hello; echo world")).await.unwrap();
        assert_eq!(plain.chat.text, "hello\nworld");
        let json = run(shell(
            r#"echo '{"output": "hi", "tokenUsage": {"prompt": 3, "completion": 4}, "cost": 0.5, "contexts": ["a"]}'"#,
        ))
        .await
        .unwrap();
        assert_eq!((json.chat.text.as_str(), json.cost_usd), ("hi", Some(0.5)));
        assert_eq!(json.chat.usage.unwrap().output_tokens, 4);
        assert_eq!(json.contexts(), Some(vec!["a".to_owned()]));
        let arguments = run(CommandLine::Program(vec!["echo".into(), "Q: {{ question }}".into()]))
            .await
            .unwrap();
        assert_eq!(arguments.chat.text, "Q: what; $(is) this?");
        let input = run(shell("cat")).await.unwrap();
        assert_eq!(input.raw.unwrap()["question"], "what; $(is) this?");
    }

    #[tokio::test]
    async fn failures_say_what_the_program_said() {
        let error = run(shell("echo oh no >&2; exit 3")).await.unwrap_err();
        assert_eq!(error.kind, CallErrorKind::Command);
        assert!(
            error.message.contains("oh no") && error.message.contains('3'),
            "{}",
            error.message
        );
        let error = run(shell(r#"echo '{"error": "no model"}'"#)).await.unwrap_err();
        assert!(error.message.contains("no model"), "{}", error.message);
        let error = run(CommandLine::Program(vec!["no-such-program-here".into()]))
            .await
            .unwrap_err();
        assert!(error.message.contains("no-such-program-here"), "{}", error.message);
    }

    #[tokio::test]
    async fn the_deadline_ends_the_program_and_its_children() {
        let folder = tempfile::tempdir().unwrap();
        let mark = folder.path().join("pid");
        let line = format!("sleep 600 & echo $! > {}; wait", mark.display());
        let call = Call::default();
        let error = provider(shell(&line), Duration::from_secs(2))
            .call(&call)
            .await
            .unwrap_err();
        assert_eq!(error.kind, CallErrorKind::Timeout);
        let child = std::fs::read_to_string(&mark).unwrap();
        let state = || std::fs::read_to_string(format!("/proc/{}/stat", child.trim())).unwrap_or_default();
        // Gone, or dead and not yet collected; the kernel may take a moment over it.
        let is_over = |state: String| state.is_empty() || state.contains(") Z");
        assert!((0..1_000_000).any(|_| is_over(state())), "{}", state());
    }
}
