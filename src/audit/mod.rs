//! Rules over a system, and the numbers that they and the report rest on.
//!
//! `answers/` computes for each route what nobody writes down: cut sets, what an outage does, the
//! longest wait, the most calls, money, availability, context. `rules/` holds one file per rule,
//! in a folder per family. `registry.rs` lists them. Nothing here prints.

pub mod answers;
pub mod baseline;
mod context;
mod engine;
pub mod fixes;
mod hit;
mod index;
pub mod pages;
pub mod registry;
mod rule;
pub mod rules;
mod summary;
mod suppress;

pub use context::{Audit, Options};
pub use engine::run;
pub use hit::{Hit, Hits};
pub use rule::{Family, FixKind, Harm, Rule};
pub use summary::{dollars, explained, report, show, some_of};
pub use suppress::{Suppressed, suppress};
