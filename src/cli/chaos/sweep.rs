//! `aisys chaos sweep SCENARIO --vary timeout=2s..60s`: which settings serve users best.

use std::io::Write;

use clap::Args;

use crate::chaos::sim::sweep::{self, Tried as Combination};
use crate::chaos::sim::vary::{self, Knob};
use crate::chaos::sim::{Setup, report};
use crate::cli::eval::OutputArgs;
use crate::exit;
use crate::system::nearest;

use super::Failure;
use super::named::SubjectArgs;

/// The arguments.
#[derive(Debug, Args)]
pub(super) struct SweepArgs {
    /// The scenario: a file, or the name of one that ships
    scenario: String,
    /// A setting and its values: timeout=2s..60s, retries=0..5, cooldown=5s,30s,2m (repeatable)
    #[arg(long, value_name = "SETTING=VALUES", required = true, value_parser = knob)]
    vary: Vec<(Knob, Vec<f64>)>,
    #[command(flatten)]
    subject: SubjectArgs,
    #[command(flatten)]
    output: OutputArgs,
}

fn knob(text: &str) -> Result<(Knob, Vec<f64>), String> {
    let (name, values) = text
        .split_once('=')
        .ok_or_else(|| "expected SETTING=VALUES, such as timeout=2s..60s".to_owned())?;
    let knobs = [Knob::Timeout, Knob::Retries, Knob::Cooldown];
    let found = knobs.into_iter().find(|knob| knob.name() == name);
    let knob = found.ok_or_else(|| {
        let near = nearest(name, knobs.iter().map(|knob| knob.name()));
        let hint = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
        format!("there is no setting `{name}` to vary (expected timeout, retries or cooldown){hint}")
    })?;
    Ok((knob, knob.values(values)?))
}

/// Simulates every combination and recommends one.
pub(super) fn run(arguments: &SweepArgs, out: &mut dyn Write, notes: &mut dyn Write) -> Result<u8, Failure> {
    arguments.output.check()?;
    let count: usize = arguments.vary.iter().map(|(_, values)| values.len()).product();
    if count > sweep::MOST {
        return Err(Failure::Usage(format!(
            "{count} combinations are too many (at most {}): name fewer values",
            sweep::MOST
        )));
    }
    let tried = arguments.subject.read(&arguments.scenario, notes)?;
    let all: Vec<Combination> = sweep::sweep(&tried.system, tried.route, &tried.scenario, &arguments.vary);
    let setup = Setup::new(&tried.system, tried.route, &tried.scenario);
    let edits = |combination: &Combination| combination.knobs.iter().map(|it| vary::edit(&setup, *it)).collect();
    arguments
        .output
        .write(&report::of_sweep(&setup, &tried.name, &all, &edits), out, notes)?;
    Ok(arguments.output.code(exit::HOLDS))
}
