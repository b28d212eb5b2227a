//! `aisys eval [SUITES]…`: runs suites.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use crate::clock;
use crate::embedded::{self, Models};
use crate::eval::engine::{self, Early};
use crate::eval::prepare::{self, CassetteMode, Prepared, Settings};
use crate::eval::record::{FORMAT, RunRecord};
use crate::eval::report::{Surroundings, combine, report};
use crate::eval::suite::{self, Judged, Overrides, Suite};
use crate::eval::verdict::{Decision, Verdict, verdict};
use crate::exit;
use crate::report::Report;
use crate::store::{History, RunInfo, Status};
use crate::system::prices::Prices;

use super::progress::Progress;
use super::{Failure, HomeArgs, OutputArgs, check, history};

/// The arguments of a run.
#[derive(Debug, Args)]
pub(super) struct RunArgs {
    /// Suites, folders of suites, and judged collections (BEIR, TREC, SMART) [default: the current folder]
    suites: Vec<PathBuf>,
    /// Lay a setting over every suite, such as `retrieval.top_k=1` (repeatable)
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Only the cases with this in their identifier (repeatable)
    #[arg(long, value_name = "TEXT")]
    case: Vec<String>,
    /// Only the cases with this tag (repeatable)
    #[arg(long, value_name = "TAG")]
    tag: Vec<String>,
    /// Only these variants (repeatable)
    #[arg(long, value_name = "NAME")]
    variant: Vec<String>,
    /// Judgements (BEIR, TREC or SMART) of topics or of a collection that is given in place of a suite
    #[arg(long, value_name = "FILE")]
    qrels: Option<PathBuf>,
    /// The documents of topics that are given in place of a suite (repeatable)
    #[arg(long, value_name = "PATH")]
    corpus: Vec<PathBuf>,
    /// Find passages and score them, and ask no model
    #[arg(long)]
    retrieval_only: bool,
    /// So many cases at once
    #[arg(short = 'j', long, value_name = "COUNT", default_value_t = 50)]
    concurrency: usize,
    /// The seed of everything that chance decides
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// The confidence of the intervals
    #[arg(long, value_name = "SHARE", default_value_t = 0.95, value_parser = confidence)]
    confidence: f64,
    /// Recorded calls: play and make them, only play them, play what is there and record the rest, or neither
    #[arg(long, value_enum, default_value = "off")]
    cassettes: CassetteMode,
    /// Where recorded calls are, one file per suite [default: `cassettes` beside the suite]
    #[arg(long, value_name = "FOLDER")]
    cassette_dir: Option<PathBuf>,
    /// Go on with the last run of the same suite and settings that did not end
    #[arg(long)]
    resume: bool,
    /// Stop before the call that would bring the cost of this run over so many US dollars
    #[arg(long, value_name = "USD", value_parser = money)]
    max_cost: Option<f64>,
    /// End as soon as the gate is decided; over all cases, so not in a shard
    #[arg(long, conflicts_with = "shard")]
    stop_early: bool,
    /// Run one shard of so many, such as `1/4`; use --save, and `aisys eval merge`
    #[arg(long, value_name = "I/N", value_parser = shard)]
    shard: Option<(u32, u32)>,
    /// Write the run itself here, for `aisys eval merge`
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
    /// The run that this one is held against: its number, `last-passing`, or `none`
    #[arg(long, value_name = "RUN", default_value = "last-passing")]
    against: String,
    /// A table of models of one's own, or `LiteLLM`'s map
    #[arg(long, value_name = "FILE")]
    prices: Option<PathBuf>,
    #[command(flatten)]
    home: HomeArgs,
    #[command(flatten)]
    output: OutputArgs,
}

fn confidence(text: &str) -> Result<f64, String> {
    let share = text.parse().ok().filter(|share: &f64| (0.5..1.0).contains(share));
    share.ok_or_else(|| "expected a share between 0.5 and 1, such as 0.95".to_owned())
}

fn money(text: &str) -> Result<f64, String> {
    let dollars = text.trim_start_matches('$').parse().ok();
    let dollars = dollars.filter(|dollars: &f64| dollars.is_finite() && *dollars >= 0.0);
    dollars.ok_or_else(|| "expected US dollars, such as 0.50".to_owned())
}

