//! Routes with real providers: a [`Router`] answers calls as a model does, and goes the way of its
//! [`Path`](super::policy::Path) behind them.

mod deployments;
mod drive;
mod outcome;
mod router;
mod tally;

pub use router::{Router, RouterError};
