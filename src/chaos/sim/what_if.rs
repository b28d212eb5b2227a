//! Every single fate failure, dead and hung, one after the other.

use std::fmt::Write as _;
use std::path::Path;

use rayon::prelude::*;

use crate::chaos::Scenario;
use crate::chaos::report::Figures;
use crate::read::FormError;
use crate::source::SourceFile;
use crate::system::{Fate, FateKind, RouteId, System};

use super::{Setup, tally};

/// One outage and what users of one route saw.
#[derive(Debug, Clone)]
pub struct Outage {
    /// The route.
    pub route: String,
    /// What is down.
    pub fate: Fate,
    /// Whether it hangs; else connections are refused.
    pub hangs: bool,
    /// What users saw.
    pub figures: Figures,
    /// The same when nothing is down.
    pub usual: Figures,
}

/// Users of a what-if: two a second for five minutes, the other numbers as scenarios assume them.
const TRAFFIC: &str = "traffic: {arrivals: even, rate: 2/s, for: 5m}\n";

/// Every fate of every chat route, or of one.
///
/// # Errors
/// Fails when a fate's name cannot be written in a scenario.
pub fn what_if(system: &System, only: Option<RouteId>) -> Result<Vec<Outage>, FormError> {
    let mut wanted = Vec::new();
    let routes = system.routes.iter().enumerate();
    for (at, route) in routes.filter(|(at, route)| only.map_or(route.is_chat(), |only| only.0 == *at)) {
        let mut fates: Vec<Fate> = (route.plan.deployments().into_iter())
            .flat_map(|id| system.deployment(id).fates())
            .collect();
        fates.sort();
        fates.dedup();
        for fate in fates.into_iter().filter(|fate| fate.kind != FateKind::Service) {
            for hangs in [false, true] {
                let scenario = scenario(&fate, hangs)?;
                wanted.push((RouteId(at), fate.clone(), hangs, scenario));
            }
        }
    }
    let outages = wanted.into_par_iter().map(|(route, fate, hangs, scenario)| {
        let seconds = scenario.traffic.lasts.as_secs_f64();
        let healthy = scenario.baseline();
        let figures = |scenario: &Scenario| {
            let setup = Setup::new(system, route, scenario);
            Figures::of(&tally(&setup, scenario.seed).total(), seconds)
        };
        Outage {
            route: system.route(route).name.clone(),
            fate,
            hangs,
            figures: figures(&scenario),
            usual: figures(&healthy),
        }
    });
    Ok(outages.collect())
}

/// A scenario in which one fate is down from the beginning to the end.
fn scenario(fate: &Fate, hangs: bool) -> Result<Scenario, FormError> {
    let fault = if hangs { "hang" } else { "refused" };
    let mut text = format!("scenario: what-if\n{TRAFFIC}");
    let name = fate.name.replace('\'', "''");
    // Writing to a string cannot fail.
    let _ = writeln!(
        text,
        "faults:\n  - {{on: '{}/{name}', {fault}: true}}",
        fate.kind.name()
    );
    Scenario::parse(&SourceFile::new(Path::new("what-if"), text))
}
