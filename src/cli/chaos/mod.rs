//! `aisys chaos`: one file per subcommand.

mod emulate;
mod emulated;
mod faults;
mod list;
mod live;
mod named;
mod proxy;
mod run;
mod sim;
mod sweep;
mod validate;
mod view;
mod what_if;

use std::io::Write;

use clap::{Args, Subcommand};

use super::Failure;

const EXAMPLES: &str = "Examples:
  aisys chaos sim friday                      a shipped scenario against the configuration that it names
  aisys chaos sim hung --system litellm.yaml  the same against yours
  aisys chaos sweep friday --vary timeout=2s..60s --vary retries=0..5
  aisys chaos what-if .                       every single outage, dead and hung
  aisys chaos list                            the scenarios that ship
  aisys chaos faults answer                   what a fault does, and how it is written
  aisys chaos run --emulate 4010 --target http://127.0.0.1:4000/v1 hung slow
                                              a gateway whose providers' base URL is http://127.0.0.1:4010
  aisys chaos validate                        is what is simulated what the real LiteLLM does?

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
    /// Simulate a configuration under scenarios in virtual time: what users would see, and why
    Sim(sim::SimArgs),
    /// Vary settings under one scenario and recommend values
    Sweep(sweep::SweepArgs),
    /// Take down every provider, region, account, host and model, one at a time
    WhatIf(what_if::WhatIfArgs),
    /// List the scenarios that ship, or write them out
    List(list::ListArgs),
    /// List the faults, or show what one does and how it is written
    Faults(faults::FaultsArgs),
    /// Drive a running application through scenarios and measure what its users see
    Run(Box<run::RunArgs>),
    /// Hold the simulator against the real LiteLLM proxy
    Validate(validate::ValidateArgs),
    /// Emulate providers on loopback: all their APIs, healthy or broken as a scenario has it
    Emulate(emulate::EmulateArgs),
    /// Stand in front of a real provider and break it as a scenario has it
    Proxy(proxy::ProxyArgs),
}

/// Runs `aisys chaos`.
pub(super) fn run(arguments: &ChaosArgs, out: &mut dyn Write, notes: &mut dyn Write) -> Result<u8, Failure> {
    match &arguments.command {
        ChaosCommand::Sim(arguments) => sim::run(arguments, out, notes),
        ChaosCommand::Sweep(arguments) => sweep::run(arguments, out, notes),
        ChaosCommand::WhatIf(arguments) => what_if::run(arguments, out, notes),
        ChaosCommand::List(arguments) => list::run(arguments, out, notes),
        ChaosCommand::Faults(arguments) => faults::run(arguments, out),
        ChaosCommand::Run(arguments) => run::run(arguments, out, notes),
        ChaosCommand::Validate(arguments) => validate::run(arguments, out, notes),
        ChaosCommand::Emulate(arguments) => emulate::run(arguments, out, notes),
        ChaosCommand::Proxy(arguments) => proxy::run(arguments, out, notes),
    }
}
