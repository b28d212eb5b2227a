//! Timeouts and waits.

pub mod no_timeout;
