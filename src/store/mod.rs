//! What stays on disk between runs: history, recorded calls, caches.
