//! What retrieval puts into the model's window, beyond whether the right passage is there: how much of
//! the window it takes, where the relevant passage stands, how much says the same twice, how much is noise.

mod redundancy;
mod window;

pub use redundancy::{redundancy, shingle_jaccard};
pub use window::{ContextUse, context_use};