fn shard(text: &str) -> Result<(u32, u32), String> {
    let parsed = text
        .split_once('/')
        .and_then(|(at, of)| Some((at.parse().ok()?, of.parse().ok()?)));
    let parsed = parsed.filter(|(at, of): &(u32, u32)| *at >= 1 && at <= of);
    parsed.ok_or_else(|| "expected a shard and how many there are, such as 1/4".to_owned())
}

/// Runs all suites that were named or found, one after the other.
pub(super) fn run(arguments: &RunArgs, out: &mut dyn Write, notes: &mut dyn Write) -> Result<u8, Failure> {
    arguments.output.check()?;
    let judged = Judged {
        qrels: arguments.qrels.clone(),
        corpus: arguments.corpus.clone(),
    };
    let files = match (judged.is_given(), arguments.suites.as_slice()) {
        (false, paths) => find(paths)?,
        (true, [one]) => vec![one.clone()],
        (true, _) => {
            let message = "--qrels and --corpus belong to one file of topics, or one folder: aisys eval TOPICS --qrels FILE --corpus PATH";
            return Err(Failure::Usage(message.to_owned()));
        }
    };
    if arguments.save.is_some() && files.len() > 1 {
        return Err(Failure::Usage("--save takes one suite at a time".to_owned()));
    }
    let overrides = Overrides::parse(&arguments.set).map_err(Failure::Usage)?;
    let mut suites = Vec::new();
    for file in &files {
        let read = if judged.is_given() {
            suite::read_collection(file, &judged, &overrides)
        } else {
            suite::read_with(file, &overrides)
        };
        let mut suite = read.map_err(|error| Failure::Usage(error.to_string()))?;
        narrow(&mut suite, arguments)?;
        suites.push(suite);
    }
    let session = Session {
        arguments,
        prices: Arc::new(match &arguments.prices {
            Some(path) => Prices::from_file(path).map_err(|error| Failure::Usage(error.to_string()))?,
            None => Prices::shipped(),
        }),
        models: Models::open(
            &embedded::home(|name| std::env::var(name).ok()).map_err(|error| Failure::Outside(error.to_string()))?,
        ),
        history: arguments.home.open()?,
        runtime: tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .map_err(|error| Failure::Outside(error.to_string()))?,
    };
    if !matches!(arguments.against.as_str(), "none" | "last-passing") {
        // That there is no such run is told before a call is paid for.
        history::load(&session.history, &arguments.against)?;
    }
    let mut reports = Vec::new();
    let mut code = exit::HOLDS;
    for suite in suites {
        let (report, decision) = session.suite(suite, notes)?;
        code = code.max(code_of(&decision));
        reports.push(report);
        if code == exit::OUTSIDE {
            break;
        }
    }
    arguments.output.write(&combine(reports), out, notes)?;
    Ok(arguments.output.code(code))
}

/// The suites among files and folders.
pub(super) fn find(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let here = [PathBuf::from(".")];
    let paths = if paths.is_empty() { &here[..] } else { paths };
    let found = suite::discover(paths).map_err(|error| Failure::Usage(error.to_string()))?;
    if found.is_empty() {
        let names: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
        return Err(Failure::Usage(format!(
            "no suite in {}: looked for YAML files with `suite:` and `cases:`, for promptfoo configurations, and for \
             folders of BEIR, TREC or SMART with documents, topics and judgements (docs/eval.md shows a suite)",
            names.join(", ")
        )));
    }
    Ok(found)
}

/// Keeps the cases and variants that were asked for.
fn narrow(suite: &mut Suite, arguments: &RunArgs) -> Result<(), Failure> {
    let wanted = |id: &str, tags: &[String]| {
        (arguments.case.is_empty() || arguments.case.iter().any(|text| id.contains(text.as_str())))
            && (arguments.tag.is_empty() || arguments.tag.iter().any(|tag| tags.contains(tag)))
    };
    suite.cases.retain(|case| wanted(&case.id, &case.tags));
    if suite.cases.is_empty() {
        return Err(Failure::Usage(format!(
            "no case of {} is what --case and --tag ask for",
            suite.name
        )));
    }
    for name in &arguments.variant {
        if !suite.variants.iter().any(|variant| variant.name == *name) {
            let names: Vec<&str> = suite.variants.iter().map(|variant| variant.name.as_str()).collect();
            return Err(Failure::Usage(format!(
                "{} has no variant `{name}`: it has {}",
                suite.name,
                names.join(", ")
            )));
        }
    }
    if !arguments.variant.is_empty() {
        suite
            .variants
            .retain(|variant| arguments.variant.contains(&variant.name));
    }
    Ok(())
}

