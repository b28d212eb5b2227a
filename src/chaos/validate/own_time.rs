//! What the proxy itself takes: the simulator knows what it waits for, and not how fast the machine computes.

use std::time::Duration;

use super::Came;

/// The proxy's own time for one healthy call: the median over a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OwnTime {
    /// Until a stream's first token.
    pub first: Duration,
    /// Until a stream's end.
    pub streamed: Duration,
    /// Until a whole answer.
    pub whole: Duration,
}

impl OwnTime {
    /// Of healthy requests, beside what is simulated for a streamed one and a whole one.
    #[must_use]
    pub fn of(healthy: &[Came], streamed: &Came, whole: &Came) -> Self {
        let beyond = |time: Option<Duration>, simulated: Option<Duration>| {
            Some(time?.saturating_sub(simulated.unwrap_or_default()))
        };
        let streams = || healthy.iter().filter(|came| came.first.is_some());
        let wholes = healthy.iter().filter(|came| came.first.is_none());
        Self {
            first: median(streams().filter_map(|came| beyond(came.first, streamed.first))),
            streamed: median(streams().filter_map(|came| beyond(Some(came.end), Some(streamed.end)))),
            whole: median(wholes.filter_map(|came| beyond(Some(came.end), Some(whole.end)))),
        }
    }

    /// Until the end of a request that made so many calls, at most.
    #[must_use]
    pub fn end(&self, streamed: bool, calls: u32) -> Duration {
        let once = if streamed { self.streamed } else { self.whole };
        once * calls.max(1)
    }

    /// Until the first token of a request that made so many calls, at most.
    #[must_use]
    pub fn until_first(&self, calls: u32) -> Duration {
        self.first * calls.max(1)
    }
}

fn median(times: impl Iterator<Item = Duration>) -> Duration {
    let mut times: Vec<Duration> = times.collect();
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chaos::validate::{Course, Outcome};

    fn came(first: Option<u64>, end: u64) -> Came {
        Came {
            course: Course {
                outcome: Outcome::Answered,
                by: None,
                calls: [].into(),
            },
            first: first.map(Duration::from_millis),
            end: Duration::from_millis(end),
        }
    }

    #[test]
    fn it_is_the_median_beyond_what_is_simulated_once_for_each_call() {
        let streams = [came(Some(50), 150), came(Some(40), 160), came(Some(900), 990)];
        let wholes = [came(None, 145), came(None, 100)];
        let seen = [&streams[..], &wholes[..]].concat();
        let own = OwnTime::of(&seen, &came(Some(20), 115), &came(None, 115));
        assert_eq!(own.until_first(2), Duration::from_millis(60));
        assert_eq!(own.end(true, 1), Duration::from_millis(45));
        // Nobody is called by a request that finds everybody cooling down; the proxy took its time all the same.
        assert_eq!(own.end(false, 0), Duration::from_millis(30));
    }
}
