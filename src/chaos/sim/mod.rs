//! The simulation of a configuration under a scenario, in virtual time.

pub mod provider;
mod sampler;
mod histogram;
mod bucket;
mod agenda;
pub mod client;
