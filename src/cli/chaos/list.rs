//! `aisys chaos list`.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;

use crate::chaos::scenario::shipped::{SCENARIOS, write_all};
use crate::exit;
use crate::report::{self, Format, Report, Table};
use crate::system::units::show_seconds;

use super::Failure;
use crate::cli::style::{Color, of_stdout};

/// The arguments.
#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// Write the scenarios, and the configurations that they name, into this folder; files there are left alone
    #[arg(long, value_name = "FOLDER")]
    write: Option<PathBuf>,
    /// What the standard output gets
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// When to use colour
    #[arg(long, value_enum, default_value = "auto")]
    color: Color,
}

const COLUMNS: &[&str] = &["name", "class", "length", "what", "documented", "assumed"];

pub(super) fn run(arguments: &ListArgs, out: &mut dyn Write, notes: &mut dyn Write) -> Result<u8, Failure> {
    if let Some(folder) = &arguments.write {
        let written = write_all(folder).map_err(|error| Failure::Outside(format!("{}: {error}", folder.display())))?;
        writeln!(notes, "wrote {written} files into {}", folder.display())?;
        return Ok(exit::HOLDS);
    }
    let mut table = Table {
        name: "scenarios".to_owned(),
        title: "Scenarios that ship".to_owned(),
        columns: COLUMNS.iter().map(|column| (*column).to_owned()).collect(),
        shown_columns: COLUMNS.len(),
        ..Table::default()
    };
    for shipped in SCENARIOS {
        let scenario = shipped.read().map_err(|error| Failure::Usage(error.to_string()))?;
        table.rows.push(vec![
            scenario.name.clone(),
            scenario.class.clone().unwrap_or_default(),
            show_seconds(scenario.traffic.lasts.as_secs_f64()),
            scenario.about.clone(),
            scenario.source.join("; "),
            scenario.assumed.join("; "),
        ]);
    }
    let report = Report {
        stage: "chaos list",
        summary: format!("{} scenarios", table.rows.len()),
        tables: vec![table.clone()],
        lead: Some(table),
        ..Report::default()
    };
    report::render(&report, arguments.format, of_stdout(arguments.color, true), out)?;
    Ok(exit::HOLDS)
}
