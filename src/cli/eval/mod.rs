//! `aisys eval`: its arguments, and the way from suites to reports.

mod check;
mod groundedness;
mod history;
mod merge;
mod progress;
mod run;
mod trec;

use std::io::Write;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::exit;
use crate::report::{self, Format, Report};
use crate::store::History;

use super::Failure;
use super::style::{Color, of_stdout};

const EXAMPLES: &str = "Examples:
  aisys eval suites/                          all suites of a folder, without a key
  aisys eval suites/help-centre.yaml -o eval.csv -o eval.html
  aisys eval suites/ --set retrieval.top_k=1  what if fewer passages were shown?
  aisys eval suites/ --set generation.model=openai:gpt-4o-mini --max-cost 0.50
  aisys eval suites/ --cassettes replay       offline, from recorded calls
  aisys eval promptfooconfig.yaml             a promptfoo configuration as it is
  aisys eval beir/scifact                     a judged collection: BEIR, TREC or SMART
  aisys eval topics.txt --qrels qrels.txt --corpus docs/
  aisys eval list; aisys eval show 3; aisys eval compare 2 3

Exit codes: 0 the gate holds, 1 it does not, 2 wrong usage or unreadable input, 3 the outside failed or the run was
cut short (what is done is saved, and --resume goes on).";

/// The arguments of `aisys eval`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, args_conflicts_with_subcommands = true)]
pub(super) struct EvalArgs {
    #[command(subcommand)]
    command: Option<EvalCommand>,
    #[command(flatten)]
    run: run::RunArgs,
}

#[derive(Debug, Subcommand)]
enum EvalCommand {
    /// Audit suites themselves: cases that decide nothing, duplicates, passages that are not there
    Check(check::CheckArgs),
    /// List the runs of the local history
    List(history::ListArgs),
    /// Show a run again
    Show(history::ShowArgs),
    /// Compare two runs, case by case
    Compare(history::CompareArgs),
    /// Join the shards of one run, and decide
    Merge(merge::MergeArgs),
    /// Fit the judge of groundedness on people's labels, and measure it
    FitGroundedness(groundedness::FitArgs),
    /// Score a TREC run against judgements, as `trec_eval` does
    Trec(trec::TrecArgs),
}

/// Where reports go and how they look; the same for all commands that show a run.
#[derive(Debug, Args)]
pub(super) struct OutputArgs {
    /// What the standard output gets
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// Also write the report here; the extension picks the format: .csv .json .jsonl .sarif .xml .md .html
    #[arg(short, long, value_name = "FILE")]
    output: Vec<PathBuf>,
    /// Succeed even when the gate does not hold: for steps that only upload
    #[arg(long)]
    exit_zero: bool,
    /// Show everything instead of the first screen
    #[arg(short, long)]
    verbose: bool,
    /// When to use colour
    #[arg(long, value_enum, default_value = "auto")]
    color: Color,
}

impl OutputArgs {
    /// Refuses files whose format cannot be told, before anything is paid for.
    pub(super) fn check(&self) -> Result<(), Failure> {
        for path in &self.output {
            report::format_of(path).map_err(|error| Failure::Usage(error.to_string()))?;
        }
        Ok(())
    }

    /// Renders to the standard output and writes the files; says on `notes` where they are.
    pub(super) fn write(&self, report: &Report, out: &mut dyn Write, notes: &mut dyn Write) -> Result<(), Failure> {
        report::render(report, self.format, of_stdout(self.color, self.verbose), out)?;
        for path in &self.output {
            let written = report::write_file(report, path).map_err(|error| Failure::Outside(error.to_string()))?;
            let names: Vec<String> = written.iter().map(|path| path.display().to_string()).collect();
            writeln!(notes, "wrote {}", names.join(", "))?;
        }
        Ok(())
    }

    /// Whether some output is HTML.
    fn has_page(&self) -> bool {
        let is_page = |path: &PathBuf| report::format_of(path).is_ok_and(|format| format == Format::Html);
        self.format == Format::Html || self.output.iter().any(is_page)
    }

    /// The exit code of a decision.
    pub(super) fn code(&self, code: u8) -> u8 {
        if self.exit_zero && code == exit::FAILS {
            exit::HOLDS
        } else {
            code
        }
    }
}

/// Where runs are kept.
#[derive(Debug, Args)]
pub(super) struct HomeArgs {
    /// The folder of the local history
    #[arg(long, value_name = "FOLDER", default_value = ".aisys", env = "AISYS_HISTORY")]
    home: PathBuf,
}

impl HomeArgs {
    fn open(&self) -> Result<History, Failure> {
        History::open(&self.home).map_err(|error| Failure::Outside(error.to_string()))
    }
}

/// Runs `aisys eval`.
pub(super) fn run(arguments: &EvalArgs, out: &mut dyn Write, notes: &mut dyn Write) -> Result<u8, Failure> {
    match &arguments.command {
        None => run::run(&arguments.run, out, notes),
        Some(EvalCommand::Check(arguments)) => check::run(arguments, out, notes),
        Some(EvalCommand::List(arguments)) => history::list(arguments, out),
        Some(EvalCommand::Show(arguments)) => history::show(arguments, out, notes),
        Some(EvalCommand::Compare(arguments)) => history::compare(arguments, out, notes),
        Some(EvalCommand::Merge(arguments)) => merge::run(arguments, out, notes),
        Some(EvalCommand::FitGroundedness(arguments)) => groundedness::run(arguments, out),
        Some(EvalCommand::Trec(arguments)) => trec::run(arguments, out, notes),
    }
}
