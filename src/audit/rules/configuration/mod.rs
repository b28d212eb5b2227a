//! The configuration's own text.

pub mod duplicate_key;
pub mod invalid_value;
pub mod misplaced_key;
pub mod mock_in_production;
pub mod not_expanded;
pub mod unknown_key;
pub mod unpinned_image;
pub mod unset_variable;
pub mod unused_deployment;
