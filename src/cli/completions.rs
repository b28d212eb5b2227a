//! `aisys completions` and `aisys man`.

use std::io::Write;

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::exit;

use super::{Cli, Failure};

/// The arguments of `aisys completions`.
#[derive(Debug, Args)]
#[command(after_help = "Example: aisys completions bash > /etc/bash_completion.d/aisys")]
pub(super) struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

pub(super) fn run(arguments: &CompletionsArgs, out: &mut dyn Write) -> Result<u8, Failure> {
    // The generator ends the process when writing fails, so it writes to memory.
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Cli::command(), "aisys", &mut script);
    out.write_all(&script)?;
    Ok(exit::HOLDS)
}

pub(super) fn man(out: &mut dyn Write) -> Result<u8, Failure> {
    clap_mangen::Man::new(Cli::command()).render(out)?;
    for command in Cli::command()
        .get_subcommands()
        .filter(|command| command.get_name() != "help")
    {
        let name = format!("aisys-{}", command.get_name());
        clap_mangen::Man::new(command.clone()).title(name).render(out)?;
    }
    Ok(exit::HOLDS)
}
