//! Models and their names.

pub mod deprecated_model;
pub mod latest_alias;
pub mod unknown_model;
pub mod unpinned_model;
pub mod wildcard_route;
