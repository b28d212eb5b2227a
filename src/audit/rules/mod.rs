//! One folder per family, one file per rule.

pub mod cache;
pub mod configuration;
pub mod context;
pub mod cost;
pub mod evaluation;
pub mod failure;
pub mod fallback;
pub mod model;
pub mod observation;
pub mod prompt;
mod remarks;
pub mod retry;
pub mod route;
pub mod safety;
pub mod time;
