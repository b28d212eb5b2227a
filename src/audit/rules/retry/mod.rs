//! Retries and cooldown.

pub mod no_backoff;
pub mod no_cooldown;
pub mod no_health_check;
pub mod retries_client_errors;
pub mod retries_off;
pub mod retry_after_unbounded;
pub mod retry_amplification;
