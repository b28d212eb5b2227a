//! What stays on disk between runs: history, recorded calls, caches.

mod cassette;
mod history;
mod sync;

pub use cassette::{Cassette, CassetteError, Recording, Stale, key};
pub use history::{History, HistoryError, RunInfo, Status};
