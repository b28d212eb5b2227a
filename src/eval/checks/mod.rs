//! Checks: what a case expects of an answer, natively and as promptfoo 0.121.20 has it.
//!
//! A [`Check`] is read from a promptfoo assertion or from an entry of a native `expect:` list, and is a
//! [`Judge`](crate::eval::judges::Judge). One family of kinds per file, one line per kind in `kinds.rs`.
//! What a check cannot judge (a variable that is missing, a script that cannot run, a grader that gives no
//! verdict) is an error of the check: never a pass, never a 0.

mod case;
mod check;
mod compare;
mod error;
mod file;
mod html;
mod json;
mod kinds;
mod language;
mod limits;
mod model_graded;
mod native;
mod promptfoo;
mod refusal;
mod script;
mod set;
mod similarity;
mod sql;
mod template;
mod text;
mod tool_calls;
mod xml;

pub use check::Check;
pub use compare::{max_score, select_best};
pub use error::CheckError;
pub use kinds::{Kind, kinds, refused};
pub use set::combine;
pub use template::{TemplateError, render, render_loosely};

pub(super) use script::evaluate;
