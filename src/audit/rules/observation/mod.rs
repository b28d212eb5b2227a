//! Traces, alerts, logs.

pub mod debug_logging;
pub mod no_alerting;
pub mod no_traces;
