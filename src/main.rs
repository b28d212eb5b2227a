//! Parse, run one stage, map the outcome to an exit code.

fn main() {}
