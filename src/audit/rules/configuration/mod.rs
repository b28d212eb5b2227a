//! The configuration's own text.
