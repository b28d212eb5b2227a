//! `aisys chaos`: one file per subcommand.

mod emulate;
mod live;
mod proxy;
mod view;

use std::io::Write;

use clap::{Args, Subcommand};

use super::Failure;

/// The arguments of `aisys chaos`.
#[derive(Debug, Args)]
pub(super) struct ChaosArgs {
    #[command(subcommand)]
    command: ChaosCommand,
}

#[derive(Debug, Subcommand)]
enum ChaosCommand {
    /// Emulate providers on loopback: all their APIs, healthy or broken as a scenario has it
    Emulate(emulate::EmulateArgs),
    /// Stand in front of a real provider and break it as a scenario has it
    Proxy(proxy::ProxyArgs),
}

/// Runs `aisys chaos`.
pub(super) fn run(arguments: &ChaosArgs, out: &mut dyn Write, notes: &mut dyn Write) -> Result<u8, Failure> {
    match &arguments.command {
        ChaosCommand::Emulate(arguments) => emulate::run(arguments, out, notes),
        ChaosCommand::Proxy(arguments) => proxy::run(arguments, out, notes),
    }
}
