//! `aisys chaos validate`: the simulator held against the real `LiteLLM` proxy.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::chaos::scenario::quantity::Measure;
use crate::chaos::validate::{
    self, CONFIGURATIONS, Cell, Configuration, FAULTS, Fault, Interrupted, Settings, VERSION, Validated,
};
use crate::cli::eval::OutputArgs;
use crate::exit;
use crate::system::nearest;

use super::Failure;

/// Where `tests/setup-peers` installs the proxy.
const USUAL: &str = ".venv-litellm/bin/litellm";

const EXAMPLES: &str = "\
LiteLLM is started from its own package on loopback, in front of providers that are emulated here: nothing leaves this
machine, no key is needed. Install it by: python3 -m venv .venv-litellm && .venv-litellm/bin/pip install 'litellm[proxy]'

Examples:
  aisys chaos validate                                        all configurations and faults: some ten minutes
  aisys chaos validate --configs default,tuned --faults 500,hang --limit 8s
  aisys chaos validate --litellm ~/venv/bin/litellm -o validate.csv -o validate.json

Exit codes: 0 outcomes and times agree in 95 % of all requests, 1 they do not, 3 LiteLLM does not start.";

/// The arguments.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ValidateArgs {
    /// The program [default: .venv-litellm/bin/litellm where that exists, else litellm of the PATH]
    #[arg(long, value_name = "PATH")]
    litellm: Option<PathBuf>,
    /// These configurations only, by name (`--list` lists them)
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    configs: Vec<String>,
    /// These faults only, by name (`--list` lists them)
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    faults: Vec<String>,
    /// List the configurations and faults, and end
    #[arg(long)]
    list: bool,
    /// How many cells of the table at once
    #[arg(long, value_name = "COUNT", default_value_t = 40)]
    jobs: usize,
    /// How long the client waits for an answer
    #[arg(long, value_name = "TIME", default_value = "12s", value_parser = time)]
    limit: Duration,
    /// How many seeds are simulated for each cell
    #[arg(long, value_name = "COUNT", default_value_t = 1_000)]
    seeds: u64,
    #[command(flatten)]
    output: OutputArgs,
}

fn time(text: &str) -> Result<Duration, String> {
    let seconds = Measure::Time.parse(text);
    let time = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    time.filter(|time| !time.is_zero())
        .ok_or_else(|| "expected a duration such as 12s".to_owned())
}

/// Measures and simulates each configuration in turn, and tells where they differ.
pub(super) fn run(arguments: &ValidateArgs, out: &mut dyn Write, notes: &mut dyn Write) -> Result<u8, Failure> {
    if arguments.list {
        return list(out);
    }
    arguments.output.check()?;
    let configurations = chosen("configuration", &arguments.configs, CONFIGURATIONS, |it| it.name)?;
    let faults = chosen("fault", &arguments.faults, FAULTS, |it| it.name)?;
    let settings = Settings {
        litellm: program(arguments.litellm.as_deref()),
        patience: arguments.limit,
        jobs: arguments.jobs,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let mut all: Vec<Validated> = Vec::new();
    let mut interrupted = false;
    for configuration in configurations {
        let cells = validate::cells(&configuration, &faults);
        let ended = runtime.block_on(async {
            tokio::select! {
                biased;
                Ok(()) = tokio::signal::ctrl_c() => None,
                ended = one(&configuration, cells, &settings, arguments.seeds) => Some(ended),
            }
        });
        let Some(validated) = ended else {
            interrupted = true;
            break;
        };
        let validated = validated?;
        if validated.version != VERSION {
            let version = &validated.version;
            writeln!(
                notes,
                "this is LiteLLM {version}; the simulator follows the sources of {VERSION}"
            )?;
        }
        writeln!(notes, "{}: {}", validated.configuration, validated.summary())?;
        all.push(validated);
    }
    // Streams that are open are not waited for.
    runtime.shutdown_background();
    if all.is_empty() {
        return Err(Failure::Outside("interrupted before anything was measured".to_owned()));
    }
    let (report, holds) = validate::report(&all, arguments.limit, arguments.seeds);
    arguments.output.write(&report, out, notes)?;
    if interrupted {
        return Err(Failure::Outside(
            "interrupted: the table holds what was done".to_owned(),
        ));
    }
    Ok(arguments.output.code(if holds { exit::HOLDS } else { exit::FAILS }))
}

/// One configuration: measured, simulated, compared.
async fn one(
    configuration: &Configuration,
    cells: Vec<Cell>,
    settings: &Settings,
    seeds: u64,
) -> Result<Validated, Failure> {
    let bar = bar(configuration.name, cells.len());
    let measured = validate::measure(configuration, &cells, settings, &mut || bar.inc(1)).await;
    bar.finish_and_clear();
    let measured = measured.map_err(|error| failure(&error))?;
    let system = configuration.reading().system;
    let validated = validate::validated(configuration, &system, &cells, &measured, settings.patience, seeds);
    validated.map_err(|error| Failure::Usage(error.to_string()))
}

fn list(out: &mut dyn Write) -> Result<u8, Failure> {
    writeln!(out, "configurations:")?;
    for Configuration { name, text, .. } in CONFIGURATIONS {
        let about = text.lines().next().unwrap_or_default().trim_start_matches("# ");
        writeln!(out, "  {name:<18} {about}")?;
    }
    writeln!(out, "faults:")?;
    for Fault { name, entry, .. } in FAULTS {
        writeln!(out, "  {name:<18} {entry}")?;
    }
    Ok(exit::HOLDS)
}

fn chosen<T: Copy>(what: &str, names: &[String], all: &[T], name: fn(&T) -> &'static str) -> Result<Vec<T>, Failure> {
    if names.is_empty() {
        return Ok(all.to_vec());
    }
    let find = |wanted: &String| {
        let found = all.iter().find(|it| name(it) == wanted);
        found.copied().ok_or_else(|| {
            let near = nearest(wanted, all.iter().map(name));
            let hint = near.map_or_else(
                || "; `--list` lists them".to_owned(),
                |near| format!("; did you mean `{near}`?"),
            );
            Failure::Usage(format!("there is no {what} `{wanted}`{hint}"))
        })
    };
    names.iter().map(find).collect()
}

fn program(named: Option<&Path>) -> PathBuf {
    let usual = Path::new(USUAL);
    match named {
        Some(path) => absolute(path),
        None if usual.exists() => absolute(usual),
        None => PathBuf::from("litellm"),
    }
}

/// The proxy runs in a folder of its own; a bare name is looked for on the PATH.
fn absolute(path: &Path) -> PathBuf {
    if path.components().count() < 2 {
        return path.to_owned();
    }
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

fn bar(name: &str, cells: usize) -> ProgressBar {
    let target = if std::io::stderr().is_terminal() {
        ProgressDrawTarget::stderr()
    } else {
        ProgressDrawTarget::hidden()
    };
    let bar = ProgressBar::with_draw_target(Some(cells as u64), target).with_prefix(name.to_owned());
    if let Ok(style) = ProgressStyle::with_template("{prefix} {pos} of {len} ({elapsed})") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(500));
    bar
}

fn failure(error: &Interrupted) -> Failure {
    match error {
        Interrupted::Form(_) => Failure::Usage(error.to_string()),
        Interrupted::Proxy(_) | Interrupted::Client(_) | Interrupted::Emulator(_) => {
            Failure::Outside(error.to_string())
        }
    }
}
