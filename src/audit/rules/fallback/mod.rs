//! Fallbacks that are absent, or do not help.

pub mod fallback_cycle;
pub mod fallback_loses_capability;
pub mod fallback_on_client_error;
pub mod fallback_partly_covers;
pub mod fallback_shares_fate;
pub mod fallback_smaller_context;
pub mod fallback_undefined;
pub mod fallback_unreachable;
pub mod no_degraded_answer;
pub mod no_fallback;
pub mod paid_fallback_of_free;
pub mod priority_without_retry;
