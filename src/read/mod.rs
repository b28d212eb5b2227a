//! Files to a system: what is there, what each file is, and one file per dialect that reads it.
//!
//! `discover.rs` finds files, `recognise.rs` tells what they are by their content, `link.rs` joins
//! what belongs together. A reader never fails as a whole: what it cannot read becomes a remark or
//! an error with a place, and the other files are still read.

pub(crate) mod checks;
mod document;
pub mod litellm;

pub use document::{Document, Reader};
