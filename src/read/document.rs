//! One file on its way to a reader.

use std::sync::Arc;

use crate::source::{Node, SourceFile};
use crate::system::prices::Prices;
use crate::system::{Dialect, System};

/// One file, or one block scalar of a file, as a reader gets it.
pub struct Document<'a> {
    /// The file.
    pub file: Arc<SourceFile>,
    /// Its YAML, JSON or TOML documents; empty for code and `.env` files.
    pub roots: Vec<Node>,
    /// The price table.
    pub prices: &'a Prices,
}

impl Document<'_> {
    /// The first document, for dialects that have one in a file.
    #[must_use]
    pub fn root(&self) -> Option<&Node> {
        self.roots.first()
    }
}

/// A dialect's reader: one line in the registry.
#[derive(Debug)]
pub struct Reader {
    /// The dialect.
    pub dialect: Dialect,
    /// Whether this is one of its files, by content.
    pub recognises: fn(&Document<'_>) -> bool,
    /// Reads it into a system of its own.
    pub read: fn(&Document<'_>) -> System,
}
