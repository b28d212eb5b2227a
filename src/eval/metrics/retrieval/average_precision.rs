//! Average precision.

use super::judged::Judged;

/// The sum of the precisions at the ranks of relevant documents, up to a cut-off, over the number of all
/// relevant documents.
#[expect(clippy::cast_precision_loss, reason = "ranks are far below 2^52")]
pub(super) fn average_precision(judged: &Judged, cut: Option<usize>) -> f64 {
    let (mut found, mut sum) = (0_usize, 0.0);
    for (at, relevant) in judged.relevance(cut).enumerate() {
        if relevant {
            found += 1;
            sum += found as f64 / (at + 1) as f64;
        }
    }
    if judged.relevant() == 0 {
        0.0
    } else {
        sum / judged.relevant() as f64
    }
}
