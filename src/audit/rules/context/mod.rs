//! Context windows.

pub mod context_overflow;
pub mod context_stuffing;
pub mod no_context_check;
pub mod no_context_fallback;
pub mod no_input_limit;
pub mod output_cap_over_model;
