//! `aisys audit`: its arguments, and the way from files to a report.

use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use crate::audit::answers::Availabilities;
use crate::audit::{self, Audit, Options, Rule, baseline, fixes, registry};
use crate::clock::Day;
use crate::exit;
use crate::read::{self, Reading};
use crate::report::{self, Confidence, Finding, Format, Report, Severity};
use crate::system::prices::Prices;
use crate::system::{nearest, units};

use super::style::{Color, of_stdout};
use super::{Failure, watch};

const EXAMPLES: &str = "Examples:
  aisys audit                               the current folder, as git sees it
  aisys audit litellm/config.yaml           one file
  aisys audit . -o out.sarif -o out.csv     also write files (routes.csv and what-if.csv beside the CSV)
  aisys audit . --diff                      show what --fix would change
  aisys audit . --write-baseline known.json accept what is there today; then --baseline known.json

Exit codes: 0 it holds, 1 findings at or above --fail-on, 2 wrong usage or unreadable input, 3 the outside failed.";

/// The arguments of `aisys audit`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct AuditArgs {
    /// Files and folders; `-` is the standard input [default: the current folder]
    paths: Vec<PathBuf>,
    /// What the standard output gets
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// Also write the report here; the extension picks the format: .csv .json .jsonl .sarif .xml .md
    #[arg(short, long, value_name = "FILE")]
    output: Vec<PathBuf>,
    /// The severity from which findings make the audit fail [default: error]
    #[arg(long, value_name = "SEVERITY", value_parser = ["error", "warning", "note", "never"])]
    fail_on: Option<String>,
    /// Succeed whatever is found: for steps that only upload
    #[arg(long)]
    exit_zero: bool,
    /// Leave out findings that are less sure
    #[arg(long, value_name = "CONFIDENCE", default_value = "medium")]
    min_confidence: Confidence,
    /// Only these rules (repeatable)
    #[arg(long, value_name = "RULE")]
    rule: Vec<String>,
    /// All but these rules (repeatable)
    #[arg(long, value_name = "RULE")]
    skip: Vec<String>,
    /// The latest moment at which a user must have an answer [default: 7s]
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    deadline: Option<Duration>,
    /// Requests a second that may arrive, for the cost of an hour
    #[arg(long, value_name = "PER_SECOND", value_parser = positive)]
    traffic: Option<f64>,
    /// How often something is up, such as `openai=99.5%` or `host:gpu-1=0.99` (repeatable)
    #[arg(long, value_name = "NAME=SHARE", value_parser = availability)]
    availability: Vec<(String, f64)>,
    /// A table of models of one's own, or `LiteLLM`'s map
    #[arg(long, value_name = "FILE")]
    prices: Option<PathBuf>,
    /// The day on which models are judged to be past their end [default: today]
    #[arg(long, value_name = "YYYY-MM-DD")]
    today: Option<Day>,
    /// Hide the findings that this file knows
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Write all findings of today into this file, and succeed
    #[arg(long, value_name = "FILE", conflicts_with = "baseline")]
    write_baseline: Option<PathBuf>,
    /// Apply the safe fixes
    #[arg(long, conflicts_with_all = ["diff", "watch"])]
    fix: bool,
    /// Show what --fix would change
    #[arg(long, conflicts_with = "watch")]
    diff: bool,
    /// With --fix or --diff: also the fixes that a person must look at
    #[arg(long)]
    review_fixes: bool,
    /// Run again whenever a file changes
    #[arg(long)]
    watch: bool,
    /// List all rules
    #[arg(long)]
    list_rules: bool,
    /// Show the terms of these numbers, such as `chat.longest-wait`, or of all
    #[arg(long, value_name = "NAME", num_args = 0..=1, default_missing_value = "")]
    explain_number: Option<String>,
    /// Show everything instead of the first screen
    #[arg(short, long)]
    verbose: bool,
    /// When to use colour
    #[arg(long, value_enum, default_value = "auto")]
    color: Color,
}

fn duration(text: &str) -> Result<Duration, String> {
    units::duration(text)
        .filter(|duration| !duration.is_zero())
        .ok_or_else(|| "expected a number with its unit, such as 7s, 500ms or 1m30s".to_owned())
}

