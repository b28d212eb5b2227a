//! A stage's result as findings, tables and notes, and one file per output format.
//!
//! This room renders and never computes; it knows places in files, and nothing of rules or systems.

mod contents;
mod csv;
mod each;
mod finding;
mod format;
mod github;
mod html;
mod json;
mod junit;
mod markdown;
mod sarif;
mod text;
mod text_snippet;
mod text_tests;
mod timeline;

#[cfg(test)]
mod tests;

pub use contents::{
    Answer, Explained, Mark, Page, Report, RuleInfo, Table, Term, TestResult, TestStatus, Timeline, Track, Worst,
};
pub use finding::{Confidence, Finding, Fix, FixSafety, Related, Severity};
pub use format::{Format, OutputError, Style, format_of, render, write_file};

use std::path::Path;

/// A path as reports that machines read spell it: forward slashes on every system.
fn slashed(path: &Path) -> String {
    path.display().to_string().replace('\\', "/")
}

/// How many of each severity: errors, warnings, notes.
fn counts<'a>(findings: impl Iterator<Item = &'a Finding>) -> (usize, usize, usize) {
    findings.fold((0, 0, 0), |(errors, warnings, notes), finding| match finding.severity {
        Severity::Error => (errors + 1, warnings, notes),
        Severity::Warning => (errors, warnings + 1, notes),
        Severity::Note => (errors, warnings, notes + 1),
    })
}

/// "2 errors, 1 warning": only what there is.
fn counted((errors, warnings, notes): (usize, usize, usize)) -> String {
    let part =
        |count: usize, word: &str| (count > 0).then(|| format!("{count} {word}{}", if count == 1 { "" } else { "s" }));
    let parts: Vec<String> = [part(errors, "error"), part(warnings, "warning"), part(notes, "note")]
        .into_iter()
        .flatten()
        .collect();
    if parts.is_empty() {
        "no findings".to_owned()
    } else {
        parts.join(", ")
    }
}
