//! `aisys eval check`: audits suites themselves.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use crate::eval::check;
use crate::eval::prepare::Prepared;
use crate::eval::record::RunRecord;
use crate::eval::report::suite_finding;
use crate::eval::suite;
use crate::eval::{prepare, view};
use crate::exit;
use crate::report::{Finding, Report, Severity};

use super::{Failure, HomeArgs, OutputArgs, history};

/// The arguments of `aisys eval check`.
#[derive(Debug, Args)]
#[command(after_help = "Example: aisys eval check suites/help-centre.yaml

With a run of the suite in the local history, also: cases that decide nothing, cases that worse variants pass more
often, and the smallest difference that the suite can see.")]
pub(super) struct CheckArgs {
    /// Suites, and folders of suites [default: the current folder]
    suites: Vec<PathBuf>,
    /// The seed of the tests that draw
    #[arg(long, default_value_t = 7)]
    seed: u64,
    #[command(flatten)]
    home: HomeArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// Audits suites, each with its newest run when there is one.
pub(super) fn run(arguments: &CheckArgs, out: &mut dyn Write, notes: &mut dyn Write) -> Result<u8, Failure> {
    arguments.output.check()?;
    let history = arguments.home.open()?;
    let mut findings = Vec::new();
    let mut cases = 0;
    let files = super::run::find(&arguments.suites)?;
    for file in &files {
        let suite = suite::read_path(file).map_err(|error| Failure::Usage(error.to_string()))?;
        cases += suite.cases.len();
        let newest = history
            .list(Some(&suite.name), 50)
            .map_err(|error| Failure::Outside(error.to_string()))?;
        let newest = newest
            .into_iter()
            .find(|info| info.status != crate::store::Status::Running);
        let record = newest
            .map(|info| history::load(&history, &info.id.to_string()))
            .transpose()?;
        let corpus = prepare::corpus(&suite).map_err(|error| Failure::Usage(error.to_string()))?;
        let view = view::suite(&suite, corpus, None);
        let outcomes = record.as_ref().map(|(_, record)| view::outcomes(record));
        for found in check::check(&view, outcomes.as_ref(), arguments.seed) {
            findings.push(suite_finding(&suite, &view, found));
        }
    }
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    let wrong = findings.iter().any(|finding| finding.severity == Severity::Error);
    let report = Report {
        stage: "eval check",
        summary: format!("{} suites, {cases} cases", files.len()),
        findings,
        ..Report::default()
    };
    arguments.output.write(&report, out, notes)?;
    Ok(arguments.output.code(if wrong { exit::FAILS } else { exit::HOLDS }))
}

/// What the audit finds in a suite that was just run. Only what is surely wrong, so that a run's report stays
/// about the run; `aisys eval check` tells the rest.
pub(super) fn findings(prepared: &Prepared, record: Option<&RunRecord>) -> Vec<Finding> {
    let view = view::suite(&prepared.suite, prepared.keys(), None);
    let outcomes = record.map(view::outcomes);
    let found = check::check(&view, outcomes.as_ref(), prepared.subject.tools.seed);
    let suite = Arc::clone(&prepared.suite);
    let found = found.into_iter().map(|found| suite_finding(&suite, &view, found));
    found.filter(|finding| finding.severity > Severity::Note).collect()
}
