//! The output formats: one file each, chosen here.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::{Report, csv, github, html, json, junit, markdown, sarif, text};

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
    /// One page that needs nothing else.
    Html,
}

impl Format {
    /// How many rows of each table it shows at most.
    #[must_use]
    pub const fn rows_shown(self, verbose: bool) -> usize {
        match self {
            Self::Text if !verbose => text::FIRST_ROWS,
            Self::Text | Self::Json | Self::Jsonl | Self::Markdown | Self::Csv | Self::Html => usize::MAX,
            Self::Sarif | Self::Github | Self::Junit => 0,
        }
    }
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
    #[error("cannot tell the format of {}: use .csv, .json, .jsonl, .sarif, .xml (JUnit), .md or .html", .0.display())]
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
pub fn render(report: &Report, format: Format, style: Style, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Text => text::write(report, style, out),
        Format::Json => json::write(report, out),
        Format::Jsonl => json::write_lines(report, out),
        Format::Sarif => sarif::write(report, out),
        Format::Github => github::write(report, out),
        Format::Markdown => markdown::write(report, out),
        Format::Csv => csv::write(report, out),
        Format::Junit => junit::write(report, out),
        Format::Html => html::write(report, out),
    }
}

/// The format that a file's extension names.
///
/// # Errors
/// Fails when it names none.
pub fn format_of(path: &Path) -> Result<Format, OutputError> {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("json") => Ok(Format::Json),
        Some("jsonl") => Ok(Format::Jsonl),
        Some("sarif") => Ok(Format::Sarif),
        Some("md") => Ok(Format::Markdown),
        Some("csv") => Ok(Format::Csv),
        Some("xml") => Ok(Format::Junit),
        Some("html" | "htm") => Ok(Format::Html),
        _ => Err(OutputError::UnknownExtension(path.to_path_buf())),
    }
}

/// Writes the report to a file whose extension names the format. For CSV, each table is written
/// beside it: `routes.csv`, `what-if.csv`. Gives the paths that were written.
///
/// # Errors
/// Fails when the extension is unknown or a file cannot be written.
pub fn write_file(report: &Report, path: &Path) -> Result<Vec<PathBuf>, OutputError> {
    let format = format_of(path)?;
    let mut written = vec![path.to_path_buf()];
    save(path, |out| render(report, format, Style::default(), out))?;
    if format == Format::Csv {
        for table in &report.tables {
            let beside = path.with_file_name(format!("{}.csv", table.name));
            save(&beside, |out| csv::write_table(table, out))?;
            written.push(beside);
        }
    }
    Ok(written)
}

fn save(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), OutputError> {
    let run = || {
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder)?;
        }
        let mut out = BufWriter::new(File::create(path)?);
        write(&mut out)?;
        out.flush()
    };
    run().map_err(|source| OutputError::Io {
        path: path.to_path_buf(),
        source,
    })
}
