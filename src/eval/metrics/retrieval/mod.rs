//! Measures of rankings, exactly as `trec_eval` 9 defines them (`pytrec_eval-terrier` 0.5.11 gives the same
//! numbers; `tests/it/trec.rs` holds that).

mod average_precision;
mod bpref;
#[cfg(test)]
mod cranfield;
mod judged;
mod measure;
mod ndcg;
mod precision;
mod score;
mod units;

pub use judged::Judged;
pub use measure::{Gain, Measure, MeasureError};
pub use score::{QueryScores, Scores, score_run};
pub use units::{UnitError, Units};
