//! `aisys chaos sim SCENARIO…`: what users of a configuration would see.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

use clap::Args;

use crate::chaos::report::{self, RequestRows};
use crate::chaos::sim::{self, Options, Simulated};
use crate::cli::eval::OutputArgs;
use crate::exit;

use super::Failure;
use super::named::SubjectArgs;

/// The arguments.
#[derive(Debug, Args)]
pub(super) struct SimArgs {
    /// Scenarios: files, or names of those that ship
    #[arg(required = true)]
    scenarios: Vec<String>,
    #[command(flatten)]
    subject: SubjectArgs,
    /// So many runs with seeds of their own, for intervals
    #[arg(long, value_name = "RUNS", default_value_t = 1, value_parser = at_least_one)]
    replications: usize,
    /// Also write one row per request here, as CSV (one scenario)
    #[arg(long, value_name = "FILE")]
    requests: Option<PathBuf>,
    #[command(flatten)]
    output: OutputArgs,
}

/// Simulates the scenarios one after the other, and tells what users would see.
pub(super) fn run(arguments: &SimArgs, out: &mut dyn Write, notes: &mut dyn Write) -> Result<u8, Failure> {
    arguments.output.check()?;
    if arguments.requests.is_some() && arguments.scenarios.len() > 1 {
        return Err(Failure::Usage(
            "--requests writes the requests of one scenario".to_owned(),
        ));
    }
    let mut reports = Vec::new();
    for name in &arguments.scenarios {
        let tried = arguments.subject.read(name, notes)?;
        for fault in sim::Setup::new(&tried.system, tried.route, &tried.scenario).idle_faults() {
            writeln!(
                notes,
                "warning: the fault at {} strikes nothing: no call that users of this route cause meets `{}`",
                fault.place, fault.label
            )?;
        }
        let options = Options {
            replications: arguments.replications,
        };
        let Simulated { report, requests } =
            sim::run(&tried.system, tried.route, &tried.scenario, &tried.name, options);
        if let Some(path) = &arguments.requests {
            let mut rows = RequestRows::new(BufWriter::new(File::create(path)?), &report.setting)?;
            for seen in &requests {
                rows.add(seen)?;
            }
            rows.finish()?;
            writeln!(notes, "wrote {}", path.display())?;
        }
        reports.push(report);
    }
    arguments.output.write(&report::report(&reports), out, notes)?;
    let holds = reports.iter().all(report::ChaosReport::holds);
    Ok(arguments.output.code(if holds { exit::HOLDS } else { exit::FAILS }))
}

fn at_least_one(text: &str) -> Result<usize, String> {
    let count: Option<usize> = text.parse().ok().filter(|count| *count > 0);
    count.ok_or_else(|| "expected a whole number from 1".to_owned())
}
