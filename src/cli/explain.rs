//! `aisys explain`: a rule's page.

use std::io::Write;

use clap::Args;

use crate::audit::{self, registry};
use crate::exit;
use crate::system::nearest;

use super::Failure;

/// The arguments of `aisys explain`.
#[derive(Debug, Args)]
#[command(after_help = "Example: aisys explain no-fallback")]
pub(super) struct ExplainArgs {
    /// The rule's name; without it, all rules are listed
    rule: Option<String>,
    /// All pages as one Markdown document: what docs/rules.md holds
    #[arg(long, conflicts_with = "rule")]
    all: bool,
}

pub(super) fn run(arguments: &ExplainArgs, out: &mut dyn Write) -> Result<u8, Failure> {
    if arguments.all {
        out.write_all(audit::pages::document().as_bytes())?;
        return Ok(exit::HOLDS);
    }
    let Some(name) = &arguments.rule else {
        out.write_all(audit::pages::list().as_bytes())?;
        return Ok(exit::HOLDS);
    };
    let Some(rule) = registry::find(name) else {
        let near = nearest(name, registry::RULES.iter().map(|rule| rule.name));
        let hint = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
        return Err(Failure::Usage(format!(
            "there is no rule `{name}`{hint} (`aisys explain` lists all)"
        )));
    };
    out.write_all(audit::pages::page(rule).as_bytes())?;
    Ok(exit::HOLDS)
}
