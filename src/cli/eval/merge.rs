//! `aisys eval merge`: the shards of one run as one.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;

use crate::eval::record::{self, RunRecord};
use crate::eval::report::{Surroundings, report};
use crate::eval::verdict::verdict;

use super::run::{code_of, save_run};
use super::{Failure, HomeArgs, OutputArgs, history};

/// The arguments of `aisys eval merge`.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  aisys eval suites/shop.yaml --shard 1/2 --save 1.run.json
  aisys eval suites/shop.yaml --shard 2/2 --save 2.run.json
  aisys eval merge 1.run.json 2.run.json -o eval.csv")]
pub(super) struct MergeArgs {
    /// The files that `--save` wrote, one of each shard
    #[arg(required = true)]
    shards: Vec<PathBuf>,
    /// Write the joined run here too
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    home: HomeArgs,
}

/// Joins, decides, keeps the run in the history.
pub(super) fn run(arguments: &MergeArgs, out: &mut dyn Write, notes: &mut dyn Write) -> Result<u8, Failure> {
    arguments.output.check()?;
    let mut shards = Vec::new();
    for path in &arguments.shards {
        let wrong = |message: String| Failure::Usage(format!("cannot read {}: {message}", path.display()));
        let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
        shards.push(record::parse(&text).map_err(wrong)?);
    }
    let record: RunRecord = record::merge(shards).map_err(Failure::Usage)?;
    if let Some(path) = &arguments.save {
        save_run(&record, path)?;
    }
    let history = arguments.home.open()?;
    let begun = history
        .begin(&record.suite, &record.content, crate::clock::unix_seconds())
        .map_err(|error| Failure::Outside(error.to_string()))?;
    let earlier = history
        .last_passing(&record.suite, begun)
        .map_err(|error| Failure::Outside(error.to_string()))?;
    let earlier = earlier
        .map(|info| history::load(&history, &info.id.to_string()))
        .transpose()?;
    let name = earlier.as_ref().map(|(info, _)| format!("run {}", info.id));
    let verdict = verdict(&record, name.as_deref().zip(earlier.as_ref().map(|(_, record)| record)));
    super::run::end(&history, begun, &record, &verdict)?;
    let surroundings = Surroundings {
        earlier: earlier.map(|(_, record)| record),
        page: arguments.output.has_page(),
        ..Surroundings::default()
    };
    arguments
        .output
        .write(&report(&record, &verdict, surroundings), out, notes)?;
    Ok(arguments.output.code(code_of(&verdict.decision)))
}
