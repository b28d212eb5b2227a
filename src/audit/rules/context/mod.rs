//! Context windows.
