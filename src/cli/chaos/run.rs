//! `aisys chaos run --target URL [SCENARIO]…`: drives a running application.

use std::fs::File;
use std::io::{BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::chaos::Scenario;
use crate::chaos::load::{self, Endpoint, LoadError, Run, Stage, Stopped};
use crate::chaos::report::{self, ChaosReport, RequestRows};
use crate::chaos::scenario::{Subject, Target, shipped};
use crate::cli::eval::OutputArgs;
use crate::exit;

use super::Failure;
use super::emulated::Port;
use super::named::find;

/// A run that no speed is named for lasts about so long at most.
const USUAL: Duration = Duration::from_secs(120);

/// The arguments.
#[derive(Debug, Args)]
pub(super) struct RunArgs {
    /// Scenarios: files, or names of those that ship
    scenarios: Vec<String>,
    /// All scenarios that ship, one after the other
    #[arg(long, conflicts_with = "scenarios")]
    all: bool,
    /// The application: the base URL of an OpenAI-compatible API [default: the scenario's `target`]
    #[arg(long, value_name = "URL")]
    target: Option<String>,
    /// The model or route that is asked for
    #[arg(long, value_name = "NAME")]
    model: Option<String>,
    /// The emulator or proxy behind the application, whose faults are switched: where `aisys chaos emulate` listens
    #[arg(long, value_name = "URL")]
    faults_at: Option<String>,
    /// Emulate the providers here: point the application's base URL at this port of 127.0.0.1. Without a target the
    /// emulated provider is loaded itself
    #[arg(long, value_name = "PORT", conflicts_with = "faults_at")]
    emulate: Option<u16>,
    /// What emulated models say: lorem, echo, a script (.yaml) or a cassette (.jsonl)
    #[arg(long, default_value = "lorem", requires = "emulate")]
    answers: String,
    /// Let the faults fall on this instead, such as provider/azure
    #[arg(long, value_name = "WHAT")]
    on: Option<String>,
    /// Run the schedule so many times as fast: 60 makes a minute of a second. Latencies, waits and rates stay real
    /// [default: what brings it to two minutes]
    #[arg(long, value_name = "TIMES", value_parser = times)]
    speed: Option<f64>,
    /// Requests a second, instead of the scenario's
    #[arg(long, value_name = "RATE", value_parser = times)]
    rate: Option<f64>,
    /// Another seed than the scenario's
    #[arg(long)]
    seed: Option<u64>,
    /// A host other than this machine that may be loaded (repeatable). Only load what is yours
    #[arg(long, value_name = "HOST")]
    allow_remote: Vec<String>,
    /// Also write one row per request here, as CSV (one scenario)
    #[arg(long, value_name = "FILE", conflicts_with = "all")]
    requests: Option<PathBuf>,
    #[command(flatten)]
    output: OutputArgs,
}

fn times(text: &str) -> Result<f64, String> {
    let times = text
        .parse()
        .ok()
        .filter(|times: &f64| times.is_finite() && *times > 0.0);
    times.ok_or_else(|| "expected a number above 0".to_owned())
}

/// Runs the scenarios one after the other, and tells what users saw.
pub(super) fn run(arguments: &RunArgs, out: &mut dyn Write, notes: &mut dyn Write) -> Result<u8, Failure> {
    arguments.output.check()?;
    if arguments.requests.is_some() && arguments.scenarios.len() > 1 {
        return Err(Failure::Usage(
            "--requests writes the requests of one scenario".to_owned(),
        ));
    }
    let port = arguments.emulate.map(Port::open).transpose()?;
    let plans = plans(arguments, port.as_ref())?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::Outside(error.to_string()))?;
    let mut reports = Vec::new();
    let mut code = exit::HOLDS;
    for Plan {
        scenario,
        speed,
        endpoint,
    } in plans
    {
        let seconds = scenario.traffic.lasts.as_secs_f64();
        let rate = scenario.traffic.rate;
        writeln!(
            notes,
            "{}: {seconds:.0} s at {rate} requests/s to {}, schedule {speed:.3}x, seed {}",
            scenario.name,
            endpoint.shown(),
            scenario.seed
        )?;
        let served = port
            .as_ref()
            .map(|port| port.serve(&runtime, &scenario, &arguments.answers));
        let served = served.transpose()?;
        let stage = match &port {
            Some(port) => Some(port.url()),
            None => arguments.faults_at.clone(),
        };
        let stage = stage.map(|url| Stage { url });
        let address = endpoint.shown();
        let run = runtime.block_on(one(&scenario, speed, endpoint, stage.as_ref()));
        if let Some(served) = served {
            served.abort();
        }
        let run = run.map_err(|error| failure(&error))?;
        let report = run.report(&scenario, &address);
        if let Some(path) = &arguments.requests {
            write_requests(path, &run, &report)?;
            writeln!(notes, "wrote {}", path.display())?;
        }
        if run.stopped == Some(Stopped::Interrupted) {
            code = exit::OUTSIDE;
        } else if code == exit::HOLDS && !report.holds() {
            code = exit::FAILS;
        }
        reports.push(report);
        // What stopped one scenario, a person or a target that fails, stops the rest.
        if run.stopped.is_some() {
            break;
        }
    }
    arguments.output.write(&report::report(&reports), out, notes)?;
    Ok(arguments.output.code(code))
}

