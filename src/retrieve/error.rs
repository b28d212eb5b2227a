//! Why retrieval failed.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::embedded::ModelError;
use crate::read::FormError;

/// What is wrong with a corpus, with queries, judgements or a run, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CorpusError {
    /// The file.
    pub path: PathBuf,
    /// The line, from one, where the format has lines.
    pub line: Option<usize>,
    /// The column, from one, where it is known.
    pub column: Option<usize>,
    /// What is wrong and what to do.
    pub message: String,
}

impl CorpusError {
    pub(crate) fn new(path: &Path, message: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            line: None,
            column: None,
            message: message.into(),
        }
    }

    pub(crate) fn at(path: &Path, line: usize, message: impl Into<String>) -> Self {
        Self {
            line: Some(line),
            ..Self::new(path, message)
        }
    }

    /// The same, at a column of its line.
    #[must_use]
    pub(crate) const fn in_column(mut self, column: usize) -> Self {
        self.column = Some(column);
        self
    }
}

impl fmt::Display for CorpusError {
    /// `path:line:column: message`, as far as they are known.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path.display())?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        if let Some(column) = self.column {
            write!(f, ":{column}")?;
        }
        write!(f, ": {}", self.message)
    }
}

impl std::error::Error for CorpusError {}

impl From<CorpusError> for FormError {
    /// `path:line:column: message`; what is wrong with a line as a whole is told at its first column.
    fn from(mut error: CorpusError) -> Self {
        error.column = error.column.or(error.line.map(|_| 1));
        Self {
            message: error.to_string(),
            place: None,
            path: None,
        }
    }
}

/// Why nothing could be retrieved.
#[derive(Debug, thiserror::Error)]
pub enum RetrieveError {
    /// A corpus, queries, judgements or a run cannot be read.
    #[error(transparent)]
    Corpus(#[from] CorpusError),
    /// The settings ask for what cannot be.
    #[error("{0}")]
    Settings(String),
    /// The index failed.
    #[error("the BM25 index failed: {0}")]
    Index(#[from] tantivy::TantivyError),
    /// A model failed.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The user's own store failed: what was asked, and what it said.
    #[error("{0}")]
    Store(String),
    /// A search thread ended before its result.
    #[error("the search was cut short: {0}")]
    Cut(String),
}
