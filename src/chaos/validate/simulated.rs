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
