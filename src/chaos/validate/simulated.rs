//! A cell simulated: the requests of many seeds.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::chaos::Observation;
use crate::chaos::sim::{self, Setup};
use crate::read::FormError;
use crate::system::System;

use super::configurations::ROUTE;
use super::{Came, Cell, Course};

/// Everything that may come of a cell: for each of `seeds` the cell's requests, in order.
///
/// # Errors
/// Fails when the fault cannot be read, or the configuration lacks the route.
pub fn simulate(system: &System, cell: &Cell, patience: Duration, seeds: u64) -> Result<Vec<Vec<Came>>, FormError> {
    let scenario = cell.scenario(patience)?;
    let Some(route) = sim::entry(system, Some(ROUTE)) else {
        return Err(FormError::at(
            &scenario.place,
            format!("the configuration has no route {ROUTE:?}"),
        ));
    };
    let setup = Setup::new(system, route, &scenario);
    let traced: Vec<u64> = (0..u64::from(cell.requests)).collect();
    let of_seed = |seed: u64| {
        let mut all = Vec::new();
        sim::simulate(&setup, seed, &traced, |seen| all.push(seen));
        all.sort_unstable_by_key(|seen: &Observation| seen.id);
        all.iter().map(|seen| came(system, cell, seen)).collect()
    };
    Ok((0..seeds).map(of_seed).collect())
}

fn came(system: &System, cell: &Cell, seen: &Observation) -> Came {
    let model = |deployment: usize| system.deployments.get(deployment).map(|it| it.model.value.clone());
    let mut calls = BTreeMap::new();
    for attempt in seen.attempts.iter().filter(|attempt| attempt.begin <= seen.end) {
        if let Some(model) = model(attempt.deployment).filter(|model| cell.counts(model)) {
            *calls.entry(model).or_insert(0) += 1;
        }
    }
    Came::of(
        seen,
        cell.streamed,
        Course::new(seen.seen, seen.by.and_then(model), calls),
    )
}

/// What real runs have shown, so that it stays so where no proxy is at hand.
#[cfg(test)]
mod tests {
    use super::*;
    use crate::chaos::observation::Hollow;
    use crate::chaos::validate::{CONFIGURATIONS, FAULTS, Outcome, cells};

    /// The requests of some seeds, of the cell with so many.
    fn all(configuration: &str, fault: &str, streamed: bool, requests: u32) -> Vec<Vec<Came>> {
        let configuration = CONFIGURATIONS.iter().find(|it| it.name == configuration).unwrap();
        let cells = cells(configuration, FAULTS);
        let wanted = |it: &&Cell| it.fault.name == fault && it.streamed == streamed && it.requests == requests;
        let cell = cells.iter().find(wanted).unwrap();
        let system = configuration.reading().system;
        simulate(&system, cell, Duration::from_secs(12), 20).unwrap()
    }

    fn calls(came: &Came, model: &str) -> u32 {
        came.course.calls.get(model).copied().unwrap_or(0)
    }

    #[test]
    fn only_the_first_failure_of_a_request_counts_towards_a_cooldown() {
        for seed in all("two-fallbacks", "401", false, 5) {
            let primary: Vec<u32> = seed.iter().map(|came| calls(came, "primary")).collect();
            assert_eq!(primary, [1, 0, 0, 0, 0]);
            assert!(seed.iter().all(|came| calls(came, "primary-spare") == 1));
        }
        for seed in all("twins", "429", true, 1) {
            let both = [calls(&seed[0], "primary-a"), calls(&seed[0], "primary-b")];
            assert!(both == [1, 2] || both == [2, 1], "{both:?}");
        }
    }

    #[test]
    fn an_allowed_failure_is_not_the_last_one() {
        for seed in all("cooldown", "500", false, 5) {
            let primary: Vec<u32> = seed.iter().map(|came| calls(came, "primary")).collect();
            assert_eq!(primary, [1, 1, 0, 0, 0]);
        }
    }

    #[test]
    fn a_retry_policy_counts_by_kind() {
        for (fault, expected) in [("429", 1), ("500", 3), ("hang", 2), ("503", 3), ("404", 1), ("400", 1)] {
            for seed in all("retry-policy", fault, false, 1) {
                assert_eq!(calls(&seed[0], "primary"), expected, "{fault}");
            }
        }
        for seed in all("default", "403", true, 1) {
            assert_eq!(calls(&seed[0], "primary"), 3);
        }
    }

    #[test]
    fn a_filtered_answer_has_a_fallback_unless_it_is_streamed() {
        let whole = all("special-fallbacks", "content-filter", false, 1);
        assert!(whole.iter().all(|seed| seed[0].course.by.as_deref() == Some("lenient")));
        let streamed = all("special-fallbacks", "content-filter", true, 1);
        let useless = |seed: &Vec<Came>| seed[0].course.outcome == Outcome::Hollow(Hollow::Useless);
        assert!(streamed.iter().all(useless));
        let without = all("default", "content-filter", false, 1);
        assert!(without.iter().all(useless));
    }

    #[test]
    fn a_stream_that_is_silent_after_its_headers_ends_as_500() {
        let seeds = all("pair", "stall-first", true, 1);
        let failed = seeds.iter().filter(|seed| seed[0].course.by.is_none());
        let outcomes: Vec<Outcome> = failed.map(|seed| seed[0].course.outcome).collect();
        assert!(
            !outcomes.is_empty() && outcomes.iter().all(|it| *it == Outcome::Status(500)),
            "{outcomes:?}"
        );
    }
}
