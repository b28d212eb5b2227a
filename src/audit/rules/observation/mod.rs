//! Traces, alerts, logs.
