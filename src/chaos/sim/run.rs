//! A whole simulation: with faults and without, held against the hypotheses, with the lives of unlucky requests.

use rayon::prelude::*;

use crate::chaos::hypothesis::{self, Verdict};
use crate::chaos::report::{ChaosReport, Figures, Held, Life, Origin, Replications, Setting, Tally};
use crate::chaos::{Observation, Scenario};
use crate::rng::mixed;
use crate::system::{Plan, RouteId, System};

use super::causes::causes;
use super::{Setup, simulate};

/// Confidence of the intervals over replications.
const CONFIDENCE: f64 = 0.95;

/// What is asked for beside a scenario.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// Runs with other seeds, for intervals.
    pub replications: usize,
}

/// A simulation and all its requests.
#[derive(Debug)]
pub struct Simulated {
    /// What it showed.
    pub report: ChaosReport,
    /// Every request, in the order of arrival.
    pub requests: Vec<Observation>,
}

/// Simulates a route of a configuration under a scenario, with the scenario's seed. The same input gives the same
/// report on any number of threads.
#[must_use]
pub fn run(system: &System, route: RouteId, scenario: &Scenario, name: &str, options: Options) -> Simulated {
    let healthy = scenario.baseline();
    let (setup, base) = (Setup::new(system, route, scenario), Setup::new(system, route, &healthy));
    run_setup(&setup, &base, name, options)
}

/// The same of what is set up already.
#[must_use]
pub fn run_setup(setup: &Setup<'_>, base: &Setup<'_>, name: &str, options: Options) -> Simulated {
    let (system, scenario) = (setup.system, setup.scenario);
    let seed = scenario.seed;
    let (requests, without) = rayon::join(|| observe(setup, seed), || observe(base, seed));
    let names = system.deployments.iter().map(|it| it.name.clone()).collect();
    let setting = Setting::of(scenario, Origin::Simulation, name, names);
    let answers_by = |number: usize, name: &str| {
        let deployment = system.deployments.get(number);
        deployment.is_some_and(|it| it.name == name || it.provider.value == name)
    };
    let lasts = scenario.traffic.lasts;
    let seen = |requests| hypothesis::Seen {
        requests,
        lasts,
        fault: scenario.fault_span(),
        answers_by: &answers_by,
    };
    let (run, usual) = (seen(requests.as_slice()), seen(without.as_slice()));
    let verdicts: Vec<(Verdict, Verdict)> = (scenario.hypotheses.iter())
        .map(|it| (it.check(&run, Some(&usual)), it.check(&usual, Some(&usual))))
        .collect();
    let held = (scenario.hypotheses.iter().zip(&verdicts))
        .map(|(it, (verdict, without))| Held::of(it, verdict, Some(without), lasts))
        .collect();
    let lives = lives(setup, &verdicts, &setting);
    let mut report = ChaosReport::new(setting, &tallied(&requests), Some(&tallied(&without)), held, lives);
    report.notes = notes(setup);
    if options.replications > 1 {
        let totals: Vec<Figures> = (0..options.replications)
            .into_par_iter()
            .map(|number| Figures::of(&tally(setup, replication(seed, number)).total(), lasts.as_secs_f64()))
            .collect();
        report.replications = Some(Replications::of(&totals, CONFIDENCE, seed));
    }
    Simulated { report, requests }
}

/// The seed of a replication; the first is the run itself.
fn replication(seed: u64, number: usize) -> u64 {
    if number == 0 {
        seed
    } else {
        mixed(seed, number as u64, 0)
    }
}

/// Every request of a run, in the order of arrival.
#[must_use]
pub fn observe(setup: &Setup<'_>, seed: u64) -> Vec<Observation> {
    let mut requests = Vec::new();
    simulate(setup, seed, &[], |seen| requests.push(seen));
    requests.sort_unstable_by_key(|seen| seen.id);
    requests
}

/// The counts of a run alone: no request is kept.
#[must_use]
pub fn tally(setup: &Setup<'_>, seed: u64) -> Tally {
    let mut tally = Tally::default();
    simulate(setup, seed, &[], |seen| tally.add(&seen));
    tally
}

fn tallied(requests: &[Observation]) -> Tally {
    let mut tally = Tally::default();
    tally.extend(requests);
    tally
}

/// The requests that show violations, simulated once more with their calls noted.
fn lives(setup: &Setup<'_>, verdicts: &[(Verdict, Verdict)], setting: &Setting) -> Vec<Life> {
    let mut wanted: Vec<(u64, String)> = Vec::new();
    for (verdict, _) in verdicts {
        if let Some(id) = verdict.unlucky {
            match wanted.iter_mut().find(|(known, _)| *known == id) {
                Some((_, shows)) => *shows = format!("{shows}; {}", verdict.hypothesis),
                None => wanted.push((id, verdict.hypothesis.clone())),
            }
        }
    }
    let mut ids: Vec<u64> = wanted.iter().map(|(id, _)| *id).collect();
    ids.sort_unstable();
    if ids.is_empty() {
        return Vec::new();
    }
    let mut traced = Vec::new();
    simulate(setup, setup.scenario.seed, &ids, |seen| {
        if ids.binary_search(&seen.id).is_ok() {
            traced.push(seen);
        }
    });
    let life = |(id, shows): (u64, String)| {
        let seen = traced.iter().find(|seen| seen.id == id)?;
        Some(Life {
            shows,
            patience_s: setup.scenario.traffic.patience.map(|it| it.as_secs_f64()),
            deadline_s: deadline(&setup.entry.route.plan),
            causes: causes(setup, seen),
            ..Life::of(seen, setting)
        })
    };
    wanted.into_iter().filter_map(life).collect()
}

/// The total limit around a plan.
fn deadline(plan: &Plan) -> Option<f64> {
    match plan {
        Plan::Within { limit, .. } => limit.value.map(|it| it.as_secs_f64()),
        _ => None,
    }
}

fn notes(setup: &Setup<'_>) -> Vec<String> {
    let (product, version) = setup.dialect.product();
    let route = &setup.system.route(setup.route).name;
    let mut notes = vec![format!(
        "route {route} as {product} {version} goes it; the users' client: {}",
        setup.client.name
    )];
    let reached = setup.entry.route.plan.deployments();
    let unpriced = reached
        .iter()
        .filter(|id| {
            let deployment = setup.system.deployment(**id);
            let price = deployment.facts.as_ref().and_then(|facts| facts.input_price);
            !deployment.self_hosted && price.is_none()
        })
        .count();
    if unpriced > 0 {
        notes.push(format!(
            "{unpriced} of its deployments have no known price and count as free"
        ));
    }
    notes
}
