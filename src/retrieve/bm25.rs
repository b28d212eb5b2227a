//! BM25 over tantivy's index.
//!
//! Tantivy 0.27 scores with k1 = 1.2 and b = 0.75 only, and with lengths rounded to one byte. So its
//! index is read here (terms, postings, frequencies) and the scores are computed with the passages' exact
//! lengths, in the form of Lucene since version 8:
//!
//! ```text
//! score(q, d) = Σ idf(t) · tf / (tf + k1 · (1 − b + b · |d| / avgdl)),   idf(t) = ln(1 + (N − n + ½) / (n + ½))
//! ```
//!
//! over the terms of the query, a term that stands twice counting twice (Robertson and Zaragoza, "The
//! Probabilistic Relevance Framework: BM25 and Beyond", 2009; Kamphuis et al., "Which BM25 Do You Mean?",
//! 2020, row "Lucene (accurate)").
//!
//! The index lives in memory and is built anew: a suite's corpus of some megabytes takes a tenth of a
//! second (`benches/README.md`), and nothing can be stale.

use std::sync::Arc;

use rayon::prelude::*;
use tantivy::directory::RamDirectory;
use tantivy::postings::Postings;
use tantivy::schema::{Field, IndexRecordOption, Schema, TextFieldIndexing, TextOptions};
use tantivy::tokenizer::{TextAnalyzer, TokenizerManager, WhitespaceTokenizer};
use tantivy::{DocSet, IndexBuilder, InvertedIndexReader, TERMINATED, TantivyDocument, Term};

use super::Passage;
use super::analyzer::analyzer;
use super::error::RetrieveError;
use super::ranking::{Scored, ranks, top};

/// BM25's two numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bm25Settings {
    /// How slowly a term's repetitions stop counting; 0 or more.
    pub k1: f64,
    /// How much long passages are held back; 0 to 1.
    pub b: f64,
}

impl Default for Bm25Settings {
    /// Lucene's: 1.2 and 0.75.
    fn default() -> Self {
        Self { k1: 1.2, b: 0.75 }
    }
}

/// A searchable index over passages.
pub struct Bm25 {
    analyzer: TextAnalyzer,
    field: Field,
    /// `None` when no passage has a term.
    postings: Option<Arc<InvertedIndexReader>>,
    /// k1 · (1 − b + b · |d| / avgdl) of each passage.
    norms: Vec<f64>,
    /// Each passage's place in the order of identifiers.
    ranks: Vec<u32>,
}

/// What tantivy sizes its table of terms by; it grows past it.
const WRITER_BYTES: usize = 64 * 1024 * 1024;
/// How many passages are analysed before they are indexed.
const BATCH: usize = 4_096;
/// The name, inside tantivy, of the tokenizer that parts terms.
const TERMS: &str = "terms";

impl Bm25 {
    /// Indexes the passages with their headings.
    ///
    /// # Errors
    /// Fails for an unknown language, for k1 or b out of range, or when tantivy does.
    pub fn new(passages: &[Arc<Passage>], language: &str, settings: Bm25Settings) -> Result<Self, RetrieveError> {
        let Bm25Settings { k1, b } = settings;
        if !(k1.is_finite() && k1 >= 0.0 && (0.0..=1.0).contains(&b)) {
            let message = format!("k1 must be 0 or more and b from 0 to 1, not {k1} and {b}");
            return Err(RetrieveError::Settings(message));
        }
        let analyzer = analyzer(language)?;
        let mut schema = Schema::builder();
        let indexing = TextFieldIndexing::default()
            .set_tokenizer(TERMS)
            .set_index_option(IndexRecordOption::WithFreqs)
            .set_fieldnorms(false);
        let field = schema.add_text_field("text", TextOptions::default().set_indexing_options(indexing));
        let tokenizers = TokenizerManager::new();
        tokenizers.register(TERMS, WhitespaceTokenizer::default());
        // One segment, written on this thread: passages keep their numbers.
        let mut writer = IndexBuilder::new()
            .schema(schema.build())
            .tokenizers(tokenizers)
            .single_segment_index_writer::<TantivyDocument>(RamDirectory::create(), WRITER_BYTES)?;
        let mut lengths: Vec<u32> = Vec::with_capacity(passages.len());
        for batch in passages.chunks(BATCH) {
            let analyzed: Vec<(String, u32)> = batch
                .par_iter()
                .map_init(
                    || analyzer.clone(),
                    |analyzer, passage| terms(analyzer, &passage.searchable()),
                )
                .collect();
            for (terms, length) in analyzed {
                lengths.push(length);
                let mut document = TantivyDocument::default();
                document.add_text(field, terms);
                writer.add_document(document)?;
            }
        }
        let searcher = writer.finalize()?.reader()?.searcher();
        let postings = match searcher.segment_readers() {
            [segment, ..] => Some(segment.inverted_index(field)?),
            [] => None,
        };
        Ok(Self {
            analyzer,
            field,
            postings,
            norms: norms(&lengths, settings),
            ranks: ranks(passages.iter().map(|passage| passage.id.as_str())),
        })
    }

