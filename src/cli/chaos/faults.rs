//! `aisys chaos faults [NAME]…`.

use std::io::Write;

use clap::Args;

use crate::chaos::faults;
use crate::exit;
use crate::system::nearest;

use super::Failure;

/// The arguments.
#[derive(Debug, Args)]
pub(super) struct FaultsArgs {
    /// Faults to show in full [default: a list of all]
    names: Vec<String>,
    /// All pages as one Markdown document: what docs/chaos-faults.md holds
    #[arg(long, conflicts_with = "names")]
    all: bool,
}

pub(super) fn run(arguments: &FaultsArgs, out: &mut dyn Write) -> Result<u8, Failure> {
    if arguments.all {
        write!(out, "{}", faults::document())?;
    } else if arguments.names.is_empty() {
        write!(out, "{}", faults::list())?;
    }
    for name in &arguments.names {
        let Some(kind) = faults::named(name) else {
            let hint = nearest(name, faults::names()).map_or_else(
                || "; `aisys chaos faults` lists them".to_owned(),
                |near| format!("; did you mean `{near}`?"),
            );
            return Err(Failure::Usage(format!("there is no fault `{name}`{hint}")));
        };
        write!(out, "{}", faults::page(kind))?;
    }
    Ok(exit::HOLDS)
}
