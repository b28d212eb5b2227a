//! The simulation of a configuration under a scenario, in virtual time: users and their clients, the gateway with
//! its product's own ways, providers with their times, limits and faults.
//!
//! [`Setup`] is what does not change while it runs, [`simulate`] the loop; [`run`](run()) holds a run against the
//! hypotheses, [`sweep`](sweep()) sets configurations against one another, [`what_if`](what_if()) takes down one
//! fate after the other. What [`provider`] says of a call and what [`gateways`] make of failures is pure. All
//! chance comes from the seed and the numbers of requests and calls, so that two configurations meet the same users
//! and the same faults.

mod agenda;
mod cache;
mod calls;
mod causes;
mod client;
mod engine;
pub mod gateways;
mod own;
pub mod provider;
pub mod report;
mod run;
mod setup;
mod slab;
mod state;
pub mod sweep;
pub mod vary;
mod what_if;

#[cfg(test)]
mod tests;

pub use engine::simulate;
pub use run::{Options, Simulated, observe, run, run_setup, tally};
pub use setup::{Setup, entry};
pub use sweep::sweep;
pub use what_if::{Outage, what_if};