/// What all suites of a call share.
struct Session<'a> {
    arguments: &'a RunArgs,
    prices: Arc<Prices>,
    models: Models,
    history: History,
    runtime: tokio::runtime::Runtime,
}

impl Session<'_> {
    /// Runs one suite and keeps the run.
    fn suite(&self, suite: Suite, notes: &mut dyn Write) -> Result<(Report, Decision), Failure> {
        let arguments = self.arguments;
        let settings = Settings {
            seed: arguments.seed,
            generate: self.generates(&suite),
            cassettes: arguments.cassettes,
            cassette: cassette(arguments.cassette_dir.as_deref(), &suite),
            max_cost: arguments.max_cost,
            shard: arguments.shard,
            home: arguments.home.home.clone(),
        };
        let digest = prepare::digest(&suite, &settings);
        let (id, resumed) = self.begin(&suite, &digest)?;
        if resumed {
            writeln!(notes, "going on with run {id}")?;
        }
        let journal = self.history.calls(id);
        let prepared = prepare::prepare(suite, &settings, &self.prices, &self.models, &journal, &self.runtime);
        let prepared = match prepared {
            Ok(prepared) => prepared,
            Err(error) => {
                if !resumed {
                    // What could not begin is no run, and --resume must not find it.
                    self.history
                        .forget(id)
                        .map_err(|error| Failure::Outside(error.to_string()))?;
                }
                return Err(match error {
                    prepare::PrepareError::Wrong(message) => Failure::Usage(message),
                    prepare::PrepareError::Outside(message) => Failure::Outside(message),
                });
            }
        };
        for note in &prepared.notes {
            writeln!(notes, "note: {note}")?;
        }
        let record = self.drive(&prepared);
        prepared.keep().map_err(|error| Failure::Outside(error.to_string()))?;
        if let Some(path) = &arguments.save {
            save_run(&record, path)?;
        }
        let earlier = self.earlier(&record, id)?;
        let name = earlier.as_ref().map(|(info, _)| format!("run {}", info.id));
        let verdict = verdict(&record, name.as_deref().zip(earlier.as_ref().map(|(_, record)| record)));
        end(&self.history, id, &record, &verdict)?;
        let resumable = matches!(verdict.decision, Decision::Undecided(_)) && record.shard.is_none();
        if resumable {
            writeln!(
                notes,
                "run {id} is kept: the same command with --resume goes on with it"
            )?;
        } else {
            writeln!(notes, "kept as run {id} (aisys eval show {id})")?;
        }
        let findings = check::findings(&prepared, Some(&record));
        let surroundings = Surroundings {
            places: prepared.places(),
            findings,
            notes: prepared.recordings(self.all_asked(&prepared, &record)),
            earlier: earlier.map(|(_, record)| record),
            page: arguments.output.has_page(),
        };
        Ok((report(&record, &verdict, surroundings), verdict.decision))
    }

    /// Whether answers are asked for.
    fn generates(&self, suite: &Suite) -> bool {
        !self.arguments.retrieval_only && !suite.retrieval_only
    }

    fn begin(&self, suite: &Suite, digest: &str) -> Result<(i64, bool), Failure> {
        let outside = |error: crate::store::HistoryError| Failure::Outside(error.to_string());
        if self.arguments.resume
            && let Some(info) = self.history.last_unfinished(&suite.name, digest).map_err(outside)?
        {
            return Ok((info.id, true));
        }
        let id = self
            .history
            .begin(&suite.name, digest, clock::unix_seconds())
            .map_err(outside)?;
        Ok((id, false))
    }

    /// Runs the plan to its end, or to Ctrl-C.
    fn drive(&self, prepared: &Prepared) -> RunRecord {
        let mut progress = Progress::new(&prepared.suite.name);
        let early = self
            .arguments
            .stop_early
            .then(|| Early::new(&prepared.suite, prepared.units.len()));
        let outcome = self.runtime.block_on(engine::run(
            &prepared.subject,
            &prepared.units,
            prepared
                .suite
                .at_once
                .unwrap_or(usize::MAX)
                .min(self.arguments.concurrency),
            early,
            interrupted(),
            &mut |event| progress.see(&event),
        ));
        progress.end();
        RunRecord {
            format: FORMAT,
            suite: prepared.suite.name.clone(),
            content: prepared.content.clone(),
            settings: prepared.settings.clone(),
            seed: self.arguments.seed,
            confidence: self.arguments.confidence,
            variants: prepared
                .suite
                .variants
                .iter()
                .map(|variant| variant.name.clone())
                .collect(),
            gate: prepared.gate(),
            cases: prepared.suite.cases.len(),
            planned: prepared.planned,
            shard: self.arguments.shard,
            cut: outcome.cut,
            stopped_early: outcome.stopped_early,
            rows: outcome.rows,
        }
    }

    /// Whether every call of the suite was asked for, so that a recording without a call is a leftover.
    fn all_asked(&self, prepared: &Prepared, record: &RunRecord) -> bool {
        let arguments = self.arguments;
        let narrowed = [&arguments.case, &arguments.tag, &arguments.variant]
            .iter()
            .any(|list| !list.is_empty());
        !narrowed && prepared.subject.generate && record.rows.len() == record.planned
    }

    /// The run that this one is held against.
    fn earlier(&self, record: &RunRecord, id: i64) -> Result<Option<(RunInfo, RunRecord)>, Failure> {
        let name = match self.arguments.against.as_str() {
            "none" => return Ok(None),
            "last-passing" => {
                let found = self.history.last_passing(&record.suite, id);
                match found.map_err(|error| Failure::Outside(error.to_string()))? {
                    Some(info) => info.id.to_string(),
                    None => return Ok(None),
                }
            }
            name => name.to_owned(),
        };
        history::load(&self.history, &name).map(Some)
    }
}

