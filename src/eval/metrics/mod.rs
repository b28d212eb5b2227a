//! What is measured.

pub mod context;
pub mod retrieval;
