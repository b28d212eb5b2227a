//! Suites replayed through retrieval and generation, judged, and held against a gate.

pub mod judges;
