//! Which faults are in force when, computed once: a call asks with one search.

use std::time::Duration;

use super::Injection;

/// The stretches of time between which nothing changes.
#[derive(Debug, Clone, Default)]
pub struct Timeline {
    /// When each stretch begins.
    begins: Vec<Duration>,
    /// Which injections are in force in it, in the scenario's order.
    in_force: Vec<Vec<usize>>,
}

/// More bursts than this are not unrolled: from there on, whoever asks looks at all injections.
const MOST_EDGES: usize = 20_000;

impl Timeline {
    /// The timeline of injections up to an end.
    pub(super) fn new(injections: &[Injection], end: Duration) -> Self {
        let mut begins = vec![Duration::ZERO];
        for injection in injections {
            let mut begin = injection.at;
            let mut burst = 0;
            while begin < end && begins.len() < MOST_EDGES {
                begins.push(begin);
                begins.extend(injection.lasts.map(|lasts| begin.saturating_add(lasts)));
                let Some(every) = injection.every else { break };
                burst += 1;
                if injection.bursts.is_some_and(|bursts| burst >= bursts) {
                    break;
                }
                begin = begin.saturating_add(every);
            }
        }
        if begins.len() >= MOST_EDGES {
            let all = (0..injections.len()).collect();
            return Self {
                begins: vec![Duration::ZERO],
                in_force: vec![all],
            };
        }
        // What lasts past the scenario's end still holds for the calls that are under way then.
        begins.push(end);
        begins.sort_unstable();
        begins.dedup();
        let in_force = begins
            .iter()
            .map(|begin| {
                let later = *begin >= end;
                let holds = |it: &Injection| {
                    if later {
                        it.over().is_none_or(|over| over > end)
                    } else {
                        it.in_force(*begin).is_some()
                    }
                };
                let found = injections.iter().enumerate().filter(|(_, it)| holds(it));
                found.map(|(index, _)| index).collect()
            })
            .collect();
        Self { begins, in_force }
    }

    /// The injections that may be in force at a moment.
    #[must_use]
    pub fn at(&self, at: Duration) -> &[usize] {
        let stretch = self.begins.partition_point(|begin| *begin <= at);
        self.in_force.get(stretch.wrapping_sub(1)).map_or(&[], Vec::as_slice)
    }

    /// When the first fault begins and the last one ends, up to the end of the scenario.
    pub(super) fn span(injections: &[Injection], end: Duration) -> Option<(Duration, Duration)> {
        let first = injections.iter().map(|it| it.at).min()?;
        let last = injections.iter().map(|it| it.over().unwrap_or(end)).max()?;
        Some((first, last.min(end)))
    }
}