/// Ends with the reason when the user interrupts.
async fn interrupted() -> String {
    match tokio::signal::ctrl_c().await {
        Ok(()) => "interrupted: what is done is saved".to_owned(),
        // Without a handler the signal ends the process; calls are in the journal all the same.
        Err(_) => std::future::pending().await,
    }
}

/// The cassette of a suite: named as the suite, in the folder that was given or beside it.
fn cassette(folder: Option<&Path>, suite: &Suite) -> PathBuf {
    let beside = || {
        suite
            .place
            .file
            .path()
            .parent()
            .unwrap_or_else(|| Path::new(""))
            .join("cassettes")
    };
    let safe = |c: char| {
        if c.is_alphanumeric() || "-_.".contains(c) {
            c
        } else {
            '-'
        }
    };
    let name: String = suite.name.chars().map(safe).collect();
    folder.map_or_else(beside, Path::to_owned).join(format!("{name}.jsonl"))
}

/// The exit code of a decision.
pub(super) fn code_of(decision: &Decision) -> u8 {
    match decision {
        Decision::Holds => exit::HOLDS,
        Decision::Fails => exit::FAILS,
        Decision::Undecided(_) => exit::OUTSIDE,
    }
}

/// Keeps a run in the history.
pub(super) fn end(history: &History, id: i64, record: &RunRecord, verdict: &Verdict) -> Result<(), Failure> {
    let status = match verdict.decision {
        Decision::Holds => Status::Passed,
        Decision::Fails => Status::Failed,
        Decision::Undecided(_) => Status::Undecided,
    };
    let text = serde_json::to_string(record).map_err(|error| Failure::Outside(error.to_string()))?;
    history
        .end(id, status, &headline(record, verdict), &text)
        .map_err(|error| Failure::Outside(error.to_string()))
}

/// One line for `aisys eval list`: the first variant's main scores.
fn headline(record: &RunRecord, verdict: &Verdict) -> String {
    const FIRST: &[&str] = &["pass", "recall@5", "ndcg@10", "faithful", "correct"];
    let scores = verdict.scores.first().map(|(_, scores)| scores);
    let told = FIRST.iter().filter_map(|metric| {
        let score = scores?.get(*metric)?;
        Some(format!("{metric} {:.3}", score.interval.estimate))
    });
    let told: Vec<String> = told.collect();
    format!("{} cases: {}", record.cases, told.join(", "))
}

/// Writes a run for `aisys eval merge`, whole or not at all.
pub(super) fn save_run(record: &RunRecord, path: &Path) -> Result<(), Failure> {
    let failed = |error: std::io::Error| Failure::Outside(format!("cannot write {}: {error}", path.display()));
    let text = serde_json::to_string(record).map_err(|error| Failure::Outside(error.to_string()))?;
    let mut beside = path.as_os_str().to_owned();
    beside.push(".part");
    let beside = PathBuf::from(beside);
    std::fs::write(&beside, text).map_err(failed)?;
    std::fs::rename(&beside, path).map_err(failed)
}
