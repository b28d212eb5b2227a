//! From documents to passages.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use rayon::prelude::*;

use super::pack::{sentence_packs, windows};
use super::sections::{Section, sections};
use super::{ChunkBy, Chunking};
use crate::retrieve::Passage;
use crate::retrieve::corpus::{Corpus, Document, Markup};

/// The passages of a corpus, and the sections that judgements may name.
#[derive(Debug, Clone, Default)]
pub struct Cut {
    /// All passages, document after document.
    pub passages: Vec<Arc<Passage>>,
    /// Each document's sections, in order; none where a format has no headings.
    pub sections: BTreeMap<String, Vec<Section>>,
}

/// Cuts every document. The same corpus and settings give the same passages on any number of threads.
#[must_use]
pub fn cut(corpus: &Corpus, chunking: Chunking) -> Cut {
    let chunking = Chunking {
        tokens: chunking.tokens.max(1),
        overlap: chunking.overlap.min(chunking.tokens / 2),
        ..chunking
    };
    let documents: Vec<_> = corpus
        .documents
        .par_iter()
        .map(|document| cut_document(document, chunking))
        .collect();
    let mut cut = Cut::default();
    for (document, (passages, sections)) in corpus.documents.iter().zip(documents) {
        cut.passages.extend(passages.into_iter().map(Arc::new));
        cut.sections.insert(document.id.clone(), sections);
    }
    cut
}

fn cut_document(document: &Document, chunking: Chunking) -> (Vec<Passage>, Vec<Section>) {
    let text = &document.text;
    let (sections, content) = match document.markup {
        Markup::Markdown => sections(text),
        Markup::Plain | Markup::Row => (Vec::new(), 0),
    };
    let by = match (chunking.by, document.markup) {
        (ChunkBy::Auto, Markup::Markdown) => ChunkBy::Headings,
        (ChunkBy::Auto, Markup::Plain) => ChunkBy::Sentences,
        (ChunkBy::Auto, Markup::Row) => ChunkBy::Whole,
        (by, _) => by,
    };
    let all = content..text.len();
    let mut pieces = Pieces::new(document);
    match by {
        ChunkBy::Whole | ChunkBy::Auto => pieces.add(None, vec![all], &sections),
        ChunkBy::Tokens => {
            let windows = windows(text, &all, chunking.tokens, chunking.overlap);
            pieces.add(None, windows, &sections);
        }
        ChunkBy::Sentences => {
            let packs = sentence_packs(text, &all, chunking.tokens, chunking.overlap);
            pieces.add(None, packs, &sections);
        }
        ChunkBy::Headings => {
            let first = sections.first().map_or(text.len(), |section| section.own.start);
            pieces.add_section(None, content..first, chunking, &sections);
            for (at, section) in sections.iter().enumerate() {
                // A heading with nothing under it before the next tells nothing by itself.
                if !text[section.body..section.own.end].trim().is_empty() {
                    pieces.add_section(Some(at), section.own.clone(), chunking, &sections);
                }
            }
            if pieces.passages.is_empty() {
                pieces.add_section(None, all, chunking, &sections);
            }
        }
    }
    (pieces.passages, sections)
}

struct Pieces<'a> {
    document: &'a Document,
    passages: Vec<Passage>,
}

impl<'a> Pieces<'a> {
    const fn new(document: &'a Document) -> Self {
        Self {
            document,
            passages: Vec::new(),
        }
    }

    /// A section whole when it fits, else in packs of sentences.
    fn add_section(&mut self, section: Option<usize>, range: Range<usize>, chunking: Chunking, sections: &[Section]) {
        let text = &self.document.text;
        let fits = super::count_tokens(&text[range.clone()]) <= chunking.tokens;
        let pieces = if fits {
            vec![range]
        } else {
            sentence_packs(text, &range, chunking.tokens, chunking.overlap)
        };
        self.add(section, pieces, sections);
    }

