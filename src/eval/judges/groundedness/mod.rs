//! Groundedness: is what an answer claims in the passages?
//!
//! The answer is split into [`claims`]; each is held against the passages and measured, and a small fitted
//! model turns the measures into a probability. [`fit`] makes the model's file anew.

mod background;
mod check;
mod claims;
mod data;
mod entailment;
mod evidence;
mod features;
mod fit;
mod judge;
mod made;
mod model;
mod semantic;

pub use background::Background;
pub use check::{Checked, Grounding, check};
pub use claims::claims;
pub use data::{DataError, Example, examples};
pub use fit::{Auc, auc, fit};
pub(super) use judge::in_process;
pub use judge::{By, Groundedness};
pub use model::{Engine, Weights};

#[cfg(test)]
mod tests;
