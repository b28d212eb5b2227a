//! Judgements and rankings that borrow their names, so that a million lines need no million strings.

/// A query, and its documents each with a number: a score or a grade.
pub type Of<'a, N> = (&'a [u8], Vec<(&'a [u8], N)>);

/// Rankings that borrow: queries in the order of their identifiers.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RunView<'a> {
    /// The queries with their documents and scores, in any order of documents.
    pub queries: Vec<Of<'a, f32>>,
}

/// Judgements that borrow.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct QrelsView<'a> {
    /// In the order of the queries, and within one of the documents.
    queries: Vec<Of<'a, i32>>,
}

impl<'a> QrelsView<'a> {
    /// From queries in order, each with its documents in order, none twice.
    pub(super) const fn from_sorted(queries: Vec<Of<'a, i32>>) -> Self {
        Self { queries }
    }

    /// A query's judgements in the order of the documents.
    #[must_use]
    pub fn of(&self, query: &[u8]) -> Option<&[(&'a [u8], i32)]> {
        let at = self.queries.binary_search_by(|(it, _)| (*it).cmp(query)).ok()?;
        Some(&self.queries[at].1)
    }

    /// All queries with their judgements, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&'a [u8], &[(&'a [u8], i32)])> {
        self.queries.iter().map(|(query, judged)| (*query, judged.as_slice()))
    }
}
