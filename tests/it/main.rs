//! One integration binary: each module drives a part of the product as its users do.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by a panic, in its helpers too"
)]

mod cli;
mod corpus;
mod delivery;
mod formats;
mod hostile;
mod layering;
mod mutation;
mod numbers;
mod rules;
mod support;
