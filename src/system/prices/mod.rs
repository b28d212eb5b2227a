//! What models cost, hold and can do, and when they end: the price table.
//!
//! `models.tsv` is the table that ships: plain text, sorted, embedded, and searched where it
//! stands, so that a run that asks for three models reads three lines and start-up costs nothing.
//! `table.rs` searches it, `lookup.rs` turns a provider's and a model's spelling into the names to
//! search for, `build.rs` makes it from `LiteLLM`'s map.

mod build;
mod error;
mod facts;
mod lookup;
mod table;

use std::path::Path;

pub use build::{Built, build};
pub use error::PricesError;
pub use facts::{Found, ModelFacts, Tier};

use crate::clock::Day;
use table::Table;

/// The table of models.
#[derive(Debug)]
pub struct Prices {
    table: Table,
}

impl Default for Prices {
    fn default() -> Self {
        Self::shipped()
    }
}

impl Prices {
    /// The table that ships with this binary.
    #[must_use]
    pub fn shipped() -> Self {
        Self {
            table: Table::trusted(include_str!("models.tsv")),
        }
    }

    /// A table of the user's own: what `aisys prices build` wrote, or `LiteLLM`'s JSON map itself.
    ///
    /// # Errors
    /// Fails when the file cannot be read, is neither, or is a table out of order.
    pub fn from_file(path: &Path) -> Result<Self, PricesError> {
        let text = std::fs::read_to_string(path).map_err(|error| PricesError::Read {
            path: path.to_owned(),
            error,
        })?;
        Self::from_text(&text).map_err(|error| error.in_file(path))
    }

    /// The same from text.
    ///
    /// # Errors
    /// Fails when the text is neither a table in order nor a map of models.
    pub fn from_text(text: &str) -> Result<Self, PricesError> {
        let text = if text.trim_start().starts_with('{') {
            build(text, "LiteLLM's map", None)?.text
        } else {
            text.replace('\r', "")
        };
        Ok(Self {
            table: Table::checked(text)?,
        })
    }

    /// What is known of a model: `provider/model` first, then the name without the prefix, then
    /// the base model (on Azure the base model first, because a deployment's name there is free
    /// text), then the same name at another provider. [`ModelFacts::found`] says which it was.
    #[must_use]
    pub fn find(&self, provider: &str, model: &str, base_model: Option<&str>) -> Option<ModelFacts> {
        lookup::find(&self.table, provider, model, base_model)
    }

    /// All names in the table, in its order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.table.names()
    }

    /// The names that begin like this, in any case: a cheap cut of [`names`](Self::names) for a
    /// search for near misses.
    pub fn names_beginning(&self, beginning: &str) -> impl Iterator<Item = &str> {
        self.table.names_beginning(beginning)
    }

    /// Where the table comes from: product and version.
    #[must_use]
    pub fn source(&self) -> Option<&str> {
        self.table.header("source")
    }

    /// The day on which it was built.
    #[must_use]
    pub fn date(&self) -> Option<Day> {
        self.table.header("date")?.parse().ok()
    }

    /// How many days before `today` it was built.
    #[must_use]
    pub fn age(&self, today: Day) -> Option<i64> {
        Some(today.days_after(self.date()?))
    }
}

#[cfg(test)]
mod tests;
