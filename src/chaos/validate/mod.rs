//! The simulator held against the real `LiteLLM` proxy, request by request.
//!
//! [`CONFIGURATIONS`] ship. Each is tried with every fault of [`FAULTS`], streamed and whole: a [`Cell`]. The proxy
//! gets the configuration once for each cell under names of its own ([`multiplied`]), so that what it remembers of
//! one cell's deployments never touches another's; its providers are emulated in this process. The same
//! configuration, as it stands in its file, is simulated under the same fault with many seeds: waits and choices
//! are random, so a simulation gives all the [`Course`]s that may be, with the span of their times. [`compare`]
//! says whether what was seen is among them. The proxy's [`OwnTime`] on this machine is measured beside.

mod agreement;
mod cell;
mod compare;
mod configurations;
mod course;
mod expand;
mod faults;
mod own_time;
mod proxy;
mod real;
mod report;
mod simulated;
mod validated;

pub use cell::{Cell, cells};
pub use compare::{Compared, Verdict, compare};
pub use configurations::{CONFIGURATIONS, Configuration};
pub use course::{Came, Course, Outcome};
pub use expand::multiplied;
pub use faults::{FAULTS, Fault};
pub use own_time::OwnTime;
pub use proxy::{Litellm, ProxyError, VERSION};
pub use real::{Interrupted, Measured, Settings, measure};
pub use report::report;
pub use simulated::simulate;
pub use validated::{Validated, validated};