    /// Adds the pieces of one section (or of the document): the first bears its name alone.
    fn add(&mut self, section: Option<usize>, pieces: Vec<Range<usize>>, sections: &[Section]) {
        let Document { id, text, .. } = self.document;
        let base = match section {
            Some(at) => format!("{id}#{}", sections[at].slug),
            None => id.clone(),
        };
        let trimmed = pieces.into_iter().filter_map(|range| trim(text, range));
        for (at, bytes) in trimmed.enumerate() {
            let holder = section.or_else(|| sections.iter().rposition(|it| it.own.start <= bytes.start));
            let headings = holder.map_or(&[][..], |holder| &sections[holder].path);
            self.passages.push(Passage {
                id: if at == 0 {
                    base.clone()
                } else {
                    format!("{base}~{}", at + 1)
                },
                document: id.clone(),
                headings: headings.iter().map(|at| sections[*at].title.clone()).collect(),
                text: text[bytes.clone()].to_owned(),
                bytes,
            });
        }
    }
}

/// The range without the white space around its text; `None` when there is no text.
fn trim(text: &str, range: Range<usize>) -> Option<Range<usize>> {
    let inside = &text[range.clone()];
    let trimmed = inside.trim();
    let start = range.start + inside.len() - inside.trim_start().len();
    (!trimmed.is_empty()).then(|| start..start + trimmed.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn corpus(id: &str, text: &str, markup: Markup) -> Corpus {
        Corpus {
            documents: vec![Document {
                id: id.to_owned(),
                text: text.to_owned(),
                markup,
            }],
            problems: Vec::new(),
        }
    }

    fn ids(cut: &Cut) -> Vec<&str> {
        cut.passages.iter().map(|passage| passage.id.as_str()).collect()
    }

    const RETURNS: &str = "Before.\n\n# Returns\n\n## Return window\n\nOne two three. Four five six.\n\n\
                           ## Return window\n\nAgain.\n";

    #[test]
    fn a_passage_for_each_heading_with_stable_names() {
        let corpus = corpus("returns.md", RETURNS, Markup::Markdown);
        let cut = cut(&corpus, Chunking::default());
        let expected = ["returns.md", "returns.md#return-window", "returns.md#return-window-1"];
        assert_eq!(ids(&cut), expected);
        assert_eq!(cut.passages[1].headings, ["Returns", "Return window"]);
        assert_eq!(
            cut.passages[1].text,
            "## Return window\n\nOne two three. Four five six."
        );
        let tight = Chunking {
            tokens: 8,
            ..Chunking::default()
        };
        let cut = super::cut(&corpus, tight);
        assert_eq!(
            ids(&cut)[1..3],
            ["returns.md#return-window", "returns.md#return-window~2"]
        );
        assert_eq!(cut.passages[2].text, "Four five six.");
    }

    #[test]
    fn rows_stay_whole_and_windows_count_on() {
        let whole = cut(&corpus("12", "a b c. D e f.", Markup::Row), Chunking::default());
        assert_eq!(ids(&whole), ["12"]);
        let by = Chunking {
            by: ChunkBy::Tokens,
            tokens: 4,
            overlap: 2,
        };
        let windows = cut(&corpus("a.txt", "a b c d e f g h", Markup::Plain), by);
        assert_eq!(ids(&windows), ["a.txt", "a.txt~2", "a.txt~3"]);
    }

    proptest! {
        #[test]
        fn bytes_are_where_the_text_came_from(
            text in "([#>` \n-]{0,3}[a-zé模]{1,6}[.!]?[ \n]{1,2}){0,40}",
            tokens in 0_usize..20,
            overlap in 0_usize..20,
        ) {
            for by in [ChunkBy::Auto, ChunkBy::Whole, ChunkBy::Tokens, ChunkBy::Sentences, ChunkBy::Headings] {
                let cut = cut(&corpus("d", &text, Markup::Markdown), Chunking { by, tokens, overlap });
                let mut seen = std::collections::HashSet::new();
                for passage in &cut.passages {
                    prop_assert_eq!(&text[passage.bytes.clone()], &passage.text);
                    prop_assert!(seen.insert(passage.id.clone()), "{} twice", passage.id);
                    prop_assert!(!passage.text.trim().is_empty());
                    let count = super::super::count_tokens(&passage.text);
                    prop_assert!(by == ChunkBy::Whole || count <= tokens.max(1), "{} tokens", count);
                }
                prop_assert_eq!(cut.passages.is_empty(), text[cut_start(&text)..].trim().is_empty());
            }
        }
    }

    fn cut_start(text: &str) -> usize {
        sections(text).1
    }
}