fn positive(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|number: &f64| number.is_finite() && *number > 0.0)
        .ok_or_else(|| "expected a number above zero".to_owned())
}

fn availability(text: &str) -> Result<(String, f64), String> {
    let wrong = || "expected NAME=SHARE, such as openai=99.5% or openai=0.995".to_owned();
    let (name, share) = text.rsplit_once('=').ok_or_else(wrong)?;
    let value: f64 = match share.strip_suffix('%') {
        Some(percent) => percent.trim().parse::<f64>().map_err(|_| wrong())? / 100.0,
        None => share.parse().map_err(|_| wrong())?,
    };
    if name.is_empty() || !(0.0..=1.0).contains(&value) {
        return Err(wrong());
    }
    Ok((name.to_owned(), value))
}

/// Runs `aisys audit`.
pub(super) fn run(arguments: &AuditArgs, out: &mut dyn Write, notes: &mut dyn Write) -> Result<u8, Failure> {
    if arguments.list_rules {
        out.write_all(audit::pages::list().as_bytes())?;
        return Ok(exit::HOLDS);
    }
    let rules = chosen(arguments)?;
    let prices = match &arguments.prices {
        Some(path) => Prices::from_file(path).map_err(|error| Failure::Usage(error.to_string()))?,
        None => Prices::shipped(),
    };
    for path in &arguments.output {
        report::format_of(path).map_err(|error| Failure::Usage(error.to_string()))?;
    }
    if arguments.watch {
        return watch::run(arguments, &rules, &prices, out, notes);
    }
    once(arguments, &rules, &prices, out, notes)
}

impl AuditArgs {
    /// The files that a run writes, by their names: watching them would never end.
    pub(super) fn output_paths(&self) -> Vec<PathBuf> {
        let tables = ["routes.csv", "what-if.csv"].map(PathBuf::from);
        let named = self
            .output
            .iter()
            .filter_map(|path| path.file_name())
            .map(PathBuf::from);
        named.chain(tables).collect()
    }

    /// The formats of all that is written.
    fn formats(&self) -> impl Iterator<Item = Format> {
        let files = self.output.iter().filter_map(|path| report::format_of(path).ok());
        files.chain([self.format])
    }

    /// Whether any output shows what the numbers were computed from.
    fn shows_terms(&self) -> bool {
        self.explain_number.is_some()
            || self
                .formats()
                .any(|format| matches!(format, Format::Json | Format::Jsonl))
    }

    /// How many rows of a table any output shows.
    fn most_rows(&self) -> usize {
        let rows = self.formats().map(|format| format.rows_shown(self.verbose));
        rows.max().unwrap_or_default()
    }

    /// The paths to search: those that were named, else the current folder.
    pub(super) fn searched(&self) -> Vec<PathBuf> {
        if self.paths.is_empty() {
            vec![PathBuf::from(".")]
        } else {
            self.paths.clone()
        }
    }
}

/// The rules that were asked for.
fn chosen(arguments: &AuditArgs) -> Result<Vec<&'static Rule>, Failure> {
    for name in arguments.rule.iter().chain(&arguments.skip) {
        if registry::find(name).is_none() {
            let near = nearest(name, registry::RULES.iter().map(|rule| rule.name));
            let hint = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
            return Err(Failure::Usage(format!(
                "there is no rule `{name}`{hint} (`aisys audit --list-rules` lists all)"
            )));
        }
    }
    let wanted = |rule: &Rule| {
        (arguments.rule.is_empty() || arguments.rule.iter().any(|name| name == rule.name))
            && !arguments.skip.iter().any(|name| name == rule.name)
    };
    Ok(registry::RULES.iter().copied().filter(|rule| wanted(rule)).collect())
}

