//! `aisys prices`: builds the table of models.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::clock::Day;
use crate::system::prices::{PricesError, build};

/// The arguments of `aisys prices`.
#[derive(Debug, Args)]
pub(super) struct PricesArgs {
    #[command(subcommand)]
    command: PricesCommand,
}

#[derive(Debug, Subcommand)]
enum PricesCommand {
    /// Builds the table of models from LiteLLM's map and writes it to the standard output
    ///
    /// The map is `model_prices_and_context_window.json` of the LiteLLM package. The table can be
    /// given to `aisys audit --prices`, as can the map itself.
    Build(BuildArgs),
}

#[derive(Debug, Args)]
struct BuildArgs {
    /// LiteLLM's map of models, in JSON
    map: PathBuf,
    /// Product and version that the map comes from, for the table's first line
    #[arg(long, default_value = "LiteLLM's map of models")]
    source: String,
    /// The day for the table's head, as YYYY-MM-DD [default: today]
    #[arg(long)]
    date: Option<Day>,
}

/// Why `aisys prices` failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum PricesFailure {
    /// The map is at fault.
    #[error(transparent)]
    Prices(#[from] PricesError),
    /// The table could not be written.
    #[error("cannot write the table: {0}")]
    Write(#[from] io::Error),
}

/// Runs `aisys prices`: the table goes to `out`, a line about it to `notes`.
///
/// # Errors
/// Fails when the map cannot be read or the table cannot be written.
pub(super) fn run(arguments: &PricesArgs, out: &mut dyn Write, notes: &mut dyn Write) -> Result<(), PricesFailure> {
    let PricesCommand::Build(arguments) = &arguments.command;
    let map = std::fs::read_to_string(&arguments.map).map_err(|error| PricesError::Read {
        path: arguments.map.clone(),
        error,
    })?;
    let date = arguments.date.unwrap_or_else(Day::today);
    let built = build(&map, &arguments.source, Some(date)).map_err(|error| error.in_file(&arguments.map))?;
    out.write_all(built.text.as_bytes())?;
    out.flush()?;
    writeln!(
        notes,
        "{} models, {} entries of other modes left out",
        built.models, built.left_out
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        arguments: PricesArgs,
    }

    #[test]
    fn the_command_builds_the_same_table_each_time() {
        let folder = tempfile::tempdir().unwrap();
        let map = folder.path().join("map.json");
        std::fs::write(&map, r#"{"m": {"mode": "chat", "litellm_provider": "p"}}"#).unwrap();
        let run = || {
            let words = ["prices", "build", map.to_str().unwrap(), "--date", "2026-11-24"];
            let command = Command::try_parse_from(words).unwrap();
            let (mut out, mut notes) = (Vec::new(), Vec::new());
            super::run(&command.arguments, &mut out, &mut notes).unwrap();
            (String::from_utf8(out).unwrap(), String::from_utf8(notes).unwrap())
        };
        let (table, notes) = run();
        assert!(table.ends_with("\nm\tp\tchat\n"), "{table}");
        assert!(table.contains("# date: 2026-11-24\n"));
        assert_eq!(notes, "1 models, 0 entries of other modes left out\n");
        assert_eq!(run().0, table);
    }
}
