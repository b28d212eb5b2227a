//! What the emulator and the proxy share: HTTP/1.1 on the plain connection, what errors and wrong words look like,
//! and the director, which decides about each call by the scenario and keeps the log.

pub mod admin;
mod body;
mod client;
mod clock;
mod director;
mod endpoint;
mod head;
mod headers;
mod journal;
mod limiter;
pub mod marks;
mod refusal;
pub mod rewrite;
mod summary;
pub mod tokens;
mod words;

pub use body::BodyReader;
pub use client::{Client, Ending, gone};
pub use clock::ScenarioClock;
pub use director::{Asked, Count, Decision, Director, FaultState};
pub use endpoint::{Dialect, Endpoint, Operation};
pub use head::{Length, RequestHead, RequestOutline, ResponseOutline, request, request_outline, response_outline};
pub use headers::{Ids, of as provider_headers};
pub use journal::{Header, Journal, JournalError, Line, Replay};
pub use limiter::{Admitted, Full, Left, Limiter};
pub use marks::{Mark, Marks};
pub use refusal::{Mention, Wording, html, in_body, wording};
pub use summary::summary;
pub use words::{Distortion, MAX_EARLIER};