/// One audit from the files to the exit code.
pub(super) fn once(
    arguments: &AuditArgs,
    rules: &[&'static Rule],
    prices: &Prices,
    out: &mut dyn Write,
    notes: &mut dyn Write,
) -> Result<u8, Failure> {
    let paths = arguments.searched();
    let mut reading = read::read(&paths, prices);
    if reading.dialects.is_empty() {
        return nothing_read(&paths, &reading, notes);
    }
    if arguments.fix || arguments.diff {
        let changes = fixed(arguments, rules, prices)?;
        if arguments.diff {
            for change in &changes {
                out.write_all(fixes::diff(change).as_bytes())?;
            }
            writeln!(
                notes,
                "{} {} would change",
                changes.len(),
                if changes.len() == 1 { "file" } else { "files" }
            )?;
            return Ok(exit::HOLDS);
        }
        for change in &changes {
            fixes::write(change)
                .map_err(|error| Failure::Outside(format!("cannot fix {}: {error}", change.path.display())))?;
            writeln!(notes, "fixed {}", change.path.display())?;
        }
        reading = read::read(&paths, prices);
    }
    let report = examine(arguments, rules, prices, &reading)?;
    if let Some(path) = &arguments.write_baseline {
        baseline::write(path, &report.findings).map_err(|error| Failure::Outside(error.to_string()))?;
        writeln!(
            notes,
            "wrote {}: {} findings are known now",
            path.display(),
            report.findings.len()
        )?;
        return Ok(exit::HOLDS);
    }
    show(arguments, &report, out, notes)?;
    let fails = fails(arguments, &reading, &report.findings)?;
    let unreadable = reading.errors.iter().any(|error| error.serious);
    Ok(match (fails && !arguments.exit_zero, unreadable) {
        (true, _) => exit::FAILS,
        (false, true) => exit::USAGE,
        (false, false) => exit::HOLDS,
    })
}

/// Rules, suppressions, confidence and baseline over what was read, as a report.
fn examine(
    arguments: &AuditArgs,
    rules: &[&'static Rule],
    prices: &Prices,
    reading: &Reading,
) -> Result<Report, Failure> {
    let declared = &reading.system.declared;
    let options = Options {
        deadline: arguments
            .deadline
            .or_else(|| declared.deadline.as_ref().map(|deadline| deadline.value))
            .unwrap_or(Duration::from_secs(7)),
        today: arguments.today.unwrap_or_else(Day::today),
        traffic: arguments.traffic,
        availabilities: Availabilities {
            declared: arguments.availability.clone(),
        },
    };
    let computed = Audit::new(&reading.system, prices, &options);
    let mut notes = Vec::new();
    let suppressed = audit::suppress(
        audit::run(&computed, rules),
        &reading.system.source_files(),
        &declared.ignore,
        rules,
    );
    if suppressed.hidden > 0 {
        notes.push(format!("{} findings are suppressed", suppressed.hidden));
    }
    let mut findings = suppressed.kept;
    let all = findings.len();
    findings.retain(|finding| finding.confidence >= arguments.min_confidence);
    if findings.len() < all {
        notes.push(format!(
            "{} less sure findings are left out: --min-confidence low shows them",
            all - findings.len()
        ));
    }
    baseline::fingerprint(&mut findings);
    if let Some(path) = &arguments.baseline {
        let filtered = baseline::filter(path, findings).map_err(|error| Failure::Usage(error.to_string()))?;
        notes.push(format!("{} findings are known to {}", filtered.hidden, path.display()));
        if filtered.gone > 0 {
            notes.push(format!("{} of its entries are gone: write it anew", filtered.gone));
        }
        findings = filtered.new;
    }
    let mut report = audit::report(&computed, rules, findings, arguments.most_rows());
    if arguments.shows_terms() {
        report.explained = audit::explained(&computed);
    }
    report.summary = summary(reading);
    report.unreadable = reading.errors.iter().map(read::ReadError::render).collect();
    report.notes = notes;
    Ok(report)
}

/// The report, or the numbers that were asked for, and the files.
fn show(arguments: &AuditArgs, report: &Report, out: &mut dyn Write, notes: &mut dyn Write) -> Result<(), Failure> {
    if let Some(name) = &arguments.explain_number {
        explain_number(report, name, out)?;
    } else {
        let style = of_stdout(arguments.color, arguments.verbose);
        report::render(report, arguments.format, style, out)?;
    }
    for path in &arguments.output {
        let written = report::write_file(report, path).map_err(|error| match error {
            report::OutputError::UnknownExtension(_) => Failure::Usage(error.to_string()),
            report::OutputError::Io { .. } => Failure::Outside(error.to_string()),
        })?;
        let names: Vec<String> = written.iter().map(|path| path.display().to_string()).collect();
        writeln!(notes, "wrote {}", names.join(", "))?;
    }
    Ok(())
}

/// Rounds of fixes are few: each closes at least one finding.
const MOST_ROUNDS: usize = 50;

/// Applies fixes in memory, round by round, until none is left.
fn fixed(arguments: &AuditArgs, rules: &[&'static Rule], prices: &Prices) -> Result<Vec<fixes::Change>, Failure> {
    let paths = arguments.searched();
    let mut overlay = read::Overlay::new();
    let mut changes: Vec<fixes::Change> = Vec::new();
    for _ in 0..MOST_ROUNDS {
        let reading = read::read_over(&paths, prices, &overlay);
        let report = examine(arguments, rules, prices, &reading)?;
        let (changed, _) = fixes::round(&report.findings, arguments.review_fixes);
        if changed.is_empty() {
            break;
        }
        for (file, after) in changed {
            let path = file.path().to_path_buf();
            match changes.iter_mut().find(|change| change.path == path) {
                Some(change) => change.after.clone_from(&after),
                None => changes.push(fixes::Change {
                    path: path.clone(),
                    before: file.text().to_owned(),
                    after: after.clone(),
                }),
            }
            overlay.insert(path, after);
        }
    }
    changes.retain(|change| change.path != std::path::Path::new("<stdin>"));
    Ok(changes)
}

/// Whether a finding is as bad as `--fail-on`, or what `aisys.yaml` says, allows.
fn fails(arguments: &AuditArgs, reading: &Reading, findings: &[Finding]) -> Result<bool, Failure> {
    let declared = reading
        .system
        .declared
        .fail_on
        .as_ref()
        .map(|setting| setting.value.as_str());
    let limit = arguments.fail_on.as_deref().or(declared).unwrap_or("error");
    if limit == "never" {
        return Ok(false);
    }
    let limit: Severity = limit
        .parse()
        .map_err(|error| Failure::Usage(format!("audit.fail_on: {error}")))?;
    Ok(findings.iter().any(|finding| finding.severity >= limit))
}

fn nothing_read(paths: &[PathBuf], reading: &Reading, notes: &mut dyn Write) -> Result<u8, Failure> {
    for error in &reading.errors {
        writeln!(notes, "error: {}", error.render())?;
    }
    let names: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
    Err(Failure::Usage(format!(
        "nothing to audit in {} ({} {} looked at)\n  looked for: {}\n  files that git ignores are left out; name them to read them",
        names.join(", "),
        reading.looked_at,
        if reading.looked_at == 1 { "file" } else { "files" },
        read::looked_for()
    )))
}

/// "12 files: 3 litellm, 2 compose, 7 code".
fn summary(reading: &Reading) -> String {
    let files: usize = reading.dialects.values().sum();
    let parts: Vec<String> = reading
        .dialects
        .iter()
        .map(|(dialect, count)| format!("{count} {}", dialect.name()))
        .collect();
    format!(
        "{files} {} read ({}), {} routes, {} deployments",
        if files == 1 { "file" } else { "files" },
        parts.join(", "),
        reading.system.routes.len(),
        reading.system.deployments.len()
    )
}

/// Shows where numbers come from.
fn explain_number(report: &Report, name: &str, out: &mut dyn Write) -> Result<(), Failure> {
    let mut shown = 0;
    for number in &report.explained {
        if !name.is_empty() && number.name != name && !number.name.starts_with(&format!("{name}.")) {
            continue;
        }
        shown += 1;
        writeln!(out, "{} = {}", number.name, number.value)?;
        for term in &number.terms {
            writeln!(out, "    {}  ({})", term.text, term.origin)?;
        }
    }
    if shown == 0 {
        let near = nearest(name, report.explained.iter().map(|number| number.name.as_str()));
        let hint = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
        return Err(Failure::Usage(format!("there is no number `{name}`{hint}")));
    }
    Ok(())
}
