//! Timeouts and waits.

pub mod inner_outlives_outer;
pub mod longest_wait;
pub mod no_stream_timeout;
pub mod no_timeout;
pub mod timeout_over_deadline;
pub mod unit_mistake;
