//! Documents: folders and files of people's own formats, and the collections of retrieval research.
//!
//! One file per format. A format is told by content; the extension only decides where content cannot
//! (`.md` from `.txt`, `.csv` from prose). What cannot be read is listed and the rest is still read.

mod beir;
mod collection;
mod csv;
mod discover;
mod html;
mod jsonl;
pub(super) mod limits;
mod load;
mod pdf;
mod qrels;
mod queries;
mod rows;
mod smart;
mod topics_xml;
mod trec;

pub use beir::Beir;
pub use collection::Collection;
pub use load::load;
pub use pdf::{PDF_WORKER, pdf_text_worker};
pub use queries::read_queries;
pub use smart::{read_smart_qrels, read_smart_queries};
pub use trec::{read_trec_topics, write_trec_topics};

use super::error::CorpusError;

/// How a document's text is marked up, which decides how it is cut into passages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Markup {
    /// Headings are Markdown's.
    Markdown,
    /// Plain text.
    Plain,
    /// A row or abstract of a collection: one passage by itself unless asked otherwise.
    Row,
}

/// One document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Its path below the corpus with `/`, or its identifier in a collection.
    pub id: String,
    /// Its text: the file as it stands for Markdown and plain text (a byte-order mark is left out),
    /// else what was extracted. Passages' byte ranges are ranges of this.
    pub text: String,
    /// How the text is marked up.
    pub markup: Markup,
}

/// A question with an identifier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// Unique in its collection.
    pub id: String,
    /// The question.
    pub text: String,
    /// The reference answer, where the file has one.
    pub answer: Option<String>,
    /// The line of its file where it begins, from one.
    pub line: usize,
}

/// The documents that were read, in the order of their identifiers' files, and what could not be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Corpus {
    /// The documents; identifiers are unique.
    pub documents: Vec<Document>,
    /// Files and rows that were left out, with why.
    pub problems: Vec<CorpusError>,
}

impl Corpus {
    /// The same corpus without the documents of these identifiers: what a search must then not find.
    #[must_use]
    pub fn without(mut self, ids: &[String]) -> Self {
        self.documents.retain(|document| !ids.contains(&document.id));
        self
    }
}
