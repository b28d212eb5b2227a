//! `aisys chaos`: one file per subcommand.

mod faults;
mod list;
mod run;

use std::io::Write;

use clap::{Args, Subcommand};

use super::Failure;

const EXAMPLES: &str = "Examples:
  aisys chaos list                            the scenarios that ship
  aisys chaos faults answer                   what a fault does, and how it is written
  aisys chaos run --target http://127.0.0.1:4000/v1 --faults-at http://127.0.0.1:4010 hung slow

Exit codes: 0 all hypotheses hold, 1 one does not, 2 wrong usage or unreadable input, 3 the outside failed or the run
was cut short.";

/// The arguments of `aisys chaos`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ChaosArgs {
    #[command(subcommand)]
    command: ChaosCommand,
}

#[derive(Debug, Subcommand)]
enum ChaosCommand {
    /// List the scenarios that ship, or write them out
    List(list::ListArgs),
    /// List the faults, or show what one does and how it is written
    Faults(faults::FaultsArgs),
    /// Drive a running application through scenarios and measure what its users see
    Run(Box<run::RunArgs>),
}

/// Runs `aisys chaos`.
pub(super) fn run(arguments: &ChaosArgs, out: &mut dyn Write, notes: &mut dyn Write) -> Result<u8, Failure> {
    match &arguments.command {
        ChaosCommand::List(arguments) => list::run(arguments, out, notes),
        ChaosCommand::Faults(arguments) => faults::run(arguments, out),
        ChaosCommand::Run(arguments) => run::run(arguments, out, notes),
    }
}