fn write_requests(path: &Path, run: &Run, report: &ChaosReport) -> Result<(), Failure> {
    let mut rows = RequestRows::new(BufWriter::new(File::create(path)?), &report.setting)?;
    for seen in &run.in_scenario_time() {
        rows.add(seen)?;
    }
    rows.finish()?;
    Ok(())
}

async fn one(scenario: &Scenario, speed: f64, endpoint: Endpoint, stage: Option<&Stage>) -> Result<Run, LoadError> {
    let bar = bar(&scenario.name);
    let interrupted = Box::pin(async {
        if tokio::signal::ctrl_c().await.is_err() {
            // Without a signal there is nothing to stop by.
            std::future::pending::<()>().await;
        }
    });
    let mut show = |progress: load::Progress| {
        bar.set_position(progress.ended);
        bar.set_message(format!("{} sent, {} amiss", progress.sent, progress.amiss));
    };
    let run = load::drive(scenario, speed, endpoint, stage, interrupted, &mut show).await;
    bar.finish_and_clear();
    run
}

fn bar(name: &str) -> ProgressBar {
    let target = if std::io::stderr().is_terminal() {
        ProgressDrawTarget::stderr()
    } else {
        ProgressDrawTarget::hidden()
    };
    let bar = ProgressBar::with_draw_target(None, target).with_prefix(name.to_owned());
    if let Ok(style) = ProgressStyle::with_template("{prefix} {pos} ended, {msg} ({elapsed})") {
        bar.set_style(style);
    }
    bar
}

fn failure(error: &LoadError) -> Failure {
    match error {
        LoadError::Target(_) => Failure::Usage(error.to_string()),
        LoadError::Stage { .. } => Failure::Outside(error.to_string()),
    }
}

/// A scenario that is ready to be run.
struct Plan {
    scenario: Scenario,
    speed: f64,
    endpoint: Endpoint,
}

fn plans(arguments: &RunArgs, port: Option<&Port>) -> Result<Vec<Plan>, Failure> {
    let scenarios: Vec<Scenario> = if arguments.all {
        let read = shipped::SCENARIOS.iter().map(shipped::Shipped::read);
        read.collect::<Result<_, _>>()
            .map_err(|error| Failure::Usage(error.to_string()))?
    } else {
        arguments
            .scenarios
            .iter()
            .map(|name| find(name))
            .collect::<Result<_, _>>()?
    };
    if scenarios.is_empty() {
        return Err(Failure::Usage(
            "name a scenario, or --all; `aisys chaos list` lists those that ship".to_owned(),
        ));
    }
    scenarios
        .into_iter()
        .map(|scenario| plan(arguments, port, scenario))
        .collect()
}

fn plan(arguments: &RunArgs, port: Option<&Port>, scenario: Scenario) -> Result<Plan, Failure> {
    let of = |url: String| Target {
        url,
        ..Target::default()
    };
    let mut target = match (&arguments.target, &scenario.subject, port) {
        (Some(url), _, _) => of(url.clone()),
        (None, Some(Subject::Target(target)), _) => Target::clone(target),
        (None, _, Some(port)) => of(port.url()),
        (None, _, None) => {
            return Err(Failure::Usage(format!(
                "{} names no `target`: say which application with --target URL",
                scenario.name
            )));
        }
    };
    target.model = arguments.model.clone().or(target.model);
    let endpoint = Endpoint::new(&target, &arguments.allow_remote, &|name| std::env::var(name).ok())
        .map_err(|error| failure(&error))?;
    let scenario = match &arguments.on {
        Some(on) => scenario.aimed(on).map_err(Failure::Usage)?,
        None => scenario,
    };
    let scenario = scenario.with_room();
    let fitting = (scenario.traffic.lasts.as_secs_f64() / USUAL.as_secs_f64()).max(1.0);
    let speed = arguments.speed.unwrap_or(fitting);
    let scenario = scenario.faster(speed).with(|scenario| {
        scenario.traffic.rate = arguments.rate.unwrap_or(scenario.traffic.rate);
        scenario.seed = arguments.seed.unwrap_or(scenario.seed);
    });
    Ok(Plan {
        scenario,
        speed,
        endpoint,
    })
}
