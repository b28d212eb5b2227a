//! Recorded calls: a file of lines of JSON, each a call and what came of it, found by content.
//!
//! The first line names the format. A call that is finished is one line more, written at once: a process
//! that is killed loses nothing that was finished, and the next one drops a line that was cut. When the machine
//! itself dies, the calls of the last tenth of a second (and of the time that the disk took) may be lost, and
//! nothing before them; of a run that has ended, as by Ctrl-C, all is there.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Write as _;
use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::sync::Syncer;

/// The first line of a file that this version writes.
const HEADER: &str = "{\"format\":\"aisys-cassette\",\"version\":1}";

/// The longest line that is read.
const MAX_LINE: u64 = 128 << 20;

/// One line of a cassette.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recording {
    /// The [`key`] of provider and call.
    pub key: String,
    /// What identifies the provider, without secrets.
    pub provider: Value,
    /// The call.
    pub call: Value,
    /// What came of it.
    pub outcome: Value,
}

/// A recording that nobody asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stale {
    /// Its key.
    pub key: String,
    /// The question that it answers, to recognise it by.
    pub question: String,
}

/// Why a cassette cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum CassetteError {
    /// The file cannot be read.
    #[error("cannot read the cassette {path}: {error}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// The file cannot be written.
    #[error("cannot write the cassette {path}: {error}")]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// The file is no cassette, or of a version that is not known.
    #[error("{path}:1:1: not a cassette of version 1; its first line must be {HEADER}")]
    Format {
        /// The file.
        path: PathBuf,
    },
    /// A line is broken, and not the last one.
    #[error("{path}:{line}:1: a broken recording ({what}); delete the line to record that call anew")]
    Line {
        /// The file.
        path: PathBuf,
        /// Which line.
        line: usize,
        /// What is wrong.
        what: String,
    },
}

/// Recordings of one file, for all tasks of a run.
#[derive(Debug)]
pub struct Cassette {
    path: PathBuf,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The line of each key; the last one of a key counts.
    lines: HashMap<String, String>,
    used: HashSet<String>,
    /// Made in this run.
    fresh: HashSet<String>,
    /// Where the last whole line ends; what follows is cut off before the next is written.
    good_bytes: u64,
    torn: bool,
    file: Option<(File, Syncer)>,
    problem: Option<String>,
}

