//! One integration binary: each module drives a part of the product as its users do.

mod mutation;
mod rules;
mod support;
