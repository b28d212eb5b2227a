//! Caches.

pub mod cache_across_tenants;
pub mod cache_per_process;
pub mod cache_threshold_too_low;
pub mod cache_without_ttl;
pub mod no_cache;
pub mod no_prompt_cache;
