//! One integration binary: each module drives a part of the product as its users do.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by a panic, in its helpers too"
)]

mod chaos_live;
mod chaos_load;
mod chaos_validate;
mod cli;
mod corpus;
mod delivery;
mod eval;
mod extractive;
mod formats;
mod hostile;
mod layering;
mod mock;
#[cfg(feature = "models")]
mod models;
mod mutation;
mod numbers;
mod promptfoo_checks;
mod provider;
mod retrieval;
mod rules;
mod support;
mod trec;
