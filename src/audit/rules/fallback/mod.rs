//! Fallbacks that are absent, or do not help.
