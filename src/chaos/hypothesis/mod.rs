//! What must hold: `users_answered >= 99.9%`, `no user sees an error`, `recovers within 60s`.
//!
//! A [`Hypothesis`] is read from one line; [`Hypothesis::check`] holds it against what was seen, simulated or
//! real, and says since when it is violated and whose request shows it.

mod check;
mod grammar;
mod measure;
mod recovery;

#[cfg(test)]
mod tests;

use std::time::Duration;

use crate::source::Place;

pub use check::{Seen, Verdict};
pub(in crate::chaos) use measure::short;
pub use measure::{Measure, Unit};
pub use recovery::recovery;

/// One thing that must hold.
#[derive(Debug, Clone, PartialEq)]
pub struct Hypothesis {
    /// As it was written.
    pub text: String,
    /// Where it stands; `None`: on the command line.
    pub place: Option<Place>,
    /// What is measured.
    pub measure: Measure,
    /// How it compares.
    pub comparison: Comparison,
    /// With what.
    pub bound: Bound,
    /// Over which requests.
    pub scope: Scope,
}

/// How a value compares with its bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `>=`
    AtLeast,
    /// `>`
    MoreThan,
    /// `<=`
    AtMost,
    /// `<`
    LessThan,
    /// `==`
    Equal,
}

impl Comparison {
    /// Whether it holds.
    #[must_use]
    #[expect(
        clippy::float_cmp,
        reason = "equal counts and shares of nothing or all are the same number"
    )]
    pub fn holds(self, value: f64, bound: f64) -> bool {
        match self {
            Self::AtLeast => value >= bound,
            Self::MoreThan => value > bound,
            Self::AtMost => value <= bound,
            Self::LessThan => value < bound,
            Self::Equal => value == bound,
        }
    }
}

/// What a value is held against.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Bound {
    /// A share, seconds, dollars or a count.
    Fixed(f64),
    /// So many times what the run without faults gave.
    Baseline(f64),
}

/// Over which requests a value is taken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Scope {
    /// All.
    #[default]
    Run,
    /// Those that were sent while faults were on.
    Fault,
    /// Those that were sent after the last fault.
    After,
    /// Each minute's on their own: all must hold.
    EveryMinute,
}

/// The minutes by which a run is looked at.
pub const MINUTE: Duration = Duration::from_secs(60);
