//! Retries and cooldown.
