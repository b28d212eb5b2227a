//! Work that only computes, on a thread of its own.

use super::JudgeError;
use super::ask::setup;

/// Runs what computes for a millisecond or more aside, so that calls in flight go on meanwhile and several answers
/// are judged at once. Without a runtime, as in a program that only judges, it runs in place.
///
/// # Errors
/// As the work itself, and when its thread ended before it.
pub(in crate::eval) async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, JudgeError> + Send + 'static,
) -> Result<T, JudgeError> {
    if tokio::runtime::Handle::try_current().is_err() {
        return work();
    }
    let ended = tokio::task::spawn_blocking(work).await;
    ended.map_err(|error| setup(format!("judging was cut short: {error}")))?
}
