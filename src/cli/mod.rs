//! The commands: one file each, with its arguments and the call into its stage.

mod audit;
mod chaos;
mod completions;
mod eval;
mod explain;
mod models;
mod prices;
mod schema;
mod style;
mod watch;

use std::io::{self, Write};

use clap::{Parser, Subcommand};

use crate::exit;
use crate::retrieve::corpus::{PDF_WORKER, pdf_text_worker};

/// Tells a team, with evidence, whether their AI application will survive production.
#[derive(Debug, Parser)]
#[command(
    name = "aisys",
    version,
    about,
    after_help = "Exit codes: 0 it holds · 1 it does not (findings at or above --fail-on) · 2 wrong usage or \
                  unreadable input · 3 the outside failed or the run was cut short\n\n\
                  Example: aisys audit . --fail-on error -o findings.sarif -o findings.csv"
)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Find where a configuration fails or overspends: single points of failure, waits, money
    Audit(Box<audit::AuditArgs>),
    /// Show what users see when a provider breaks: simulated, emulated, on a running application
    Chaos(Box<chaos::ChaosArgs>),
    /// Replay suites through retrieval and generation, judge the answers, hold them against a gate
    Eval(Box<eval::EvalArgs>),
    /// Show what a rule finds, why it matters and how to mend it
    Explain(explain::ExplainArgs),
    /// Build the table of models and prices
    Prices(prices::PricesArgs),
    /// Get the models that run in this process: pull, add, list, remove, distill
    Models(models::ModelsArgs),
    /// Write the JSON Schema of aisys.yaml, of a suite or of a scenario to the standard output
    Schema(schema::SchemaArgs),
    /// Write a completion script for a shell to the standard output
    Completions(completions::CompletionsArgs),
    /// Write the manual page to the standard output
    Man,
    /// Read a PDF from the standard input and write its text: how a corpus is read, a process for each file
    #[command(hide = true, name = PDF_WORKER)]
    PdfText,
}

/// Why a command ended early.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The user asked for something that cannot be, or input cannot be read.
    #[error("{0}")]
    Usage(String),
    /// The outside failed: a disk, a pipe.
    #[error("{0}")]
    Outside(String),
    /// Whoever read the output has stopped.
    #[error("the reader of the output has gone")]
    Pipe,
}

impl Failure {
    /// The exit code that tells it.
    #[must_use]
    pub const fn code(&self) -> u8 {
        match self {
            Self::Usage(_) => exit::USAGE,
            Self::Outside(_) => exit::OUTSIDE,
            Self::Pipe => exit::HOLDS,
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            Self::Pipe
        } else {
            Self::Outside(error.to_string())
        }
    }
}

/// Runs the command that was asked for and gives the exit code.
///
/// # Errors
/// Fails with what the user must be told.
pub fn run(cli: &Cli, out: &mut dyn Write, notes: &mut dyn Write) -> Result<u8, Failure> {
    match &cli.command {
        Command::Audit(arguments) => audit::run(arguments, out, notes),
        Command::Chaos(arguments) => chaos::run(arguments, out, notes),
        Command::Eval(arguments) => eval::run(arguments, out, notes),
        Command::Explain(arguments) => explain::run(arguments, out),
        Command::Prices(arguments) => {
            prices::run(arguments, out, notes).map_err(|error| Failure::Usage(error.to_string()))?;
            Ok(exit::HOLDS)
        }
        Command::Models(arguments) => models::run(arguments, out, notes),
        Command::Schema(arguments) => schema::run(arguments, out),
        Command::Completions(arguments) => completions::run(arguments, out),
        Command::Man => completions::man(out),
        Command::PdfText => {
            pdf_text_worker(io::stdin().lock(), out).map_err(Failure::Usage)?;
            Ok(exit::HOLDS)
        }
    }
}
