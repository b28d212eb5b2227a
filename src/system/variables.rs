//! Environment variables: which the configuration needs and which are set beside it.

use std::path::PathBuf;

use crate::source::Place;

/// One setting of one variable.
#[derive(Debug, Clone)]
pub struct Variable {
    /// The name.
    pub name: String,
    /// The value, when it stands in the file: `None` when it is passed through from outside.
    pub value: Option<String>,
    /// Where.
    pub place: Place,
    /// The service it is set for; `None` for an `.env` file, which speaks for its folder.
    pub service: Option<String>,
}

/// A place that needs a variable.
#[derive(Debug, Clone)]
pub struct Need {
    /// The name.
    pub name: String,
    /// The reference.
    pub place: Place,
}

/// All variables of a system.
#[derive(Debug, Clone, Default)]
pub struct Variables {
    /// Where variables are set.
    pub set: Vec<Variable>,
    /// Where variables are needed.
    pub needed: Vec<Need>,
    /// Folders in which something that sets variables was read: only there may a missing one be
    /// called missing.
    pub folders: Vec<PathBuf>,
}

impl Variables {
    /// Whether anything sets it.
    #[must_use]
    pub fn is_set(&self, name: &str) -> bool {
        self.set.iter().any(|variable| variable.name == name)
    }

    /// Notes a reference.
    pub fn need(&mut self, name: impl Into<String>, place: Place) {
        self.needed.push(Need {
            name: name.into(),
            place,
        });
    }

    pub(super) fn absorb(&mut self, other: Self) {
        self.set.extend(other.set);
        self.needed.extend(other.needed);
        self.folders.extend(other.folders);
    }
}
