//! What retrieval finds.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// A piece of a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passage {
    /// Unique in the corpus and the same in every run: `returns.md#return-window`, with `~2` and on for
    /// the further pieces of one section.
    pub id: String,
    /// The document: its path below the corpus, or its identifier in a BEIR, TREC or SMART collection.
    pub document: String,
    /// The headings above it, outermost first; empty where a format has none.
    pub headings: Vec<String>,
    /// The text, as it is shown to a model.
    pub text: String,
    /// The bytes of the document that it was taken from.
    pub bytes: Range<usize>,
}

impl Passage {
    /// What is indexed and embedded: the text below those of its headings that it does not itself hold,
    /// so that "Members" under "Returns" is found by either word.
    #[must_use]
    pub fn searchable(&self) -> Cow<'_, str> {
        let first_line = self.text.lines().next().unwrap_or_default();
        let above: Vec<&str> = self
            .headings
            .iter()
            .map(String::as_str)
            .filter(|it| !first_line.contains(it))
            .collect();
        if above.is_empty() {
            return Cow::Borrowed(&self.text);
        }
        Cow::Owned(format!("{}\n{}", above.join("\n"), self.text))
    }
}

/// A passage that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// The passage.
    pub passage: Arc<Passage>,
    /// Higher is better; the scale belongs to what ranked it.
    pub score: f64,
}
