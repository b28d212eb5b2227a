//! The output formats: one file each, chosen here.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::Report;

/// An output format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people at a terminal.
    Text,
    /// One JSON document.
    Json,
    /// One JSON document a line.
    Jsonl,
    /// SARIF 2.1.0.
    Sarif,
    /// GitHub workflow annotations.
    Github,
    /// For a pull request's comment.
    Markdown,
    /// One row per finding.
    Csv,
    /// `JUnit` XML.
    Junit,
}

/// How text looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Whether colours are allowed.
    pub color: bool,
    /// The terminal's width in columns.
    pub width: usize,
    /// Whether everything is shown, or a first screen and a line that counts the rest.
    pub verbose: bool,
}

impl Default for Style {
    fn default() -> Self {
        Self {
            color: false,
            width: 100,
            verbose: false,
        }
    }
}

/// An output file that could not be written.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// The extension names no format.
    #[error("cannot tell the format of {}: use .csv, .json, .jsonl, .sarif, .xml (JUnit) or .md", .0.display())]
    UnknownExtension(PathBuf),
    /// Writing failed.
    #[error("cannot write {}: {source}", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Writes the report in a format.
///
/// # Errors
/// Fails when `out` does.
pub fn render(_report: &Report, _format: Format, _style: Style, _out: &mut dyn Write) -> io::Result<()> {
    Ok(())
}

/// Writes the report to a file whose extension names the format. For CSV, each table is written
/// beside it: `routes.csv`, `what-if.csv`. Gives the paths that were written.
///
/// # Errors
/// Fails when the extension is unknown or a file cannot be written.
pub fn write_file(_report: &Report, path: &Path) -> Result<Vec<PathBuf>, OutputError> {
    Err(OutputError::UnknownExtension(path.to_path_buf()))
}
