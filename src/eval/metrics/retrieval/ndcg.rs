//! Normalised discounted cumulated gain.

use super::judged::Judged;
use super::measure::Gain;

/// DCG over the ideal DCG, both up to a cut-off, with gain / log2(rank + 1) for each document.
///
/// The linear gain is the grade itself (Järvelin and Kekäläinen, "Cumulated gain-based evaluation of IR
/// techniques", 2002; `trec_eval`), the exponential one 2^grade − 1 (Burges et al., "Learning to rank
/// using gradient descent", 2005).
pub(super) fn ndcg(judged: &Judged, cut: Option<usize>, gain: Gain) -> f64 {
    let ideal = dcg(judged.ideal.iter().copied(), cut, gain);
    if ideal == 0.0 {
        return 0.0;
    }
    let grades = judged.grades.iter().map(|grade| grade.unwrap_or(0));
    dcg(grades, cut, gain) / ideal
}

#[expect(clippy::cast_precision_loss, reason = "ranks are far below 2^52")]
fn dcg(grades: impl Iterator<Item = i32>, cut: Option<usize>, gain: Gain) -> f64 {
    let gains = grades.take(cut.unwrap_or(usize::MAX)).enumerate();
    gains
        .filter(|(_, grade)| *grade > 0)
        .map(|(at, grade)| gain.of(grade) / ((at + 2) as f64).log2())
        // Not `sum`: that of nothing is -0.
        .fold(0.0, |sum, gain| sum + gain)
}
