//! One integration binary: each module drives a part of the product as its users do.

mod rules;
mod support;
