//! Known answers for what the reader makes of a configuration.
