//! What a system ranked for each query.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::RunView;

/// Rankings: query → documents, best first, with their scores.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Run {
    /// The rankings, by query. A query with an empty ranking was asked and found nothing.
    pub queries: BTreeMap<String, Vec<(String, f64)>>,
}

impl Run {
    /// The same, borrowed, as the measures take it. `trec_eval` keeps scores with 32 bits: so does this.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "scores are compared as trec_eval compares them"
    )]
    pub fn view(&self) -> RunView<'_> {
        let queries = self.queries.iter().map(|(query, ranked)| {
            let ranked = ranked
                .iter()
                .map(|(document, score)| (document.as_bytes(), *score as f32));
            (query.as_bytes(), ranked.collect())
        });
        RunView {
            queries: queries.collect(),
        }
    }
}

/// The lines of a TREC run file: `QUERY Q0 DOCUMENT RANK SCORE TAG`.
///
/// `trec_eval` ignores ranks and orders equal scores by document, last name first. So that whatever
/// reads the file sees this ranking, a score that does not fall below the one before it is written as
/// the next lower 32-bit number.
#[must_use]
#[expect(
    clippy::cast_possible_truncation,
    reason = "scores are compared as trec_eval compares them"
)]
pub fn write_trec_run(run: &Run, tag: &str) -> String {
    let mut text = String::new();
    for (query, ranked) in &run.queries {
        let mut above = f32::INFINITY;
        for (at, (document, score)) in ranked.iter().enumerate() {
            above = (*score as f32).min(above.next_down());
            // Writing to a string cannot fail; `{}` writes the shortest digits that read back the same.
            let _ = writeln!(text, "{query} Q0 {document} {} {above} {tag}", at + 1);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_keep_their_order_in_the_file() {
        let ranked = [("a", 2.0), ("b", 2.0), ("c", 2.0), ("d", 1.5)];
        let ranked = ranked.map(|(document, score)| (document.to_owned(), score)).to_vec();
        let run = Run {
            queries: BTreeMap::from([("q".to_owned(), ranked)]),
        };
        let text = write_trec_run(&run, "aisys");
        assert_eq!(text.lines().next(), Some("q Q0 a 1 2 aisys"));
        let scores: Vec<f32> = text
            .lines()
            .map(|line| line.split(' ').nth(4).unwrap().parse().unwrap())
            .collect();
        assert!(scores.is_sorted_by(|a, b| a > b), "{scores:?}");
        assert_eq!(scores[3], 1.5);
    }
}