impl Cassette {
    /// Reads a cassette; a file that is not there is an empty one.
    ///
    /// # Errors
    /// Fails when the file cannot be read, is no cassette, or is broken before its last line.
    pub fn open(path: &Path) -> Result<Self, CassetteError> {
        let state = match File::open(path) {
            Ok(file) => read(path, file)?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => State::default(),
            Err(error) => {
                return Err(CassetteError::Read {
                    path: path.to_owned(),
                    error,
                });
            }
        };
        Ok(Self {
            path: path.to_owned(),
            state: Mutex::new(state),
        })
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What came of a call, when it is recorded. It counts as used from then on.
    pub fn outcome(&self, key: &str) -> Option<Value> {
        let mut state = self.state();
        let line = state.lines.get(key)?;
        let recording: Recording = serde_json::from_str(line).ok()?;
        state.used.insert(key.to_owned());
        Some(recording.outcome)
    }

    /// Whether a call was made in this run.
    pub fn is_fresh(&self, key: &str) -> bool {
        self.state().fresh.contains(key)
    }

    /// Adds a recording, in memory and at the file's end. `redact` takes secrets out of the line.
    ///
    /// # Errors
    /// Fails when the file cannot be written; the recording serves this run all the same.
    pub fn add(&self, recording: &Recording, redact: impl Fn(String) -> String) -> Result<(), CassetteError> {
        let line = redact(serde_json::to_string(recording).unwrap_or_default());
        let mut state = self.state();
        let key = recording.key.clone();
        state.used.insert(key.clone());
        state.fresh.insert(key.clone());
        let written = self.append(&mut state, &line);
        state.lines.insert(key, line);
        written.map_err(|error| {
            state.problem.get_or_insert_with(|| error.to_string());
            CassetteError::Write {
                path: self.path.clone(),
                error,
            }
        })
    }

    fn append(&self, state: &mut State, line: &str) -> std::io::Result<()> {
        if state.file.is_none() {
            let folder = self.folder();
            std::fs::create_dir_all(folder)?;
            let file = OpenOptions::new().create(true).append(true).open(&self.path)?;
            if state.torn || file.metadata()?.len() != state.good_bytes {
                file.set_len(state.good_bytes)?;
            }
            let syncer = Syncer::start(&file, folder)?;
            state.file = Some((file, syncer));
        }
        let Some((file, syncer)) = state.file.as_mut() else {
            return Ok(());
        };
        // One write a line: what is there is whole, but for the last line of a write that was cut.
        let text = if state.good_bytes == 0 {
            format!("{HEADER}\n{line}\n")
        } else {
            format!("{line}\n")
        };
        if let Err(error) = file.write_all(text.as_bytes()) {
            // A part of the line may be there: opened again, the file is cut back to its last whole line.
            state.file = None;
            return Err(error);
        }
        syncer.wrote();
        state.good_bytes += text.len() as u64;
        Ok(())
    }

    /// All recordings, by key.
    pub fn recordings(&self) -> Vec<Recording> {
        let state = self.state();
        let read = |line: &String| serde_json::from_str(line).ok();
        let mut all: Vec<Recording> = state.lines.values().filter_map(read).collect();
        all.sort_by(|a, b| a.key.cmp(&b.key));
        all
    }

    /// How many calls are recorded.
    pub fn len(&self) -> usize {
        self.state().lines.len()
    }

    /// Whether none is recorded.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the last line was cut, as by a process that was killed, and dropped.
    pub fn is_torn(&self) -> bool {
        self.state().torn
    }

    /// Returns when all that was added is on the disk: at the end of a run.
    ///
    /// # Errors
    /// Fails when the disk says that it is not.
    pub fn sync(&self) -> Result<(), CassetteError> {
        let state = self.state();
        let synced = state.file.as_ref().map_or(Ok(()), |(_, syncer)| syncer.now());
        synced.map_err(|error| CassetteError::Write {
            path: self.path.clone(),
            error,
        })
    }

    /// What went wrong with writing, first.
    pub fn problem(&self) -> Option<String> {
        let state = self.state();
        let syncer = state.file.as_ref().map(|(_, syncer)| syncer);
        state.problem.clone().or_else(|| syncer.and_then(Syncer::problem))
    }

    /// Recordings that were not asked for in this run, by key.
    pub fn stale(&self) -> Vec<Stale> {
        let state = self.state();
        let mut stale: Vec<Stale> = (state.lines.iter())
            .filter(|(key, _)| !state.used.contains(*key))
            .map(|(key, line)| Stale {
                key: key.clone(),
                question: question(line),
            })
            .collect();
        stale.sort_by(|a, b| a.key.cmp(&b.key));
        stale
    }

    /// Writes the file anew: one line a key, sorted; without stale ones if `drop_stale`. The old file stays
    /// until the new one is whole. Returns how many lines are left.
    ///
    /// # Errors
    /// Fails when the file cannot be written; the old one is there then.
    pub fn compact(&self, drop_stale: bool) -> Result<usize, CassetteError> {
        let mut state = self.state();
        let State { lines, used, .. } = &mut *state;
        if drop_stale {
            lines.retain(|key, _| used.contains(key));
        }
        let sorted: BTreeMap<&String, &String> = lines.iter().collect();
        let mut text = format!("{HEADER}\n");
        for line in sorted.values() {
            text.push_str(line);
            text.push('\n');
        }
        let left = sorted.len();
        self.replace(&text).map_err(|error| CassetteError::Write {
            path: self.path.clone(),
            error,
        })?;
        state.good_bytes = text.len() as u64;
        state.torn = false;
        state.file = None;
        Ok(left)
    }

    fn replace(&self, text: &str) -> std::io::Result<()> {
        let folder = self.folder();
        std::fs::create_dir_all(folder)?;
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(text.as_bytes())?;
        file.as_file().sync_all()?;
        file.persist(&self.path)?;
        Ok(())
    }

    fn folder(&self) -> &Path {
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
        folder.unwrap_or(Path::new("."))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // The state is whole after every step, so that a panic elsewhere spoils nothing.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn read(path: &Path, file: File) -> Result<State, CassetteError> {
    let failed = |error| CassetteError::Read {
        path: path.to_owned(),
        error,
    };
    let mut reader = BufReader::new(file);
    let mut state = State::default();
    let mut bad: Option<(usize, String)> = None;
    let mut bytes = Vec::new();
    for number in 1_usize.. {
        bytes.clear();
        let length = (&mut reader)
            .take(MAX_LINE)
            .read_until(b'\n', &mut bytes)
            .map_err(failed)?;
        if length == 0 {
            break;
        }
        if let Some((line, what)) = bad {
            return Err(CassetteError::Line {
                path: path.to_owned(),
                line,
                what,
            });
        }
        let whole = bytes.ends_with(b"\n");
        let text = std::str::from_utf8(&bytes).unwrap_or_default().trim_end();
        if number == 1 {
            if text != HEADER || !whole {
                // A header that was cut is an empty cassette.
                if !whole && HEADER.as_bytes().starts_with(&bytes) {
                    state.torn = true;
                    break;
                }
                return Err(CassetteError::Format { path: path.to_owned() });
            }
        } else {
            match serde_json::from_str::<Recording>(text) {
                Ok(recording) if whole => {
                    state.lines.insert(recording.key, text.to_owned());
                }
                Ok(_) => bad = Some((number, "it has no end".to_owned())),
                Err(error) => bad = Some((number, error.to_string())),
            }
        }
        if bad.is_none() && whole {
            state.good_bytes += length as u64;
        }
    }
    state.torn |= bad.is_some();
    Ok(state)
}

fn question(line: &str) -> String {
    let call = serde_json::from_str::<Recording>(line)
        .map(|it| it.call)
        .unwrap_or_default();
    let question = call.get("question").and_then(Value::as_str).unwrap_or_default();
    if !question.is_empty() {
        return question.to_owned();
    }
    let last = call
        .pointer("/request/messages")
        .and_then(Value::as_array)
        .and_then(|all| all.last());
    let text = last
        .and_then(|message| message.pointer("/content/0/text"))
        .and_then(Value::as_str);
    text.unwrap_or_default().chars().take(80).collect()
}

/// The key of a provider's identity and a call: SHA-256 over their JSON with sorted keys, in hexadecimal.
#[must_use]
pub fn key(provider: &Value, call: &Value) -> String {
    let mut text = String::new();
    canonical(provider, &mut text);
    text.push('\n');
    canonical(call, &mut text);
    super::hex(&Sha256::digest(text.as_bytes()))
}

fn canonical(value: &Value, out: &mut String) {
    match value {
        Value::Object(map) => {
            let sorted: BTreeMap<&String, &Value> = map.iter().collect();
            out.push('{');
            for (at, (key, value)) in sorted.into_iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                let _ = write!(out, "{}:", Value::from(key.as_str()));
                canonical(value, out);
            }
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                canonical(item, out);
            }
            out.push(']');
        }
        other => {
            let _ = write!(out, "{other}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn recording(key: &str, answer: &str) -> Recording {
        Recording {
            key: key.into(),
            provider: json!({ "api": "openai" }),
            call: json!({ "question": format!("what is {key}?") }),
            outcome: json!({ "reply": answer }),
        }
    }

    fn add(cassette: &Cassette, key: &str, answer: &str) {
        cassette.add(&recording(key, answer), |line| line).unwrap();
    }

    #[test]
    fn the_key_knows_no_order_of_fields() {
        let one = key(&json!({ "a": 1, "b": { "c": [1, 2], "d": "x" } }), &json!({ "q": 1 }));
        let two = key(&json!({ "b": { "d": "x", "c": [1, 2] }, "a": 1 }), &json!({ "q": 1 }));
        assert_eq!(one, two);
        assert_ne!(
            one,
            key(&json!({ "a": 1, "b": { "c": [2, 1], "d": "x" } }), &json!({ "q": 1 }))
        );
        // coreutils: printf '{}\n{}' | sha256sum
        assert_eq!(
            key(&json!({}), &json!({})),
            "8384c3416334fdeac97a1facd407750c98d6470238704db0504afe5ed3010176"
        );
    }

    #[test]
    fn what_was_finished_is_there_again_and_a_cut_line_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/run.jsonl");
        let cassette = Cassette::open(&path).unwrap();
        add(&cassette, "a", "1");
        add(&cassette, "b", "2");
        drop(cassette);
        let whole = std::fs::read(&path).unwrap();
        for cut in 0..whole.len() {
            std::fs::write(&path, &whole[..cut]).unwrap();
            let again = Cassette::open(&path).unwrap();
            let lines = whole[..cut].split(|byte| *byte == b'\n').count() - 1;
            assert_eq!(again.len(), lines.saturating_sub(1), "cut at {cut}");
            assert_eq!(again.is_torn(), cut > 0 && whole[cut - 1] != b'\n', "cut at {cut}");
            add(&again, "c", "3");
            let third = Cassette::open(&path).unwrap();
            assert_eq!(third.outcome("c"), Some(json!({ "reply": "3" })), "cut at {cut}");
            assert!(!third.is_torn());
        }
    }

    #[test]
    fn a_broken_line_in_the_middle_is_told_with_its_place() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.jsonl");
        let good = serde_json::to_string(&recording("a", "1")).unwrap();
        std::fs::write(&path, format!("{HEADER}\nnonsense\n{good}\n")).unwrap();
        let error = Cassette::open(&path).unwrap_err().to_string();
        assert!(error.contains("run.jsonl:2:1"), "{error}");
        std::fs::write(&path, "{\"other\":1}\n").unwrap();
        assert!(matches!(Cassette::open(&path), Err(CassetteError::Format { .. })));
    }

