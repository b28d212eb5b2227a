//! A configuration: measured, simulated, compared.

use std::time::Duration;

use rayon::prelude::*;

use crate::read::FormError;
use crate::system::System;

use super::agreement::Agreement;
use super::{Cell, Compared, Configuration, Measured, OwnTime, compare, simulate};

/// Where several requests follow one another, so many times as many seeds: only those that have the same course so
/// far say what comes next.
const MORE_SEEDS: u64 = 20;

/// One configuration compared.
#[derive(Debug)]
pub struct Validated {
    /// Its name.
    pub configuration: &'static str,
    /// The proxy's version.
    pub version: String,
    /// The proxy's own time on this machine.
    pub own: OwnTime,
    /// Each cell with its requests.
    pub cells: Vec<(Cell, Vec<Compared>)>,
}

impl Validated {
    /// All requests, with their cell and their number in it.
    pub fn requests(&self) -> impl Iterator<Item = (&Cell, usize, &Compared)> {
        let cells = self.cells.iter();
        cells.flat_map(|(cell, all)| all.iter().enumerate().map(move |(at, one)| (cell, at, one)))
    }

    /// How much agrees, in a line.
    #[must_use]
    pub fn summary(&self) -> String {
        Agreement::of(self.requests().map(|(.., one)| one)).to_string()
    }
}

/// Simulates the cells with so many seeds, and compares them with what was measured.
///
/// # Errors
/// Fails when a fault cannot be read, or the configuration lacks the route.
pub fn validated(
    configuration: &Configuration,
    system: &System,
    cells: &[Cell],
    measured: &Measured,
    patience: Duration,
    seeds: u64,
) -> Result<Validated, FormError> {
    let simulated = cells.par_iter().map(|cell| {
        let seeds = if cell.requests > 1 { seeds * MORE_SEEDS } else { seeds };
        simulate(system, cell, patience, seeds)
    });
    let simulated = simulated.collect::<Result<Vec<_>, _>>()?;
    let healthy = Cell::controls(cells).map(|cell| simulate(system, &cell, patience, 1));
    let own = match healthy {
        [Ok(streamed), Ok(whole)] => match (streamed.concat().first(), whole.concat().first()) {
            (Some(streamed), Some(whole)) => OwnTime::of(&measured.healthy, streamed, whole),
            _ => OwnTime::default(),
        },
        [Err(error), _] | [_, Err(error)] => return Err(error),
    };
    let all = cells.iter().zip(&measured.cells).zip(&simulated);
    Ok(Validated {
        configuration: configuration.name,
        version: measured.version.clone(),
        own,
        cells: all
            .map(|((cell, real), seeds)| (*cell, compare(cell.streamed, real, seeds, &own)))
            .collect(),
    })
}
