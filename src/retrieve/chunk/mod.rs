//! Cutting documents into passages, each with a stable identifier, its headings and its bytes.

mod cut;
mod pack;
mod sections;
mod sentences;
mod slug;
mod tokens;

pub use cut::{Cut, cut};
pub use sections::Section;
pub use sentences::sentences;
pub use tokens::{count_tokens, tokens};

/// What a passage is made of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum ChunkBy {
    /// By the document: headings for Markdown and HTML, sentences for plain text and PDF, and a row of
    /// CSV, JSONL, BEIR, SMART or TREC whole.
    #[default]
    Auto,
    /// Each document whole.
    Whole,
    /// A window over the tokens.
    Tokens,
    /// Whole sentences, as many as fit.
    Sentences,
    /// A passage for each heading; a long section is cut between sentences.
    Headings,
}

/// How documents are cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Chunking {
    /// What a passage is made of.
    pub by: ChunkBy,
    /// The most tokens of a passage, as [`tokens()`] counts them; at least 1.
    pub tokens: usize,
    /// How many tokens at the end of a passage are repeated at the start of the next: at most half of
    /// `tokens`, in whole sentences unless by tokens.
    pub overlap: usize,
}

impl Default for Chunking {
    /// 256 tokens, which is what MiniLM reads, and no overlap.
    fn default() -> Self {
        Self {
            by: ChunkBy::Auto,
            tokens: 256,
            overlap: 0,
        }
    }
}