    /// The best `top_k` passages that share a term with the question, by their place in the index. A
    /// question is free text: no character has a meaning.
    ///
    /// # Errors
    /// Fails when tantivy does.
    pub(super) fn search(&self, question: &str, top_k: usize) -> Result<Vec<Scored>, RetrieveError> {
        let Some(postings) = &self.postings else {
            return Ok(Vec::new());
        };
        let mut scores = vec![0.0; self.norms.len()];
        let mut found = Vec::new();
        for (term, times) in self.terms(question) {
            let Some(mut of_term) = postings
                .read_postings(&term, IndexRecordOption::WithFreqs)
                .map_err(|error| RetrieveError::Index(error.into()))?
            else {
                continue;
            };
            let idf = idf(self.norms.len(), of_term.doc_freq() as usize) * f64::from(times);
            let mut at = of_term.doc();
            while at != TERMINATED {
                let frequency = f64::from(of_term.term_freq());
                let score: &mut f64 = &mut scores[at as usize];
                if *score == 0.0 {
                    found.push(at);
                }
                *score += idf * frequency / (frequency + self.norms[at as usize]);
                at = of_term.advance();
            }
        }
        let scored = found.into_iter().map(|at| (at, scores[at as usize])).collect();
        Ok(top(scored, top_k, &self.ranks))
    }

    /// The question's terms in their order, each with how often it stands there.
    fn terms(&self, question: &str) -> Vec<(Term, u32)> {
        let mut terms: Vec<(Term, u32)> = Vec::new();
        let mut analyzer = self.analyzer.clone();
        analyzer.token_stream(question).process(&mut |token| {
            let term = Term::from_field_text(self.field, &token.text);
            match terms.iter_mut().find(|(it, _)| *it == term) {
                Some((_, times)) => *times += 1,
                None => terms.push((term, 1)),
            }
        });
        terms
    }
}

/// A text's terms with a space after each, and how many there are: analysed here, on all threads, and
/// only parted again by tantivy.
fn terms(analyzer: &mut TextAnalyzer, text: &str) -> (String, u32) {
    let (mut terms, mut length) = (String::with_capacity(text.len()), 0);
    analyzer.token_stream(text).process(&mut |token| {
        terms.push_str(&token.text);
        terms.push(' ');
        length += 1;
    });
    (terms, length)
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn norms(lengths: &[u32], Bm25Settings { k1, b }: Bm25Settings) -> Vec<f64> {
    let sum: f64 = lengths.iter().map(|length| f64::from(*length)).sum();
    let average = sum / lengths.len() as f64;
    let norm = |length: &u32| k1 * (1.0 - b + b * f64::from(*length) / average);
    lengths.iter().map(norm).collect()
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn idf(passages: usize, holding: usize) -> f64 {
    let (all, holding) = (passages as f64, holding as f64);
    (1.0 + (all - holding + 0.5) / (holding + 0.5)).ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passages(texts: &[(&str, &str)]) -> Vec<Arc<Passage>> {
        let passages = texts.iter().map(|(id, text)| Passage {
            id: (*id).to_owned(),
            document: (*id).to_owned(),
            headings: Vec::new(),
            text: (*text).to_owned(),
            bytes: 0..text.len(),
        });
        passages.map(Arc::new).collect()
    }

    fn found(texts: &[(&str, &str)], settings: Bm25Settings, question: &str) -> Vec<(String, f64)> {
        let passages = passages(texts);
        let index = Bm25::new(&passages, "none", settings).unwrap();
        let hits = index.search(question, 10).unwrap().into_iter();
        hits.map(|(at, score)| (passages[at as usize].id.clone(), score))
            .collect()
    }

    const TEXTS: &[(&str, &str)] = &[
        ("c", "red red blue"),
        ("b", "red green"),
        ("a", "green green green yellow pink"),
    ];

    #[test]
    fn scores_are_the_formulas() {
        // N = 3, avgdl = 10/3. red: n = 2, idf = ln(1 + 1.5/2.5) = ln 1.6.
        // c: tf 2, |d| 3, norm 1.2 · (0.25 + 0.75 · 0.9) = 1.11; b: tf 1, |d| 2, norm 1.2 · 0.7 = 0.84.
        let expected = [("c", 1.6_f64.ln() * 2.0 / 3.11), ("b", 1.6_f64.ln() / 1.84)];
        let hits = found(TEXTS, Bm25Settings::default(), "RED");
        for ((id, score), (expected_id, expected)) in hits.iter().zip(expected) {
            assert_eq!(id, expected_id);
            assert!((score - expected).abs() < 1e-12, "{score} {expected}");
        }
        assert_eq!(hits.len(), 2);
        // A term that stands twice counts twice.
        let twice = found(TEXTS, Bm25Settings::default(), "red red");
        assert!((twice[0].1 - 2.0 * hits[0].1).abs() < 1e-12);
        // k1 = 0: only presence counts, so red ties, by name; b = 0 takes lengths away.
        let presence = found(TEXTS, Bm25Settings { k1: 0.0, b: 0.5 }, "red");
        assert_eq!(
            presence,
            [("b".to_owned(), 1.6_f64.ln()), ("c".to_owned(), 1.6_f64.ln())]
        );
        let flat = found(TEXTS, Bm25Settings { k1: 2.0, b: 0.0 }, "green");
        assert_eq!(flat[0], ("a".to_owned(), 1.6_f64.ln() * 3.0 / 5.0));
    }

    #[test]
    fn questions_are_free_text() {
        for question in [
            "",
            "   ",
            "\"",
            "red AND (",
            "text:red^2 ~ * ? [a TO b]",
            "-red +",
            "\\",
            "\u{0}",
        ] {
            found(TEXTS, Bm25Settings::default(), question);
        }
        assert_eq!(found(TEXTS, Bm25Settings::default(), "text:red^2 OR (").len(), 2);
        assert!(found(&[], Bm25Settings::default(), "red").is_empty());
        assert!(found(&[("a", "...")], Bm25Settings::default(), "red").is_empty());
    }

    #[test]
    fn settings_out_of_range_are_refused() {
        for (k1, b) in [(-1.0, 0.5), (f64::NAN, 0.5), (1.0, 1.5)] {
            assert!(Bm25::new(&[], "english", Bm25Settings { k1, b }).is_err());
        }
    }
}
