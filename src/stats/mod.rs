//! Intervals, tests and what a sample can show. Everything here is pure; chance comes in as a seed.

#![allow(
    clippy::float_cmp,
    reason = "equal values are the same number: ties, shares of 0 and 1, no difference"
)]

mod compare;
mod effect;
mod interval;
mod normal;
mod sample;

pub use compare::{Comparison, holm, mcnemar, paired};
pub use effect::smallest_detectable;
pub use interval::{Interval, of_mean, wilson};
pub use normal::{cdf, quantile};
pub use sample::{Sample, Value};
