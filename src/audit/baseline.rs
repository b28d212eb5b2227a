//! Baselines: what was known yesterday stays quiet, and what is new fails.

use std::collections::HashMap;
use std::collections::HashSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::report::Finding;

/// A baseline that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BaselineError {
    /// It cannot be read or written.
    #[error("cannot use the baseline {}: {source}", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// It is no baseline.
    #[error("{} is no baseline: {reason}; write a new one with --write-baseline", .path.display())]
    Broken {
        /// The file.
        path: PathBuf,
        /// Where and what.
        reason: String,
    },
}

#[derive(Debug, Serialize, Deserialize)]
struct Stored {
    version: u32,
    findings: Vec<Known>,
}

/// One known finding. Rule, file and message are for the people who read the diff.
#[derive(Debug, Serialize, Deserialize)]
struct Known {
    fingerprint: String,
    rule: String,
    file: String,
    message: String,
}

/// What is left after a baseline.
#[derive(Debug)]
pub struct Filtered {
    /// Findings that the baseline does not know.
    pub new: Vec<Finding>,
    /// How many it knows.
    pub hidden: usize,
    /// How many of its entries were not found any more.
    pub gone: usize,
}

/// Gives each finding what stays the same when lines move: a digest of its rule, its file, the text
/// that it points to, and its number among equals.
pub fn fingerprint(findings: &mut [Finding]) {
    let mut seen: HashMap<u64, u64> = HashMap::new();
    for finding in findings {
        let path = finding.place.file.path().display().to_string().replace('\\', "/");
        let text = finding.place.first_line();
        let base = digest(&[finding.rule, &path, text.text().trim()]);
        let number = seen.entry(base).or_default();
        finding.fingerprint = format!("{:016x}", digest(&[&format!("{base:x}"), &number.to_string()]));
        *number += 1;
    }
}

/// FNV-1a (Fowler, Noll, Vo), 64 bits: the same on every machine and in every release.
fn digest(parts: &[&str]) -> u64 {
    let bytes = parts.iter().flat_map(|part| part.bytes().chain([0]));
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// Writes all findings as known, one a line so that diffs can be read.
///
/// # Errors
/// Fails when the file cannot be written.
pub fn write(path: &Path, findings: &[Finding]) -> Result<(), BaselineError> {
    let mut known: Vec<Known> = findings
        .iter()
        .map(|finding| Known {
            fingerprint: finding.fingerprint.clone(),
            rule: finding.rule.to_owned(),
            file: finding.place.file.path().display().to_string().replace('\\', "/"),
            message: finding.message.clone(),
        })
        .collect();
    known.sort_by(|a, b| (&a.file, &a.rule, &a.fingerprint).cmp(&(&b.file, &b.rule, &b.fingerprint)));
    let mut text = String::from("{\"version\": 1, \"findings\": [\n");
    for (at, entry) in known.iter().enumerate() {
        let comma = if at + 1 < known.len() { "," } else { "" };
        let line = serde_json::to_string(entry).map_err(|error| BaselineError::Broken {
            path: path.to_owned(),
            reason: error.to_string(),
        })?;
        let _ = writeln!(text, "  {line}{comma}");
    }
    text.push_str("]}\n");
    std::fs::write(path, text).map_err(|source| BaselineError::Io {
        path: path.to_owned(),
        source,
    })
}

/// Leaves out what a baseline knows.
///
/// # Errors
/// Fails when the file cannot be read or is no baseline.
pub fn filter(path: &Path, findings: Vec<Finding>) -> Result<Filtered, BaselineError> {
    let text = std::fs::read_to_string(path).map_err(|source| BaselineError::Io {
        path: path.to_owned(),
        source,
    })?;
    let broken = |reason: String| BaselineError::Broken {
        path: path.to_owned(),
        reason,
    };
    let stored: Stored = serde_json::from_str(&text).map_err(|error| broken(error.to_string()))?;
    if stored.version != 1 {
        return Err(broken(format!("version {} is not known here", stored.version)));
    }
    let known: HashSet<&str> = stored.findings.iter().map(|entry| entry.fingerprint.as_str()).collect();
    let all = findings.len();
    let found: HashSet<String> = findings.iter().map(|finding| finding.fingerprint.clone()).collect();
    let new: Vec<Finding> = findings
        .into_iter()
        .filter(|finding| !known.contains(finding.fingerprint.as_str()))
        .collect();
    Ok(Filtered {
        hidden: all - new.len(),
        gone: known.iter().filter(|entry| !found.contains(**entry)).count(),
        new,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Confidence, Severity};
    use crate::source::{SourceFile, Span};

    fn findings(text: &str) -> Vec<Finding> {
        let file = SourceFile::new("a.yaml", text);
        let mut findings: Vec<Finding> = text
            .match_indices("chat")
            .map(|(at, _)| Finding {
                rule: "no-timeout",
                severity: Severity::Error,
                confidence: Confidence::High,
                routes: Vec::new(),
                message: "m".to_owned(),
                label: String::new(),
                place: file.place(Span::new(at, at + 4)),
                related: Vec::new(),
                help: None,
                fix: None,
                fingerprint: String::new(),
                rank: 0,
            })
            .collect();
        fingerprint(&mut findings);
        findings
    }

    #[test]
    fn moved_lines_are_known_and_a_second_one_is_new() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("known.json");
        write(&path, &findings("chat\n")).unwrap();
        let moved = filter(&path, findings("# a comment\n\nchat\n")).unwrap();
        assert_eq!((moved.new.len(), moved.hidden, moved.gone), (0, 1, 0));
        let more = filter(&path, findings("chat\nchat\n")).unwrap();
        assert_eq!((more.new.len(), more.hidden, more.gone), (1, 1, 0));
        let gone = filter(&path, findings("nothing\n")).unwrap();
        assert_eq!((gone.new.len(), gone.hidden, gone.gone), (0, 0, 1));
    }

    #[test]
    fn a_broken_file_says_where() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("known.json");
        std::fs::write(&path, "{\"version\": 1,\n oops").unwrap();
        let error = filter(&path, Vec::new()).unwrap_err().to_string();
        assert!(error.contains("line 2"), "{error}");
    }
}
