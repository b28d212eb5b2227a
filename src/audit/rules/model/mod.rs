//! Models and their names.
