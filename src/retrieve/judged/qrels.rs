//! Which documents are relevant to which query.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::QrelsView;

/// Judgements: query → document → grade. 0 is judged not relevant; a negative grade is in the pool but
/// not judged, as `trec_eval` reads it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Qrels {
    queries: BTreeMap<String, BTreeMap<String, i32>>,
}

impl Qrels {
    /// Adds a judgement; a later one of the same pair replaces it.
    pub fn insert(&mut self, query: &str, document: &str, grade: i32) {
        let judged = self.queries.entry(query.to_owned()).or_default();
        judged.insert(document.to_owned(), grade);
    }

    /// Whether a query has judgements.
    pub fn contains(&self, query: &str) -> bool {
        self.queries.contains_key(query)
    }

    /// A query's judgements.
    pub fn of(&self, query: &str) -> Option<&BTreeMap<String, i32>> {
        self.queries.get(query)
    }

    /// All queries with their judgements, in the order of their identifiers.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &BTreeMap<String, i32>)> {
        self.queries.iter().map(|(query, judged)| (query.as_str(), judged))
    }

    /// The same, borrowed, as the measures take them.
    #[must_use]
    pub fn view(&self) -> QrelsView<'_> {
        let queries = self.queries.iter().map(|(query, judged)| {
            let judged = judged.iter().map(|(document, grade)| (document.as_bytes(), *grade));
            (query.as_bytes(), judged.collect())
        });
        QrelsView::from_sorted(queries.collect())
    }

    /// The lines of a TREC qrels file.
    #[must_use]
    pub fn to_trec(&self) -> String {
        let mut text = String::new();
        for (query, judged) in &self.queries {
            for (document, grade) in judged {
                // Writing to a string cannot fail.
                let _ = writeln!(text, "{query} 0 {document} {grade}");
            }
        }
        text
    }
}
