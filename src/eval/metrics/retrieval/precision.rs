//! Precision, recall, success (hit rate), R-precision and reciprocal rank.

use super::judged::Judged;
use super::measure::ratio;

/// The share of relevant documents among the first `cut`, empty ranks counting as not relevant.
pub(super) fn precision(judged: &Judged, cut: usize) -> f64 {
    ratio(judged.found(Some(cut)), cut)
}

/// The share of all relevant documents that stand among the first `cut`.
pub(super) fn recall(judged: &Judged, cut: Option<usize>) -> f64 {
    ratio(judged.found(cut), judged.relevant())
}

/// 1 when a relevant document stands among the first `cut`.
pub(super) fn success(judged: &Judged, cut: usize) -> f64 {
    f64::from(u8::from(judged.found(Some(cut)) > 0))
}

/// Precision at the rank that is the number of relevant documents.
pub(super) fn r_precision(judged: &Judged) -> f64 {
    ratio(judged.found(Some(judged.relevant())), judged.relevant())
}

/// One over the rank of the first relevant document; 0 without one.
#[expect(clippy::cast_precision_loss, reason = "ranks are far below 2^52")]
pub(super) fn reciprocal_rank(judged: &Judged, cut: Option<usize>) -> f64 {
    let first = judged.relevance(cut).position(|relevant| relevant);
    first.map_or(0.0, |at| 1.0 / (at + 1) as f64)
}

/// The share of the first `cut` that is judged at all: when it is low, the measures know little.
pub(super) fn judged_share(judged: &Judged, cut: usize) -> f64 {
    let known = judged.grades.iter().take(cut).filter(|grade| grade.is_some()).count();
    ratio(known, cut.min(judged.grades.len()))
}
