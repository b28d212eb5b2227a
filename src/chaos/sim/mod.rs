//! The simulation of a configuration under a scenario, in virtual time.

mod agenda;
mod cache;
mod calls;
mod client;
mod engine;
pub mod gateways;
mod own;
pub mod provider;
mod sampler;
mod setup;
mod slab;
mod state;

pub use engine::simulate;
pub use setup::{Setup, entry};
