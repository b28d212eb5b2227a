//! Binary preference.

use super::judged::{Judged, RELEVANT};

/// How rarely a judged non-relevant document stands above a relevant one; documents that are not judged
/// are passed over (Buckley and Voorhees, "Retrieval evaluation with incomplete information", 2004, in
/// `trec_eval`'s form: counted over min(R, N)).
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
pub(super) fn bpref(judged: &Judged) -> f64 {
    let relevant = judged.relevant();
    let bound = relevant.min(judged.nonrelevant);
    let (mut above, mut sum) = (0_usize, 0.0);
    for grade in judged.grades.iter().flatten() {
        if *grade < RELEVANT {
            above += 1;
        } else if above == 0 {
            sum += 1.0;
        } else {
            sum += 1.0 - above.min(relevant) as f64 / bound as f64;
        }
    }
    if relevant == 0 { 0.0 } else { sum / relevant as f64 }
}
