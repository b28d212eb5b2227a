//! `aisys` tells a team, with evidence, whether their AI application will survive production.
//!
//! Rooms from low to high: [`source`] and [`clock`]; [`system`], [`stats`], [`wire`], [`store`]; [`report`];
//! [`read`], [`embedded`], [`provider`], [`retrieve`]; [`pipeline`]; [`audit`], [`eval`], [`chaos`];
//! [`cli`]. A lower room never imports a higher one.

#![cfg_attr(
    test,
    allow(
        clippy::float_cmp,
        clippy::format_push_string,
        clippy::format_collect,
        reason = "tests compare with exact expectations and build small texts"
    )
)]

pub mod audit;
pub mod chaos;
pub mod cli;
pub mod clock;
pub mod embedded;
pub mod eval;
pub mod exit;
pub mod pipeline;
pub mod provider;
pub mod read;
pub mod report;
pub mod retrieve;
pub mod rng;
pub mod source;
pub mod stats;
pub mod store;
pub mod system;
pub mod wire;
