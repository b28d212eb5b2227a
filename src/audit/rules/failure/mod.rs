//! Single points of failure.
