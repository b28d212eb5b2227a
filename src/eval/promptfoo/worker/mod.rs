//! The user's node and python3, kept running: providers, prompt functions and generators of tests are theirs.
//!
//! A worker reads one JSON request a line and answers by one line, by number and in any order. node runs requests side
//! by side in one process, so that a provider keeps its state; python3 runs them one after the other, and several
//! processes run side by side where a configuration asks for them, both as promptfoo 0.121.20 does. A worker that ends is
//! started anew for the next request. When the last user of a worker goes, so does the process.

mod once;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::oneshot;

use super::files::Language;

pub(super) use once::once;

/// How long one request may take when the configuration does not say: promptfoo's `REQUEST_TIMEOUT_MS`.
pub(super) const TIME: Duration = Duration::from_secs(300);
/// The longest answer that is read, in bytes.
const LONGEST: u64 = 64 << 20;
/// How much of what a program printed last an error shows, in bytes.
const TAIL: usize = 2_000;

const NODE: &str = include_str!("node.mjs");
const PYTHON: &str = include_str!("python.py");

/// Why there is no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    /// The script threw or raised this.
    Threw(String),
    /// The script, or the program under it, cannot run.
    Cannot(String),
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Threw(message) => write!(f, "it threw {message}"),
            Self::Cannot(message) => f.write_str(message),
        }
    }
}

/// What is asked of a script.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Request {
    /// `call` a function, take a `value` (and call it when it is a function), ask a `provider`, run a `script`.
    pub(super) op: &'static str,
    pub(super) file: PathBuf,
    pub(super) function: Option<String>,
    pub(super) arguments: Vec<Value>,
}

impl Request {
    /// The line that a worker reads.
    fn line(&self, id: u64) -> String {
        let request = json!({
            "id": id, "op": self.op, "file": self.file, "function": self.function, "arguments": self.arguments,
        });
        format!("{request}\n")
    }
}

/// An absolute path, so that a worker in another folder finds it.
pub(super) fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// The program of a language and its arguments.
fn program(language: Language) -> (&'static str, Vec<&'static str>) {
    match language {
        Language::JavaScript => ("node", vec!["--no-warnings", "--input-type=module", "-e", NODE]),
        Language::TypeScript => (
            "node",
            vec![
                "--experimental-strip-types",
                "--no-warnings",
                "--input-type=module",
                "-e",
                NODE,
            ],
        ),
        Language::Python => ("python3", vec!["-c", PYTHON]),
    }
}

/// Why a program did not start or went away, for people.
fn explain(language: Language, why: &str) -> String {
    let (name, _) = program(language);
    match language {
        Language::TypeScript => format!("TypeScript runs by `node` 22.6 or newer: {why}"),
        Language::JavaScript | Language::Python => format!("`{name}`: {why}"),
    }
}

fn cannot_start(language: Language, error: &std::io::Error) -> String {
    let (name, _) = program(language);
    match error.kind() {
        std::io::ErrorKind::NotFound => format!("`{name}` is not on the PATH; install it to run this script"),
        _ => explain(language, &format!("it cannot start: {error}")),
    }
}

/// The outcome that an answer tells.
fn told(language: Language, answer: Value) -> Result<Value, Fault> {
    let Value::Object(mut answer) = answer else {
        return Err(Fault::Cannot(explain(language, "it answered what is no answer")));
    };
    if let Some(value) = answer.remove("value") {
        return Ok(value);
    }
    let text = |key: &str| answer.get(key).and_then(Value::as_str).map(str::to_owned);
    Err(match (text("threw"), text("cannot")) {
        (Some(threw), _) => Fault::Threw(threw),
        (None, why) => Fault::Cannot(explain(language, &why.unwrap_or_default())),
    })
}

/// Processes of one language.
pub(super) struct Workers {
    language: Language,
    lines: Vec<tokio::sync::Mutex<Option<Arc<Line>>>>,
    next: AtomicU64,
}

impl std::fmt::Debug for Workers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Workers({:?}, {})", self.language, self.lines.len())
    }
}

