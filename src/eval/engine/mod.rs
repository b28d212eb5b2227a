//! Runs a plan: every case through every variant, so many at once, in a fixed order of results.
//!
//! Nothing here prints: whoever wants to know listens to the [`Event`]s. Nothing here keeps state on disk
//! either: every finished call is in the run's journal ([`crate::provider::Recorded`]), so that a run that was
//! killed is resumed by running it again over the same journal.

mod early;
mod event;
mod meter;
mod prompt;
mod run;
mod together;
mod unit;

pub use early::Early;
pub use event::{Event, Events};
pub use run::{Outcome, run};
pub use unit::{Subject, Target, Unit};
