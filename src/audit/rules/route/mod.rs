//! Routing.

pub mod state_not_shared;
pub mod uneven_weights;
