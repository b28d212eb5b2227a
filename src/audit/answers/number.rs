//! A number with all that it was computed from.

use super::terms::Terms;
use crate::report::Term;

/// What a number counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Seconds.
    Seconds,
    /// Calls of providers.
    Calls,
    /// US dollars.
    Dollars,
    /// US dollars an hour.
    DollarsPerHour,
    /// Tokens.
    Tokens,
    /// A share from 0 to 1.
    Share,
}

/// A number, or the fact that nothing bounds it or that it cannot be known.
#[derive(Debug, Clone)]
pub struct Number {
    /// The value: `Some(f64::INFINITY)` when nothing bounds it, `None` when it cannot be known.
    pub value: Option<f64>,
    /// The unit.
    pub unit: Unit,
    /// What it was computed from; empty unless it was traced.
    pub terms: Vec<Term>,
}

impl Number {
    /// A known number.
    pub(super) fn new(value: f64, unit: Unit, terms: Terms) -> Self {
        Self {
            value: Some(value),
            unit,
            terms: terms.into_vec(),
        }
    }

    /// A number that cannot be known.
    pub(super) fn unknown(unit: Unit, terms: Terms) -> Self {
        Self {
            value: None,
            unit,
            terms: terms.into_vec(),
        }
    }

    /// Whether nothing bounds it.
    #[must_use]
    pub fn is_unbounded(&self) -> bool {
        self.value.is_some_and(f64::is_infinite)
    }

    /// Whether it is known and above a bound; an unbounded number is.
    #[must_use]
    pub fn exceeds(&self, bound: f64) -> bool {
        self.value.is_some_and(|value| value > bound)
    }
}
