//! `aisys eval list | show | compare`: over the local history.

use std::io::Write;

use clap::Args;
use comfy_table::{Table, presets};

use crate::clock;
use crate::eval::record::{self, RunRecord};
use crate::eval::report::{Surroundings, report};
use crate::eval::verdict::{Verdict, verdict};
use crate::exit;
use crate::store::{History, RunInfo};

use super::run::code_of;
use super::{Failure, HomeArgs, OutputArgs};

/// The arguments of `aisys eval list`.
#[derive(Debug, Args)]
#[command(after_help = "Example: aisys eval list --suite help-centre")]
pub(super) struct ListArgs {
    /// Only runs of this suite
    #[arg(long)]
    suite: Option<String>,
    /// At most so many
    #[arg(long, default_value_t = 20)]
    most: usize,
    #[command(flatten)]
    home: HomeArgs,
}

/// The arguments of `aisys eval show`.
#[derive(Debug, Args)]
#[command(after_help = "Example: aisys eval show 12 -o run12.html")]
pub(super) struct ShowArgs {
    /// The run's number, or `last`
    run: String,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    home: HomeArgs,
}

/// The arguments of `aisys eval compare`.
#[derive(Debug, Args)]
#[command(after_help = "Example: aisys eval compare 11 12 -o diff.html")]
pub(super) struct CompareArgs {
    /// The earlier run: its number, or `last`
    before: String,
    /// The later run
    after: String,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    home: HomeArgs,
}

/// Lists runs, the newest first.
pub(super) fn list(arguments: &ListArgs, out: &mut dyn Write) -> Result<u8, Failure> {
    let history = arguments.home.open()?;
    let runs = history
        .list(arguments.suite.as_deref(), arguments.most)
        .map_err(outside)?;
    if runs.is_empty() {
        writeln!(
            out,
            "no runs in {} yet: `aisys eval SUITE` makes one",
            arguments.home.home.display()
        )?;
        return Ok(exit::HOLDS);
    }
    let mut grid = Table::new();
    grid.load_style(presets::NOTHING)
        .set_header(["run", "suite", "begun (UTC)", "gate", "what came out"]);
    for run in runs {
        grid.add_row([
            run.id.to_string(),
            run.suite,
            clock::utc(run.started),
            run.status.name().to_owned(),
            run.summary,
        ]);
    }
    writeln!(out, "{}", grid.trim_fmt())?;
    Ok(exit::HOLDS)
}

/// Shows a run as it was reported, without what is in the files of today.
pub(super) fn show(arguments: &ShowArgs, out: &mut dyn Write, notes: &mut dyn Write) -> Result<u8, Failure> {
    arguments.output.check()?;
    let history = arguments.home.open()?;
    let (info, record) = load(&history, &arguments.run)?;
    let earlier = match history.last_passing(&info.suite, info.id).map_err(outside)? {
        Some(earlier) => Some(load(&history, &earlier.id.to_string())?),
        None => None,
    };
    let name = earlier.as_ref().map(|(info, _)| format!("run {}", info.id));
    let verdict = verdict(&record, name.as_deref().zip(earlier.as_ref().map(|(_, record)| record)));
    finish(
        &record,
        &verdict,
        earlier.map(|(_, record)| record),
        &arguments.output,
        out,
        notes,
    )
}

/// Compares two runs of the history.
pub(super) fn compare(arguments: &CompareArgs, out: &mut dyn Write, notes: &mut dyn Write) -> Result<u8, Failure> {
    arguments.output.check()?;
    let history = arguments.home.open()?;
    let (before, earlier) = load(&history, &arguments.before)?;
    let (_, mut record) = load(&history, &arguments.after)?;
    record.gate.against_last_passing = true;
    let verdict = verdict(&record, Some((&format!("run {}", before.id), &earlier)));
    finish(&record, &verdict, Some(earlier), &arguments.output, out, notes)
}

fn finish(
    record: &RunRecord,
    verdict: &Verdict,
    earlier: Option<RunRecord>,
    output: &OutputArgs,
    out: &mut dyn Write,
    notes: &mut dyn Write,
) -> Result<u8, Failure> {
    let surroundings = Surroundings {
        earlier,
        page: output.has_page(),
        ..Surroundings::default()
    };
    output.write(&report(record, verdict, surroundings), out, notes)?;
    Ok(output.code(code_of(&verdict.decision)))
}

/// A run by its number, or the newest by `last`.
pub(super) fn load(history: &History, name: &str) -> Result<(RunInfo, RunRecord), Failure> {
    let found = if name == "last" {
        history.list(None, 1).map_err(outside)?.into_iter().next()
    } else {
        let id = name.parse().map_err(|_| {
            Failure::Usage(format!(
                "`{name}` is no run: give its number from `aisys eval list`, or `last`"
            ))
        })?;
        history.find(id).map_err(outside)?
    };
    let info = found.ok_or_else(|| Failure::Usage(format!("there is no run {name}: `aisys eval list` shows them")))?;
    let text = history.record(info.id).map_err(outside)?.ok_or_else(|| {
        Failure::Usage(format!(
            "run {} has not ended: `aisys eval --resume` goes on with it",
            info.id
        ))
    })?;
    let record = record::parse(&text).map_err(|message| Failure::Usage(format!("run {}: {message}", info.id)))?;
    Ok((info, record))
}

#[expect(clippy::needless_pass_by_value, reason = "the form that `map_err` takes")]
fn outside(error: crate::store::HistoryError) -> Failure {
    Failure::Outside(error.to_string())
}
