//! Users of a running application: requests at times that are fixed beforehand, what came of each, and how long
//! it took after the faults until all was well.
//!
//! The load is open: a slow application gets the next request all the same, and a user's wait counts from the
//! moment that the request was meant for. So no omission is coordinated (Tene, "How NOT to measure latency").
//! [`drive`] gives a [`Run`] of [`Observation`](super::Observation)s; everything after that is pure.

mod drive;
mod exchange;
mod judge;
mod own;
mod prompt;
mod report;
mod run;
mod stage;
mod target;
mod user;
mod watch;

#[cfg(test)]
mod tests;

pub(in crate::chaos) use drive::http;
pub use drive::{Progress, drive};
pub(in crate::chaos) use judge::by_length;
pub use run::{Run, Stopped};
pub use stage::Stage;
pub use target::Endpoint;
pub(in crate::chaos) use user::{Came, Users};

/// Why a run cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The target is not one that may be loaded, or not one at all.
    #[error("{0}")]
    Target(String),
    /// The emulator that switches faults does not answer, or not as one.
    #[error("cannot switch faults at {url}: {why}")]
    Stage {
        /// Its address.
        url: String,
        /// What happened.
        why: String,
    },
}
