//! `aisys schema`: the JSON Schema of a file that people write.

use std::io::Write;

use clap::{Args, ValueEnum};

use crate::chaos::scenario;
use crate::eval::suite;
use crate::exit;
use crate::read::aisys;

use super::Failure;

/// The arguments of `aisys schema`.
#[derive(Debug, Args)]
#[command(after_help = "Example: aisys schema suite > suite.schema.json")]
pub(super) struct SchemaArgs {
    /// Which file
    #[arg(value_enum, default_value = "aisys")]
    of: File,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum File {
    /// `aisys.yaml`
    Aisys,
    /// A suite of `aisys eval`
    Suite,
    /// A scenario of `aisys chaos`
    Scenario,
}

pub(super) fn run(arguments: &SchemaArgs, out: &mut dyn Write) -> Result<u8, Failure> {
    let schema = match arguments.of {
        File::Aisys => aisys::json_schema(),
        File::Suite => suite::json_schema(),
        File::Scenario => scenario::json_schema(),
    };
    let text = serde_json::to_string_pretty(&schema).map_err(|error| Failure::Outside(error.to_string()))?;
    writeln!(out, "{text}")?;
    Ok(exit::HOLDS)
}
