//! What a run showed, for people and machines.
//!
//! A [`Tally`] counts observations as they come, in bounded memory. A [`ChaosReport`] keeps what they add up
//! to, with the hypotheses and the lives of a few requests; it can be stored. [`report`] makes
//! terminal text, tables and the page of one or several.

mod figures;
mod held;
mod histogram;
mod kind;
mod life;
mod render;
mod requests;
mod run;
mod setting;
mod tables;
mod tally;
mod timeline;
pub mod words;

#[cfg(test)]
mod friday;
#[cfg(test)]
mod tests;

pub use figures::{Figures, Quantiles, Series};
pub use held::{Held, LimitLine, Shown};
pub use histogram::Histogram;
pub use kind::Kind;
pub use life::{Call, Cause, Life};
pub use render::{page, report};
pub use requests::RequestRows;
pub use run::{ChaosReport, Replications, Spread};
pub use setting::{FaultWindow, Origin, Phase, Setting, Span};
pub use tally::{Counts, MINUTE, Tally};
