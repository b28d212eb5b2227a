//! What a number is computed from, written down only when somebody asks.
//!
//! A large repository has a hundred thousand terms and a report shows few of them, so the same fold
//! gives a number with its terms or without.

use std::fmt::Display;

use crate::report::Term;

/// The terms of one number, in the order of its computation.
#[derive(Debug, Clone)]
pub(super) struct Terms {
    traced: bool,
    kept: Vec<Term>,
}

impl Terms {
    /// No terms yet; none are kept unless the number is `traced`.
    pub(super) const fn new(traced: bool) -> Self {
        Self {
            traced,
            kept: Vec::new(),
        }
    }

    /// No terms yet, kept or not as these are.
    pub(super) const fn alike(&self) -> Self {
        Self::new(self.traced)
    }

    /// Adds a term and where it comes from.
    pub(super) fn push(&mut self, text: impl FnOnce() -> String, origin: &dyn Display) {
        if self.traced {
            self.kept.push(Term {
                text: text(),
                origin: origin.to_string(),
            });
        }
    }

    /// Adds another number's terms behind these.
    pub(super) fn append(&mut self, mut more: Self) {
        self.kept.append(&mut more.kept);
    }

    /// The terms.
    pub(super) fn into_vec(self) -> Vec<Term> {
        self.kept
    }
}
