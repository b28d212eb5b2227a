//! One query's ranking held against its judgements: all that the measures look at.

/// A grade of this or more is relevant: `trec_eval`'s default level.
pub(super) const RELEVANT: i32 = 1;

/// One query's ranking, by grades.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Judged {
    /// The grade at each rank; `None` where a document is not judged, or with a negative grade.
    pub grades: Vec<Option<i32>>,
    /// The positive grades of all judged documents, highest first: the ideal ranking.
    pub ideal: Vec<i32>,
    /// How many documents are judged not relevant (grade 0).
    pub nonrelevant: usize,
}

impl Judged {
    /// Orders a ranking as `trec_eval` does, by falling score and, for equal scores, by falling name of the
    /// document (compared as bytes), and looks its grades up. `judged` must be in the order of names.
    #[must_use]
    pub fn new(ranked: &[(&[u8], f32)], judged: &[(&[u8], i32)]) -> Self {
        let mut order: Vec<u32> = (0..).take(ranked.len()).collect();
        order.sort_unstable_by(|a, b| {
            let (a, b) = (&ranked[*a as usize], &ranked[*b as usize]);
            b.1.total_cmp(&a.1).then_with(|| b.0.cmp(a.0))
        });
        let grade = |at: &u32| {
            let name = ranked[*at as usize].0;
            let at = judged.binary_search_by(|(it, _)| (*it).cmp(name)).ok()?;
            Some(judged[at].1).filter(|grade| *grade >= 0)
        };
        Self::with(
            order.iter().map(grade).collect(),
            judged.iter().map(|(_, grade)| *grade),
        )
    }

    /// From grades in the order of ranks, and those of all judged documents.
    #[must_use]
    pub fn with(grades: Vec<Option<i32>>, judged: impl Iterator<Item = i32> + Clone) -> Self {
        let mut ideal: Vec<i32> = judged.clone().filter(|grade| *grade >= RELEVANT).collect();
        ideal.sort_unstable_by(|a, b| b.cmp(a));
        Self {
            grades,
            ideal,
            nonrelevant: judged.filter(|grade| (0..RELEVANT).contains(grade)).count(),
        }
    }

    /// How many documents are relevant.
    pub(super) fn relevant(&self) -> usize {
        self.ideal.len()
    }

    /// Whether each rank up to a cut-off holds a relevant document.
    pub(super) fn relevance(&self, cut: Option<usize>) -> impl Iterator<Item = bool> {
        let grades = self.grades.iter().take(cut.unwrap_or(usize::MAX));
        grades.map(|grade| grade.is_some_and(|grade| grade >= RELEVANT))
    }

    /// How many of the ranks up to a cut-off hold a relevant document.
    pub(super) fn found(&self, cut: Option<usize>) -> usize {
        self.relevance(cut).filter(|relevant| *relevant).count()
    }
}
