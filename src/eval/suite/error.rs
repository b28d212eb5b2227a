//! A suite that cannot be read, told so that a person can mend it.

use std::path::{Path, PathBuf};

use crate::retrieve::CorpusError;
use crate::source::{ParseError, Place};
use crate::system::nearest;

/// What is wrong with a suite or a file that it names, and where.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{}", self.render())]
pub struct SuiteError {
    /// What is wrong and what was expected.
    pub message: String,
    /// Where it stands, when that is known.
    pub place: Option<Place>,
    /// The file, where there is no place in it.
    pub path: Option<PathBuf>,
}

impl SuiteError {
    /// Something wrong at a place.
    #[must_use]
    pub fn at(place: &Place, message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            place: Some(place.clone()),
            path: None,
        }
    }

    /// Something wrong with a file as a whole.
    #[must_use]
    pub fn file(path: &Path, message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            place: None,
            path: Some(path.to_owned()),
        }
    }

    /// Text that its parser refused.
    #[must_use]
    pub fn parse(path: &Path, error: ParseError) -> Self {
        Self {
            message: error.message,
            place: error.place,
            path: Some(path.to_owned()),
        }
    }

    /// A name that is none of the known ones: the nearest is named, or all when they are few.
    #[must_use]
    pub fn unknown<'a>(place: &Place, what: &str, name: &str, known: impl Iterator<Item = &'a str> + Clone) -> Self {
        const FEW: usize = 12;
        let hint = match nearest(name, known.clone()) {
            Some(near) => format!("; did you mean `{near}`?"),
            None if known.clone().take(FEW + 1).count() <= FEW => {
                let names: Vec<String> = known.map(|name| format!("`{name}`")).collect();
                format!(" (expected {})", names.join(", "))
            }
            None => String::new(),
        };
        Self::at(place, format!("there is no {what} `{name}`{hint}"))
    }

    fn render(&self) -> String {
        match (&self.place, &self.path) {
            (Some(place), _) => format!("{} at {place}\n{}", self.message, place.quoted()),
            (None, Some(path)) => format!("cannot read {}: {}", path.display(), self.message),
            (None, None) => self.message.clone(),
        }
    }
}

impl From<CorpusError> for SuiteError {
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

impl From<crate::eval::checks::CheckError> for SuiteError {
    fn from(error: crate::eval::checks::CheckError) -> Self {
        Self::at(&error.place, error.message)
    }
}