impl Workers {
    /// So many processes, none of which starts before the first request.
    pub(super) fn new(language: Language, processes: usize) -> Self {
        Self {
            language,
            lines: (0..processes.max(1)).map(|_| tokio::sync::Mutex::default()).collect(),
            next: AtomicU64::new(0),
        }
    }

    /// Makes a request. Dropping the future forgets it; the process goes on.
    pub(super) async fn ask(&self, request: &Request, time: Duration) -> Result<Value, Fault> {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let at = usize::try_from(id).unwrap_or(0) % self.lines.len();
        let line = self.line(at).await?;
        let answer = tokio::time::timeout(time, line.ask(id, &request.line(id))).await;
        match answer {
            Ok(Ok(answer)) => told(self.language, answer),
            Ok(Err(why)) => Err(Fault::Cannot(explain(self.language, &why))),
            Err(_) => Err(Fault::Threw(format!("no answer within {} s", time.as_secs_f64()))),
        }
    }

    async fn line(&self, at: usize) -> Result<Arc<Line>, Fault> {
        let mut place = self.lines[at].lock().await;
        if let Some(line) = place.as_ref().filter(|line| line.runs()) {
            return Ok(Arc::clone(line));
        }
        let line = Line::start(self.language).map_err(Fault::Cannot)?;
        Ok(Arc::clone(place.insert(Arc::new(line))))
    }
}

/// One running program.
struct Line {
    // Ended when it is dropped.
    _child: Child,
    input: tokio::sync::Mutex<ChildStdin>,
    waiting: Arc<Mutex<Waiting>>,
}

#[derive(Default)]
struct Waiting {
    answers: HashMap<u64, oneshot::Sender<Value>>,
    ended: Option<String>,
}

fn locked(waiting: &Mutex<Waiting>) -> std::sync::MutexGuard<'_, Waiting> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Line {
    fn start(language: Language) -> Result<Self, String> {
        let (name, arguments) = program(language);
        let mut child = Command::new(name)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| cannot_start(language, &error))?;
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(input), Some(output), Some(errors)) = pipes else {
            return Err(explain(language, "it has no input or output"));
        };
        let waiting: Arc<Mutex<Waiting>> = Arc::default();
        let heard = Arc::clone(&waiting);
        tokio::spawn(async move {
            let (why, last_words) = tokio::join!(listen(output, &heard), tail(errors));
            let mut waiting = locked(&heard);
            waiting.ended = Some(format!("{why}{last_words}"));
            // Whoever waits is woken by its sender going away.
            waiting.answers.clear();
        });
        Ok(Self {
            _child: child,
            input: tokio::sync::Mutex::new(input),
            waiting,
        })
    }

    fn runs(&self) -> bool {
        locked(&self.waiting).ended.is_none()
    }

    async fn ask(&self, id: u64, line: &str) -> Result<Value, String> {
        let (sender, answer) = oneshot::channel();
        {
            let mut waiting = locked(&self.waiting);
            if let Some(why) = &waiting.ended {
                return Err(why.clone());
            }
            waiting.answers.insert(id, sender);
        }
        let mut input = self.input.lock().await;
        // A program that ended cannot be written to; why it ended is told by its answer that does not come.
        let _ = input.write_all(line.as_bytes()).await;
        let _ = input.flush().await;
        drop(input);
        let gone = || {
            locked(&self.waiting)
                .ended
                .clone()
                .unwrap_or_else(|| "it ended".to_owned())
        };
        answer.await.map_err(|_| gone())
    }
}

/// Hands answers to those that wait for them, until the program ends; says how it did.
async fn listen(output: impl AsyncRead + Unpin, waiting: &Mutex<Waiting>) -> &'static str {
    let mut output = BufReader::new(output);
    let mut line = Vec::new();
    loop {
        line.clear();
        match (&mut output).take(LONGEST).read_until(b'\n', &mut line).await {
            Ok(0) | Err(_) => return "it ended before it answered",
            Ok(_) if line.last() != Some(&b'\n') => return "its answer is too long, or cut short",
            Ok(_) => {}
        }
        let Ok(answer) = serde_json::from_slice::<Value>(&line) else {
            return "it answered what is no JSON";
        };
        let sender = answer["id"].as_u64().and_then(|id| locked(waiting).answers.remove(&id));
        if let Some(sender) = sender {
            // Whoever asked may have gone.
            let _ = sender.send(answer);
        }
    }
}

