//! Single points of failure.

pub mod single_account;
pub mod single_gateway;
pub mod single_host;
pub mod single_model_family;
pub mod single_provider;
pub mod single_region;
pub mod single_service;
