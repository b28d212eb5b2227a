//! Calling a model: over HTTP, as a program, in this process, from a cassette.
//!
//! Everything above this room sees a [`Provider`]: a call goes in, an answer or an error that says what
//! kind it is comes out, with what it took and what it cost.

mod call;

pub use call::{Call, CallError, CallErrorKind, Provider, Reply};
