//! How long it takes after a fault until all is as it was before.

use std::time::Duration;

use crate::chaos::Observation;
use crate::chaos::observation::Seen;

use super::measure::{quantile, until_anything};

/// The windows by which recovery is told.
const WINDOW: Duration = Duration::from_secs(10);
/// So many good windows in a row, or all that are left, are recovery.
const STEADY: usize = 3;
/// A window is good when its share of good answers is at least this much of that before the fault…
const GOOD: f64 = 0.98;
/// …and its median wait at most this much of that before (with a tenth of a second for what is fast).
const SLOWER: f64 = 1.5;
const SLACK: f64 = 0.1;

/// Seconds from the end of the last fault until the first of three good windows of ten seconds in a row; zero
/// when nothing was amiss. `None`: it never recovered, or nobody asked after the fault.
///
/// Requests count by when they were sent. `fault` is from the first fault's beginning to the last one's end, as
/// seconds since the run began.
#[must_use]
pub fn recovery(requests: &[&Observation], fault: (Duration, Duration)) -> Option<f64> {
    let (begin, end) = fault;
    let sent = |request: &Observation| Duration::from_nanos(request.at.0);
    let before: Vec<&Observation> = requests.iter().copied().filter(|it| sent(it) < begin).collect();
    let usual_share = if before.is_empty() { 1.0 } else { good_share(&before) };
    let usual_wait = quantile(&before, 0.5, until_anything);
    let mut windows: Vec<Vec<&Observation>> = Vec::new();
    for request in requests.iter().copied() {
        let Some(since) = sent(request).checked_sub(end) else {
            continue;
        };
        let index = usize::try_from(since.as_nanos() / WINDOW.as_nanos()).unwrap_or(usize::MAX);
        if index >= windows.len() {
            windows.resize(index + 1, Vec::new());
        }
        windows[index].push(request);
    }
    let well: Vec<bool> = windows
        .iter()
        .map(|window| {
            let wait = quantile(window, 0.5, until_anything);
            let in_time = usual_wait
                .zip(wait)
                .is_none_or(|(usual, wait)| wait <= usual * SLOWER + SLACK);
            window.is_empty() || (good_share(window) >= usual_share * GOOD && in_time)
        })
        .collect();
    let first = (0..well.len()).find(|at| well[*at..].iter().take(STEADY).all(|well| *well))?;
    Some(WINDOW.as_secs_f64() * small(first))
}

#[expect(clippy::cast_precision_loss, reason = "a number of windows")]
const fn small(count: usize) -> f64 {
    count as f64
}

fn good_share(requests: &[&Observation]) -> f64 {
    let good = requests
        .iter()
        .filter(|it| matches!(it.seen, Seen::Answered | Seen::Cached));
    small(good.count()) / small(requests.len().max(1))
}
