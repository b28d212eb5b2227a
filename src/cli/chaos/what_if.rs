//! `aisys chaos what-if PATHS`: every single outage.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;

use crate::chaos::sim::{self, report};
use crate::cli::eval::OutputArgs;
use crate::exit;

use super::Failure;
use super::named;

/// The arguments.
#[derive(Debug, Args)]
pub(super) struct WhatIfArgs {
    /// Files and folders of the configuration
    #[arg(default_value = ".")]
    paths: Vec<PathBuf>,
    /// One route alone [default: every route for chat]
    #[arg(long, value_name = "NAME")]
    route: Option<String>,
    #[command(flatten)]
    output: OutputArgs,
}

/// Takes down one thing after the other.
pub(super) fn run(arguments: &WhatIfArgs, out: &mut dyn Write, notes: &mut dyn Write) -> Result<u8, Failure> {
    arguments.output.check()?;
    let system = named::read_system(&arguments.paths, notes)?;
    let only = match &arguments.route {
        Some(name) => Some(named::route(&system, Some(name))?),
        None => None,
    };
    let outages = sim::what_if(&system, only).map_err(|error| Failure::Usage(error.to_string()))?;
    arguments.output.write(&report::of_outages(&outages), out, notes)?;
    Ok(arguments.output.code(exit::HOLDS))
}
