//! What scores an answer. One judge per file.
//!
//! A judge that fails is an error of the judge: it is counted apart, and is never a score of 0 and never
//! a pass. What is judged was written by others: it goes to a judge model fenced off, and replies are read
//! strictly.

mod abstain;
mod aside;
mod ask;
mod consistency;
pub mod groundedness;
mod in_process;
mod judge;
mod pairwise;
mod panel;
pub mod parse;
mod question;
mod rubric;
#[cfg(test)]
pub(super) mod scripted;
mod text;

pub use abstain::abstains;
pub(super) use aside::aside;
pub(super) use ask::{ask, model, setup};
pub use consistency::Consistency;
pub use judge::{Exhibit, Judge, JudgeError, JudgeErrorKind, Tools, Verdict};
pub use pairwise::{Pairwise, Preference, Winner};
pub use panel::{Combine, Panel};
pub use rubric::{Criterion, Rubric};
