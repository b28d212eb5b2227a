//! What decides about a request: timeouts, retries, fallbacks, picks, cooldowns. Pure: no clock, no task and
//! no socket is in here. Whoever drives a [`Path`] hands it the moment and what came of its calls, and does
//! what it asks for next.
//!
//! A route's [`Plan`](crate::system::Plan) is compiled into a [`Program`]; a [`Path`] is one request's way
//! through it; [`Semantics`] is what a product makes of each kind of failure; a [`Fleet`] knows which
//! deployments are left out at the moment.

mod failure;
mod fleet;
mod path;
mod program;
mod semantics;
mod tick;

#[cfg(test)]
mod tests;

pub use failure::{Failure, Limit, Refusal, Useless};
pub use fleet::{Fleet, Healthy};
pub use path::{Action, CallLimits, Outcome, Path};
pub use program::Program;
pub use semantics::{Circumstances, Direct, Semantics, Treatment};
pub use tick::Tick;
