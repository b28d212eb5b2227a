//! `aisys eval fit-groundedness`: fits the judge of groundedness on people's labels, and measures it.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::embedded::{Embedder, Models, home};
use crate::eval::judges::groundedness::{Example, auc, examples, fit};
use crate::exit;

use super::Failure;

/// The arguments of `aisys eval fit-groundedness`.
#[derive(Debug, Args)]
#[command(
    after_help = "Example: aisys eval fit-groundedness halueval_qa.jsonl --test qags_xsum.jsonl

Lines are those of QAGS or HaluEval, or {\"claim\", \"evidence\", \"supported\", \"question\"}."
)]
pub(super) struct FitArgs {
    /// Labelled claims to fit on, as JSONL
    #[arg(required = true)]
    data: Vec<PathBuf>,
    /// Labelled claims to measure on: the area under the ROC curve with its interval
    #[arg(long, value_name = "FILE")]
    test: Vec<PathBuf>,
    /// Also fit with these embedders: `default`, or a name of `aisys models list` (repeatable)
    #[arg(long, value_name = "NAME", default_value = "default")]
    embedder: Vec<String>,
    /// Write the weights here
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// The seed of everything that chance decides
    #[arg(long, default_value_t = 7)]
    seed: u64,
}

/// Fits, measures, writes.
pub(super) fn run(arguments: &FitArgs, out: &mut dyn Write) -> Result<u8, Failure> {
    let sets = arguments
        .data
        .iter()
        .map(|path| read(path))
        .collect::<Result<Vec<_>, _>>()?;
    let folder = home(|name| std::env::var(name).ok()).map_err(|error| Failure::Outside(error.to_string()))?;
    let models = Models::open(&folder);
    let mut embedders = Vec::new();
    for name in &arguments.embedder {
        let embedder = models
            .embedder(name)
            .map_err(|error| Failure::Usage(error.to_string()))?;
        embedders.push((name.as_str(), embedder));
    }
    let mut engines: Vec<(&str, Option<&dyn Embedder>)> = vec![("", None)];
    engines.extend(embedders.iter().map(|(name, embedder)| (*name, Some(&**embedder))));
    let names: Vec<String> = arguments.data.iter().map(|path| path.display().to_string()).collect();
    let made_by = format!(
        "aisys eval fit-groundedness {} --seed {}",
        names.join(" "),
        arguments.seed
    );
    let weights =
        fit(&sets, &engines, &made_by, arguments.seed).map_err(|error| Failure::Outside(error.to_string()))?;
    for path in &arguments.test {
        let labelled = read(path)?;
        for (name, embedder) in &engines {
            let measured = auc(&weights, &labelled, *embedder, arguments.seed);
            let measured = measured.map_err(|error| Failure::Outside(error.to_string()))?;
            let engine = if name.is_empty() { "no embedder" } else { name };
            writeln!(
                out,
                "{}: AUC {:.3} (95 % CI {:.3} to {:.3}), {engine}, {} claims",
                path.display(),
                measured.estimate,
                measured.low,
                measured.high,
                labelled.len()
            )?;
        }
    }
    if let Some(path) = &arguments.output {
        let text = serde_json::to_string_pretty(&weights).map_err(|error| Failure::Outside(error.to_string()))?;
        std::fs::write(path, text + "\n")
            .map_err(|error| Failure::Outside(format!("cannot write {}: {error}", path.display())))?;
        writeln!(out, "wrote {}", path.display())?;
    }
    Ok(exit::HOLDS)
}

fn read(path: &Path) -> Result<Vec<Example>, Failure> {
    let wrong = |error: &dyn std::fmt::Display| Failure::Usage(format!("cannot read {}: {error}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|error| wrong(&error))?;
    examples(&text).map_err(|error| wrong(&error))
}
