//! What a run showed, for people and machines.
//!
//! A [`Tally`] counts observations as they come, in bounded memory.

mod histogram;
mod kind;
mod tally;

#[cfg(test)]
mod tests;

pub use histogram::Histogram;
pub use kind::Kind;
pub use tally::{Counts, MINUTE, Tally};
