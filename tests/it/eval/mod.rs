//! `aisys eval` as people use it: the real binary in temporary folders, models on a loopback port.

mod cassettes;
mod collections;
mod determinism;
mod errors;
mod history;
mod promptfoo_http;
mod provider;
mod resume;
mod route;
mod shards;
mod shipped;
mod together;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use aisys::wire::Api;
use serde_json::Value;
use tokio::runtime::Runtime;

use crate::mock::{Answer, Mock, Seen};

/// A folder in which the binary runs; its history is in `.aisys` below it.
struct Lab(tempfile::TempDir);

impl Lab {
    /// A folder with a suite.
    fn with(suite: &str) -> Self {
        let lab = Self(tempfile::tempdir().unwrap());
        lab.write("suite.yaml", suite);
        lab
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// `aisys eval` with arguments, and no key in its environment.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_aisys"));
        command.current_dir(self.0.path()).arg("eval").args(arguments);
        command.env_clear().env("HOME", self.0.path());
        for kept in ["PATH", "AISYS_HOME"] {
            command.envs(std::env::var_os(kept).map(|value| (kept, value)));
        }
        command
    }

    fn eval(&self, arguments: &[&str]) -> Ran {
        Ran::of(&self.command(arguments).output().unwrap())
    }

    /// The lines of a CSV by the names of its columns.
    fn csv(&self, name: &str) -> Vec<Vec<(String, String)>> {
        let mut reader = csv::Reader::from_path(self.path(name)).unwrap();
        let names: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
        let line = |line: csv::StringRecord| names.iter().cloned().zip(line.iter().map(str::to_owned)).collect();
        reader.records().map(|record| line(record.unwrap())).collect()
    }

    /// One column of a CSV.
    fn column(&self, name: &str, column: &str) -> Vec<String> {
        let cell = |line: &Vec<(String, String)>| {
            let found = line.iter().find(|(name, _)| name == column);
            found.unwrap_or_else(|| panic!("no column {column}")).1.clone()
        };
        self.csv(name).iter().map(cell).collect()
    }

    /// What the calls of a run's journal asked.
    fn journal(&self, run: u32) -> Vec<String> {
        let path = self.path(&format!(".aisys/runs/{run}/calls.jsonl"));
        let text = std::fs::read_to_string(path).unwrap_or_default();
        // The first line is the format's, and a last line without an end was cut.
        let whole = text.split_inclusive('\n').filter(|line| line.ends_with('\n')).skip(1);
        let asked = whole.map(|line| {
            let recording: Value = serde_json::from_str(line).unwrap();
            recording["call"]["question"].as_str().unwrap().to_owned()
        });
        asked.collect()
    }
}

/// What the binary said.
#[derive(Debug, PartialEq)]
struct Ran {
    code: Option<i32>,
    out: String,
    notes: String,
}

impl Ran {
    fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        Self {
            code: output.status.code(),
            out: text(&output.stdout),
            notes: text(&output.stderr),
        }
    }

    /// Holds it to an exit code and to words that stand in one of its outputs.
    #[track_caller]
    fn expect(self, code: i32, words: &[&str]) -> Self {
        let all = format!("{}\n{}", self.out, self.notes);
        assert_eq!(self.code, Some(code), "{all}");
        for word in words {
            assert!(all.contains(word), "no {word:?} in:\n{all}");
        }
        self
    }
}

/// A mock that serves while the test waits for the binary.
struct Server {
    mock: Mock,
    runtime: Runtime,
}

impl Server {
    fn start(script: impl Fn(&Seen) -> Answer + Send + Sync + 'static) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let mock = runtime.block_on(Mock::start(script));
        Self { mock, runtime }
    }

    /// One that answers every question with its number.
    fn answering() -> Self {
        Self::start(right)
    }

    /// The model's settings in a suite; `more` stands in the braces.
    fn model(&self, more: &str) -> String {
        let url = self.mock.url("/v1");
        format!("{{api: openai, model: gpt-4o-mini, base_url: {url:?}, name: mock{more}}}")
    }

    /// Waits until nobody is connected.
    fn left_alone(&self) {
        self.runtime.block_on(self.mock.left_alone());
    }

    /// The questions that came, in the order in which they came.
    fn asked(&self) -> Vec<String> {
        self.mock.seen().iter().map(Seen::last_text).collect()
    }
}

/// The right answer to a question of [`numbered`].
fn right(seen: &Seen) -> Answer {
    let asked = seen.last_text();
    let number: String = asked.chars().filter(char::is_ascii_digit).collect();
    Answer::chat(Api::Openai, &format!("It is {number}."))
}

/// An error as `OpenAI` words it.
fn refused(status: u16, code: &str, message: &str) -> Answer {
    let body = serde_json::json!({"error": {"message": message, "type": code, "code": code}});
    Answer::json(status, &body)
}

/// A suite that asks a model for so many numbers, with further lines of YAML before its cases.
fn numbered(cases: usize, model: &str, more: &str) -> String {
    let case =
        |at| format!("  - {{id: q{at:03}, ask: \"What is number {at:03}?\", expect: [{{contains: \"{at:03}\"}}]}}\n");
    let cases: String = (0..cases).map(case).collect();
    format!("suite: numbers\ngeneration: {{model: {model}}}\n{more}cases:\n{cases}")
}

/// The same bytes in two files.
#[track_caller]
fn same_bytes(one: &Path, other: &Path) {
    let (first, second) = (std::fs::read(one).unwrap(), std::fs::read(other).unwrap());
    assert!(!first.is_empty(), "{} is empty", one.display());
    assert!(first == second, "{} and {} differ", one.display(), other.display());
}
