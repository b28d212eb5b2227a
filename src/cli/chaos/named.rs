//! Scenarios by file or by name, and the configuration that they are tried on.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::chaos::Scenario;
use crate::chaos::scenario::{Client, Subject, shipped};
use crate::chaos::sim;
use crate::read::{self, Reading};
use crate::system::prices::Prices;
use crate::system::{RouteId, System, nearest};

use super::Failure;

/// What a simulation is of.
#[derive(Debug, Args)]
pub(super) struct SubjectArgs {
    /// Files and folders of the configuration, instead of the scenario's `system` (repeatable)
    #[arg(long, value_name = "PATH")]
    system: Vec<PathBuf>,
    /// The route that users call [default: the scenario's, else the first for chat]
    #[arg(long, value_name = "NAME")]
    route: Option<String>,
    /// The users' client: none, openai-python, anthropic, google-genai, vercel-ai, langchain
    #[arg(long, value_name = "NAME")]
    client: Option<String>,
    /// Another seed than the scenario's
    #[arg(long)]
    seed: Option<u64>,
}

/// A scenario and the configuration that it is tried on.
pub(super) struct Tried {
    pub(super) scenario: Scenario,
    pub(super) system: System,
    pub(super) route: RouteId,
    /// The configuration's paths, for people.
    pub(super) name: String,
}

/// A scenario of a file, or one that ships.
pub(super) fn find(name: &str) -> Result<Scenario, Failure> {
    let path = Path::new(name);
    let read = match shipped::named(name) {
        Some(shipped) if !path.exists() => shipped.read(),
        _ if path.exists() => Scenario::read(path),
        _ => {
            let near = nearest(name, shipped::SCENARIOS.iter().map(shipped::Shipped::name));
            let hint = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
            return Err(Failure::Usage(format!(
                "there is no file and no shipped scenario {name:?}{hint}"
            )));
        }
    };
    read.map_err(|error| Failure::Usage(error.to_string()))
}

impl SubjectArgs {
    /// Reads a scenario and what it is tried on.
    pub(super) fn read(&self, name: &str, notes: &mut dyn Write) -> Result<Tried, Failure> {
        let mut scenario = find(name)?;
        if let Some(client) = &self.client {
            let known = || Client::known().iter().map(|client| client.name);
            scenario.traffic.client = Client::named(client).ok_or_else(|| {
                let names: Vec<&str> = known().collect();
                Failure::Usage(format!("there is no client {client:?} (expected {})", names.join(", ")))
            })?;
        }
        scenario.seed = self.seed.unwrap_or(scenario.seed);
        let (paths, named) = match (&scenario.subject, self.system.is_empty()) {
            (Some(Subject::System { paths, route }), true) => (paths.clone(), route.clone()),
            (_, false) => (self.system.clone(), None),
            (_, true) => {
                return Err(Failure::Usage(format!(
                    "{} names no `system`: say which configuration with --system PATH",
                    scenario.name
                )));
            }
        };
        let system = match embedded(name, &paths) {
            Some(system) if self.system.is_empty() => system,
            _ => read_system(&paths, notes)?,
        };
        let wanted = self.route.clone().or(named);
        let route = route(&system, wanted.as_deref())?;
        Ok(Tried {
            scenario,
            system,
            route,
            name: shown(&paths),
        })
    }
}

/// The configuration that a shipped scenario names, which ships with it.
fn embedded(name: &str, paths: &[PathBuf]) -> Option<System> {
    let [path] = paths else { return None };
    let text = shipped::SYSTEMS.iter().find(|it| Path::new(it.path) == path)?.text;
    (!Path::new(name).exists()).then(|| read::read_bytes(path, text.into(), &Prices::shipped()).system)
}

/// Reads a configuration; what cannot be read of it is said.
pub(super) fn read_system(paths: &[PathBuf], notes: &mut dyn Write) -> Result<System, Failure> {
    let Reading { system, errors, .. } = read::read(paths, &Prices::shipped());
    for error in &errors {
        writeln!(notes, "{}", error.render())?;
    }
    if system.routes.is_empty() {
        return Err(Failure::Usage(format!(
            "no route in {}: looked for {}",
            shown(paths),
            read::looked_for()
        )));
    }
    Ok(system)
}

/// A route by its name, or the one that users call.
pub(super) fn route(system: &System, named: Option<&str>) -> Result<RouteId, Failure> {
    sim::entry(system, named).ok_or_else(|| {
        let name = named.unwrap_or_default();
        let near = nearest(name, system.routes.iter().map(|route| route.name.as_str()));
        let hint = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
        Failure::Usage(format!("there is no route {name:?}{hint}"))
    })
}

fn shown(paths: &[PathBuf]) -> String {
    let paths: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
    paths.join(", ")
}
