//! The log of decisions: a line of JSON for each call, from which a run is replayed exactly.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead as _, BufReader, BufWriter, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use crate::chaos::Behaviour;

/// The first line of a log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// Always `aisys-chaos`.
    pub log: String,
    /// Of the format.
    pub version: u32,
    /// The scenario's name.
    pub scenario: String,
    /// The seed of all chance.
    pub seed: u64,
}

/// One call and what was decided about it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// Its number, from zero.
    pub number: u64,
    /// Seconds since the scenario's beginning.
    pub at: f64,
    /// When, in UTC.
    pub time: String,
    /// The API that it spoke.
    pub api: String,
    /// The provider.
    pub provider: String,
    /// The region.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub region: String,
    /// The model.
    pub model: String,
    /// The path of the URL.
    pub path: String,
    /// Whether a stream was asked for.
    pub streamed: bool,
    /// Tokens of the prompt, where they were counted.
    #[serde(default)]
    pub prompt_tokens: u64,
    /// The faults that struck it, in the scenario's order.
    pub faults: Vec<String>,
    /// What it met, for people.
    pub met: String,
    /// The same, exactly; left out when it is healthy.
    #[serde(default, skip_serializing_if = "Behaviour::is_healthy")]
    pub behaviour: Behaviour,
}

/// Why a log cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The file cannot be written or read.
    #[error("cannot open the log {path}: {error}")]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// A line is none of a log.
    #[error("{path}:{line}:1: not a log of `aisys chaos` ({what})")]
    Line {
        /// The file.
        path: PathBuf,
        /// Which line.
        line: usize,
        /// What is wrong.
        what: String,
    },
}

/// The longest line that is read.
const MAX_LINE: u64 = 1 << 20;
const NAME: &str = "aisys-chaos";

/// A log that is written. Each line leaves at once, so that a run that is killed keeps its log.
#[derive(Debug)]
pub struct Journal {
    file: Mutex<BufWriter<File>>,
}

impl Journal {
    /// Begins a log, over what was there.
    ///
    /// # Errors
    /// Fails when the file cannot be written.
    pub fn create(path: &Path, scenario: &str, seed: u64) -> Result<Self, JournalError> {
        let failed = |error| JournalError::Open {
            path: path.to_owned(),
            error,
        };
        let mut file = BufWriter::new(File::create(path).map_err(failed)?);
        let header = Header {
            log: NAME.to_owned(),
            version: 1,
            scenario: scenario.to_owned(),
            seed,
        };
        let text = serde_json::to_string(&header).unwrap_or_default();
        writeln!(file, "{text}").and_then(|()| file.flush()).map_err(failed)?;
        Ok(Self { file: Mutex::new(file) })
    }

    /// Adds a line. A disk that is full costs the log and not the answer.
    pub fn add(&self, line: &Line) {
        let Ok(text) = serde_json::to_string(line) else { return };
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = writeln!(file, "{text}").and_then(|()| file.flush());
    }
}

/// A log that is replayed: what each call met, by its number.
#[derive(Debug, Clone, PartialEq)]
pub struct Replay {
    /// The run that it is of.
    pub header: Header,
    calls: HashMap<u64, (Vec<String>, Behaviour)>,
}

impl Replay {
    /// Reads a log. A last line that was cut is left out.
    ///
    /// # Errors
    /// Fails when the file cannot be read or is no log.
    pub fn read(path: &Path) -> Result<Self, JournalError> {
        let failed = |error| JournalError::Open {
            path: path.to_owned(),
            error,
        };
        let wrong = |line, what: String| JournalError::Line {
            path: path.to_owned(),
            line,
            what,
        };
        let mut reader = BufReader::new(File::open(path).map_err(failed)?);
        let mut header = None;
        let mut calls = HashMap::new();
        let mut text = Vec::new();
        for number in 1_usize.. {
            text.clear();
            if (&mut reader)
                .take(MAX_LINE)
                .read_until(b'\n', &mut text)
                .map_err(failed)?
                == 0
            {
                break;
            }
            if number == 1 {
                let read: Header = serde_json::from_slice(&text).map_err(|error| wrong(1, error.to_string()))?;
                if read.log != NAME || read.version != 1 {
                    return Err(wrong(1, format!("expected {NAME} of version 1")));
                }
                header = Some(read);
                continue;
            }
            match serde_json::from_slice::<Line>(&text) {
                Ok(line) => {
                    calls.insert(line.number, (line.faults, line.behaviour));
                }
                Err(_) if !text.ends_with(b"\n") => break,
                Err(error) => return Err(wrong(number, error.to_string())),
            }
        }
        let header = header.ok_or_else(|| wrong(1, "it is empty".to_owned()))?;
        Ok(Self { header, calls })
    }

    /// What a call met; healthy when the log does not know it.
    #[must_use]
    pub fn call(&self, number: u64) -> (Vec<String>, Behaviour) {
        self.calls.get(&number).cloned().unwrap_or_default()
    }
}
