//! A whole run held against its judgements.

use rayon::prelude::*;

use super::{Judged, Measure};
use crate::retrieve::judged::{QrelsView, RunView};

/// One query's values, in the order of the measures.
#[derive(Debug, Clone, PartialEq)]
pub struct QueryScores {
    /// The query.
    pub query: String,
    /// The values.
    pub values: Vec<f64>,
}

/// What a run scored.
#[derive(Debug, Clone, PartialEq)]
pub struct Scores {
    /// The measures that were asked for.
    pub measures: Vec<Measure>,
    /// The judged queries, in the order of their names.
    pub queries: Vec<QueryScores>,
    /// Judged queries that the run does not hold.
    pub missing: Vec<String>,
    /// How many of the run's queries have no judgements and so are left out.
    pub unjudged: usize,
}

impl Scores {
    /// Each measure over all queries: the mean, and the sum of what counts. Empty scores give 0.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    pub fn summary(&self) -> Vec<f64> {
        let mut sums = vec![0.0; self.measures.len()];
        for query in &self.queries {
            for (sum, value) in sums.iter_mut().zip(&query.values) {
                *sum += value;
            }
        }
        let count = self.queries.len().max(1) as f64;
        let means = self.measures.iter().zip(sums);
        means
            .map(|(measure, sum)| if measure.is_count() { sum } else { sum / count })
            .collect()
    }
}

/// Scores each query of a run that has judgements. With `complete`, a judged query that the run does not
/// hold counts as one that found nothing (`trec_eval -c`); else it is left out, and listed either way.
///
/// Values do not depend on the number of threads.
#[must_use]
pub fn score_run(qrels: &QrelsView<'_>, run: &RunView<'_>, measures: &[Measure], complete: bool) -> Scores {
    let values = |judged: &Judged| measures.iter().map(|measure| measure.value(judged)).collect();
    let scored: Vec<Option<QueryScores>> = run
        .queries
        .par_iter()
        .map(|(query, ranked)| {
            let judged = Judged::new(ranked, qrels.of(query)?);
            Some(QueryScores {
                query: name(query),
                values: values(&judged),
            })
        })
        .collect();
    let unjudged = scored.iter().filter(|scored| scored.is_none()).count();
    let mut queries: Vec<QueryScores> = scored.into_iter().flatten().collect();
    let mut missing = Vec::new();
    for (query, judged) in qrels.iter() {
        if run.queries.binary_search_by(|(it, _)| (*it).cmp(query)).is_ok() {
            continue;
        }
        missing.push(name(query));
        if complete {
            queries.push(QueryScores {
                query: name(query),
                values: values(&Judged::new(&[], judged)),
            });
        }
    }
    queries.sort_by(|a, b| a.query.cmp(&b.query));
    Scores {
        measures: measures.to_vec(),
        queries,
        missing,
        unjudged,
    }
}

fn name(query: &[u8]) -> String {
    String::from_utf8_lossy(query).into_owned()
}
