//! Intervals, tests and what a sample can show. Everything here is pure; chance comes in as a seed.

#![allow(
    clippy::float_cmp,
    reason = "equal values are the same number: ties, shares of 0 and 1, no difference"
)]

mod agreement;
mod bootstrap;
mod compare;
mod effect;
mod interval;
mod normal;
mod order;
mod reliability;
mod sample;
mod sequential;
mod words;

pub use agreement::{
    Level, Weights, agreement, auc, auc_interval, kappa, kappa_interval, krippendorff, krippendorff_interval,
};
pub use bootstrap::{at_share, of_statistic};
pub use compare::{Comparison, holm, mcnemar, paired};
pub use effect::smallest_detectable;
pub use interval::{Interval, of_mean, wilson};
pub use normal::{cdf, quantile};
pub use order::of_quantile;
pub use reliability::{Components, cronbach_alpha, split_half};
pub use sample::{Sample, Scale, Value};
pub use sequential::{Decision, Gate, PairedGate, Question, needed_share};
pub use words::{Better, Unit, Verdict, Wording};
