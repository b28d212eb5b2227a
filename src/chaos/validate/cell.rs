//! One fault on one configuration, streamed or not.

use std::path::Path;
use std::time::Duration;

use crate::chaos::Scenario;
use crate::read::FormError;
use crate::source::SourceFile;

use super::faults::HEALTHY;
use super::{Configuration, FAULTS, Fault};

/// How many requests follow one another where a fault meets several.
const REPEATED: u32 = 5;
/// A healthy answer of the emulated providers: tokens, and how they come. Five tokens take 20 ms, more than what
/// reaches a gateway in one piece.
const TOKENS: u32 = 20;
const PACE: &str = "{first_token: 20ms, tokens_per_second: 200}";
/// What is broken, in a configuration's file.
const BROKEN: &str = "primary";

/// One fault on one configuration.
#[derive(Debug, Clone, Copy)]
pub struct Cell {
    /// Its number within the configuration.
    pub number: usize,
    /// The fault.
    pub fault: Fault,
    /// Whether streams are asked for.
    pub streamed: bool,
    /// How many requests, and how far apart.
    pub requests: u32,
    /// From one request to the next.
    pub gap: Duration,
}

/// The cells of a configuration, for these faults.
#[must_use]
pub fn cells(configuration: &Configuration, faults: &[Fault]) -> Vec<Cell> {
    let both = |fault: Fault, requests: u32, gap: Duration| {
        [false, true].map(|streamed| Cell {
            number: 0,
            fault,
            streamed,
            requests,
            gap,
        })
    };
    // Those with several requests come first: `LiteLLM`'s memory holds 200 entries, and when it is full the oldest
    // counts and cooldowns are lost.
    let single = faults.iter().flat_map(|fault| both(*fault, 1, Duration::from_secs(1)));
    let repeated = configuration.repeated.iter().filter_map(|(name, gap)| {
        let fault = FAULTS.iter().find(|fault| fault.name == *name)?;
        faults.contains(fault).then(|| both(*fault, REPEATED, *gap))
    });
    let all = repeated.flatten().chain(single).enumerate();
    all.map(|(number, cell)| Cell { number, ..cell }).collect()
}

impl Cell {
    /// Two healthy cells beside `others`, streamed and whole: by them the proxy's own time is measured.
    #[must_use]
    pub fn controls(others: &[Self]) -> [Self; 2] {
        [(0, true), (1, false)].map(|(at, streamed)| Self {
            number: others.len() + at,
            fault: HEALTHY,
            streamed,
            requests: 1,
            gap: Duration::from_secs(1),
        })
    }

    /// What its names begin with where the proxy serves all cells of a configuration at once.
    #[must_use]
    pub fn prefix(&self) -> String {
        format!("c{}-", self.number)
    }

    /// The scenario of this cell alone, for the configuration as it stands in its file.
    ///
    /// # Errors
    /// Never with the faults that ship; a fault that cannot be read says why.
    pub fn scenario(&self, patience: Duration) -> Result<Scenario, FormError> {
        let traffic = self.traffic(patience);
        scenario(&traffic, &self.injections(""))
    }

    fn traffic(&self, patience: Duration) -> String {
        let gap = self.gap.as_secs_f64();
        format!(
            "{{arrivals: even, rate: {}/s, for: {}ms, prompt_tokens: 10, output_tokens: {TOKENS}, streamed: {}, patience: {}ms}}",
            1.0 / gap,
            self.gap.as_millis() * u128::from(self.requests) - 1,
            self.streamed,
            patience.as_millis(),
        )
    }

    fn injections(&self, prefix: &str) -> Vec<String> {
        let Fault { entry, .. } = self.fault;
        let entry = (!entry.is_empty()).then(|| format!("{{at: 0s, on: 'model/{prefix}{BROKEN}*', {entry}}}"));
        entry.into_iter().collect()
    }

    /// Whether a model is one of those that are broken.
    pub(super) fn breaks(model: &str) -> bool {
        model.starts_with(BROKEN)
    }

    /// Whether the calls of a model are counted: not where it is no emulated provider.
    pub(super) fn counts(&self, model: &str) -> bool {
        self.fault.base.is_none() || !Self::breaks(model)
    }
}

/// The scenario that the emulator plays for all cells of a configuration.
///
/// # Errors
/// As [`Cell::scenario`].
pub(super) fn emulated(cells: &[Cell]) -> Result<Scenario, FormError> {
    let faults: Vec<String> = cells.iter().flat_map(|cell| cell.injections(&cell.prefix())).collect();
    scenario(&format!("{{output_tokens: {TOKENS}}}"), &faults)
}

fn scenario(traffic: &str, faults: &[String]) -> Result<Scenario, FormError> {
    let faults = faults.join(", ");
    let text = format!("scenario: validate\ntraffic: {traffic}\nproviders: {{default: {PACE}}}\nfaults: [{faults}]\n");
    Scenario::parse(&SourceFile::new(Path::new("validate.yaml"), text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chaos::validate::CONFIGURATIONS;

    #[test]
    fn each_cell_has_a_scenario_with_as_many_requests() {
        for configuration in CONFIGURATIONS {
            let cells = cells(configuration, FAULTS);
            for cell in &cells {
                let scenario = cell.scenario(Duration::from_secs(12)).unwrap();
                assert_eq!(
                    scenario.requests().count(),
                    cell.requests as usize,
                    "{}",
                    cell.fault.name
                );
            }
            let broken = cells.iter().filter(|cell| !cell.fault.entry.is_empty());
            assert_eq!(emulated(&cells).unwrap().faults.len(), broken.count());
        }
    }
}
