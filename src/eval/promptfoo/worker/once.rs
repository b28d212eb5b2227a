//! One request while a suite is read, where nothing may wait for a runtime: generators of tests.

use std::io::{Read as _, Write as _};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use serde_json::Value;

use super::super::files::Language;
use super::{Fault, Request, cannot_start, explain, last_words, program, told};

/// How long a generator may take.
const TIME: Duration = Duration::from_secs(60);

/// Starts the language's program, makes one request of it, and ends it.
pub(in super::super) fn once(language: Language, request: &Request) -> Result<Value, Fault> {
    let (name, arguments) = program(language);
    let mut child = Command::new(name)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| Fault::Cannot(cannot_start(language, &error)))?;
    if let Some(mut input) = child.stdin.take() {
        // A program that cannot run closes its input; it is heard below.
        let _ = input.write_all(request.line(0).as_bytes());
    }
    let (Some(mut output), Some(mut errors)) = (child.stdout.take(), child.stderr.take()) else {
        return Err(Fault::Cannot(explain(language, "it has no output")));
    };
    let (sender, ended) = mpsc::channel();
    std::thread::spawn(move || {
        let mut printed = Vec::new();
        // What was read before a pipe broke is all there is; whoever waited may have gone.
        let _ = output.read_to_end(&mut printed);
        let _ = sender.send(printed);
    });
    let printer = std::thread::spawn(move || {
        let mut printed = Vec::new();
        let _ = errors.read_to_end(&mut printed);
        printed
    });
    let printed = ended.recv_timeout(TIME);
    // It has ended by itself, or has had its time.
    let _ = child.kill();
    let _ = child.wait();
    let Ok(printed) = printed else {
        let why = format!("no answer within {} s", TIME.as_secs());
        return Err(Fault::Cannot(explain(language, &why)));
    };
    let mut answers = printed.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    match answers.next_back().map(serde_json::from_slice::<Value>) {
        Some(Ok(answer)) => told(language, answer),
        Some(Err(error)) => Err(Fault::Cannot(explain(
            language,
            &format!("its answer is no JSON: {error}"),
        ))),
        None => {
            let words = printer.join().unwrap_or_default();
            let words = last_words(&words[words.len().saturating_sub(super::TAIL)..]);
            Err(Fault::Cannot(explain(
                language,
                &format!("it ended before it answered{words}"),
            )))
        }
    }
}