    #[test]
    fn stale_recordings_are_listed_and_compacting_sorts() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.jsonl");
        let cassette = Cassette::open(&path).unwrap();
        add(&cassette, "b", "old");
        add(&cassette, "a", "1");
        add(&cassette, "b", "new");
        drop(cassette);
        let cassette = Cassette::open(&path).unwrap();
        assert_eq!(cassette.outcome("b"), Some(json!({ "reply": "new" })));
        let stale = cassette.stale();
        assert_eq!(stale.len(), 1);
        assert_eq!(stale[0].question, "what is a?");
        assert_eq!(cassette.compact(false).unwrap(), 2);
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text.lines().count(), 3);
        assert!(text.find("\"key\":\"a\"") < text.find("\"key\":\"b\""));
        add(&cassette, "c", "3");
        assert_eq!(cassette.compact(true).unwrap(), 2);
        assert_eq!(Cassette::open(&path).unwrap().outcome("a"), None);
    }

    #[test]
    fn any_bytes_are_read_without_a_panic() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.jsonl");
        for bytes in [&b"\xff\xfe\n\n"[..], b"\n", b"{\"format\"", b"[]\n[]\n"] {
            std::fs::write(&path, bytes).unwrap();
            let _ = Cassette::open(&path);
            let mut after = format!("{HEADER}\n").into_bytes();
            after.extend_from_slice(bytes);
            std::fs::write(&path, after).unwrap();
            let _ = Cassette::open(&path);
        }
    }
}
