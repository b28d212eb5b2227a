//! What stays on disk between runs: history, recorded calls, caches.

mod cassette;
mod hex;
mod history;
mod sync;

pub use cassette::{Cassette, CassetteError, Recording, Stale, key};
pub use hex::hex;
pub use history::{History, HistoryError, RunInfo, Status};
