//! The exit codes, named. `main` is the only place that uses them.

/// It holds.
pub const HOLDS: u8 = 0;
/// It does not hold: findings at or above `--fail-on`.
pub const FAILS: u8 = 1;
/// Wrong usage, or input that cannot be read.
pub const USAGE: u8 = 2;
/// The outside failed, or the run was cut short.
pub const OUTSIDE: u8 = 3;
