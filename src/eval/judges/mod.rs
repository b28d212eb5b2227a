//! What scores an answer. One judge per file.
//!
//! A judge that fails is an error of the judge: it is counted apart, and is never a score of 0 and never
//! a pass.

mod judge;

pub use judge::{Exhibit, Judge, JudgeError, JudgeErrorKind, Tools, Verdict};
