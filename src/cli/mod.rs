//! The command line: one file per command, its arguments and the call into its stage.

pub mod prices;