/// The last of what a program printed to its standard error.
async fn tail(mut errors: impl AsyncRead + Unpin) -> String {
    let mut kept = Vec::new();
    let mut piece = [0_u8; 4_096];
    while let Ok(length @ 1..) = errors.read(&mut piece).await {
        kept.extend_from_slice(&piece[..length]);
        let surplus = kept.len().saturating_sub(TAIL);
        kept.drain(..surplus);
    }
    last_words(&kept)
}

fn last_words(printed: &[u8]) -> String {
    let text = String::from_utf8_lossy(printed);
    let text = text.trim();
    if text.is_empty() {
        String::new()
    } else {
        format!("; it printed: {text}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(folder: &Path, name: &str, text: &str) -> PathBuf {
        let path = folder.join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    fn request(op: &'static str, file: &Path, function: Option<&str>, arguments: Vec<Value>) -> Request {
        Request {
            op,
            file: file.to_owned(),
            function: function.map(str::to_owned),
            arguments,
        }
    }

    #[tokio::test]
    async fn node_keeps_a_providers_state_and_answers_side_by_side() {
        let folder = tempfile::tempdir().unwrap();
        let path = file(
            folder.path(),
            "p.mjs",
            "let waiting = null;\nexport default class { constructor(o) { this.o = o; this.n = 0; }\n async callApi(prompt) { this.n += 1; const mine = this.n;\n if (prompt === 'first') await new Promise((go) => { waiting = go; }); else if (waiting) waiting();\n console.log('noise'); return { output: `${this.o.config.x}-${mine}` }; } }\n",
        );
        let workers = Workers::new(Language::JavaScript, 1);
        let ask = |prompt: &str| {
            request(
                "provider",
                &path,
                None,
                vec![json!(prompt), json!({"config": {"x": "y"}}), json!({})],
            )
        };
        // The first answer waits for the second request: both are under way at once.
        let (requests, time) = ((ask("first"), ask("second")), TIME);
        let (first, second) = tokio::join!(workers.ask(&requests.0, time), workers.ask(&requests.1, time));
        assert_eq!(first.unwrap()["output"], "y-1");
        assert_eq!(second.unwrap()["output"], "y-2");
    }

    #[tokio::test]
    async fn what_scripts_throw_is_told_apart_from_what_cannot_run() {
        let folder = tempfile::tempdir().unwrap();
        let python = file(
            folder.path(),
            "a.py",
            "import sys\nprint('noise')\ndef f(x):\n    return {'n': x + 1}\ndef bad(x):\n    raise ValueError('no')\nasync def later(x):\n    return x\nCONSTANT = 1\ndef die(x):\n    import os\n    print('last words', file=sys.stderr, flush=True)\n    os._exit(3)\n",
        );
        let workers = Workers::new(Language::Python, 1);
        let ask = |name: &'static str| request("call", &python, Some(name), vec![json!(1)]);
        assert_eq!(workers.ask(&ask("f"), TIME).await.unwrap(), json!({"n": 2}));
        assert_eq!(workers.ask(&ask("later"), TIME).await.unwrap(), json!(1));
        assert_eq!(
            workers.ask(&ask("bad"), TIME).await,
            Err(Fault::Threw("ValueError: no".to_owned()))
        );
        assert!(
            matches!(workers.ask(&ask("CONSTANT"), TIME).await, Err(Fault::Cannot(why)) if why.contains("no function"))
        );
        assert!(matches!(workers.ask(&ask("die"), TIME).await, Err(Fault::Cannot(why)) if why.contains("last words")));
        // It is started anew.
        assert_eq!(workers.ask(&ask("f"), TIME).await.unwrap(), json!({"n": 2}));
    }
}
