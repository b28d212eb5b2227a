//! A file that could not be read, told so that a person can mend it.

use std::io;
use std::path::{Path, PathBuf};

use crate::source::{ParseError, Place};

/// A file that could not be read, and why.
#[derive(Debug, Clone)]
pub struct ReadError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong, in a few words.
    pub message: String,
    /// Where in the file, when that is known.
    pub place: Option<Place>,
    /// Whether the user named the file, or it is surely a gateway's configuration: then the run
    /// cannot hold without it.
    pub serious: bool,
}

impl ReadError {
    pub(super) fn io(path: &Path, error: &io::Error, serious: bool) -> Self {
        let message = match error.kind() {
            io::ErrorKind::NotFound => "there is no such file or folder".to_owned(),
            io::ErrorKind::PermissionDenied => "no permission to read it".to_owned(),
            // ELOOP has no stable kind; 40 is its number on Linux and 62 on macOS.
            _ if matches!(error.raw_os_error(), Some(40 | 62)) => "a symbolic link that leads to itself".to_owned(),
            _ => error.to_string(),
        };
        Self {
            path: path.to_owned(),
            message,
            place: None,
            serious,
        }
    }

    pub(super) fn walk(root: &Path, error: &ignore::Error) -> Self {
        Self {
            path: root.to_owned(),
            message: error.to_string(),
            place: None,
            serious: false,
        }
    }

    pub(super) fn parse(path: &Path, error: ParseError, serious: bool) -> Self {
        Self {
            path: path.to_owned(),
            message: error.message,
            place: error.place,
            serious,
        }
    }

    pub(super) fn new(path: &Path, message: impl Into<String>, serious: bool) -> Self {
        Self {
            path: path.to_owned(),
            message: message.into(),
            place: None,
            serious,
        }
    }

    /// The error as people read it: what, where, and the line with a caret.
    #[must_use]
    pub fn render(&self) -> String {
        let Some(place) = &self.place else {
            return format!("cannot read {}: {}", self.path.display(), self.message);
        };
        format!("{} at {place}\n{}", self.message, place.quoted())
    }
}
