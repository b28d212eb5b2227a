//! `aisys` tells a team, with evidence, whether their AI application will survive production.
//!
//! Rooms from low to high: [`source`] and [`clock`], [`system`], [`report`]; [`read`];
//! [`audit`]; [`cli`]. A lower room never imports a higher one.

pub mod audit;
pub mod cli;
pub mod clock;
pub mod exit;
pub mod read;
pub mod report;
pub mod source;
pub mod system;
