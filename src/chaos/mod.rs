//! What users see when a provider breaks: simulated in virtual time, or for real through a provider that is
//! emulated on loopback.
//!
//! A scenario lists faults. At each call the faults that are in force turn the [`Behaviour`] of a healthy
//! provider into what this call meets. The emulator and the proxy play a behaviour on the wire, the simulator
//! works out what its client sees of it: a fault is defined once. Both give [`Observation`]s, and everything
//! after that (hypotheses, series, reports) is pure over those.

pub mod behaviour;
pub mod emulate;
pub mod faults;
pub mod hypothesis;
pub mod live;
pub mod load;
pub mod observation;
pub mod proxy;
pub mod report;
pub mod scenario;
pub mod sim;
pub mod validate;

pub use behaviour::Behaviour;
pub use observation::Observation;
pub use scenario::{CallFacts, Scenario};
