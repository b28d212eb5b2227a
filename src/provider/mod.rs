//! Calling a model: over HTTP, as a program, in this process, from a cassette.
//!
//! Everything above this room sees a [`Provider`]: a call goes in, an answer or an error that says what
//! kind it is comes out, with what it took and what it cost.

mod backoff;
mod budget;
mod build;
mod call;
mod classify;
mod client;
mod command;
mod cost;
mod embeddings;
mod endpoint;
mod environment;
mod exchange;
mod extractive;
#[cfg(feature = "models")]
mod gguf;
mod http;
mod limiter;
mod limits;
mod path;
mod recorded;
mod render;
mod retry;
mod secrets;
mod sigv4;
mod spec;
mod template;
mod trace;

pub use budget::{Budget, Budgeted};
pub use build::{BuildOptions, Lookup, build, wrap};
pub use call::{Call, CallError, CallErrorKind, Provider, Reply};
pub use classify::{kind_of, no_answer};
pub use command::CommandLine;
pub use cost::Tariff;
pub use embeddings::{Embedded, Embeddings};
pub use exchange::Failure;
pub use extractive::{Extractive, NO_ANSWER};
#[cfg(feature = "models")]
pub use gguf::GgufProvider;
pub use limiter::{Limiter, Permit};
pub use limits::{Admission, LimitSettings, Limits, Outcome, Started};
pub use recorded::{CassetteMode, Recorded};
pub use retry::{Patience, Tried, retried};
pub use secrets::Secrets;
pub use spec::{ProviderApi, ProviderSpec, SpecError};
pub use template::{HttpTemplate, Prepared};
pub use trace::{Trace, TracedCall};
