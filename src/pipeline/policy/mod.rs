//! What decides about a request: timeouts, retries, fallbacks, picks, cooldowns. Pure: no clock, no task and
//! no socket is in here. Whoever drives a [`Path`] hands it the moment and what came of its calls, and does
//! what it asks for next: a simulator in virtual time, the middleware live.
//!
//! A route's [`Plan`](crate::system::Plan) is compiled into a [`Program`]; a [`Path`] is one request's way
//! through it; [`Semantics`] is what a product makes of each kind of failure; a [`Fleet`] is the state that
//! requests share: which deployments are left out at the moment, and what is left of budgets. The driver:
//!
//! ```text
//! action = path.begin(world, request, now)
//! loop match action {
//!     Call {id, …}  begin it,    action = path.next(world, now)
//!     Cancel(id)    drop it,     action = path.next(world, now)
//!     Wait(until)   whichever comes first:
//!                   a call ends: action = path.ended(world, id, outcome, now)
//!                   a stream's first token, where the program hedges:
//!                                action = path.spoke(world, id, now)
//!                   until:       action = path.waited(world, now)
//!     Answer | Degrade | Fail    drop what runs, done
//! }
//! ```

mod aisys;
mod failure;
mod fleet;
pub mod health;
mod path;
mod program;
mod request;
mod semantics;
mod tick;
mod ways;

#[cfg(test)]
mod tests;

pub use aisys::Aisys;
pub use failure::{Failure, Limit, Refusal, Useless};
pub use fleet::{CallEnd, Fleet, Healthy};
pub use health::Health;
pub use path::{Action, CallId, CallLimits, Outcome, Path, World};
pub use program::Program;
pub use request::{Abilities, Request};
pub use semantics::{Circumstances, Direct, Semantics, Treatment};
pub use tick::Tick;
