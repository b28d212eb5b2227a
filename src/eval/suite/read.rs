//! A suite from its file.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use crate::eval::gate::Gate;
use crate::eval::metrics::retrieval::Measure;
use crate::eval::{gate, promptfoo};
use crate::read::Fields;
use crate::source::{Data, Node, SourceFile, parse_yaml};

use super::overlay::overlay;
use super::{
    Case, ClusterBy, CorpusSettings, Judged, Overrides, Suite, SuiteError, Variant, cases, collection, measurable,
    settings, table,
};

/// The keys of a suite.
pub(super) const KEYS: &[&str] = &[
    "suite",
    "extends",
    "corpus",
    "retrieval",
    "generation",
    "judge",
    "models",
    "variants",
    "repeats",
    "metrics",
    "cluster",
    "gate",
    "cases",
];
/// The keys of a variant.
pub(super) const VARIANT_KEYS: &[&str] = &["name", "retrieval", "generation"];
/// How long a chain of suites that extend one another may be.
const DEEPEST: usize = 8;

/// Whether a document is a suite of ours.
#[must_use]
pub fn recognises(root: &Node) -> bool {
    let has = |key: &str| root.get(key).is_some();
    let ours = root
        .as_map()
        .is_some_and(|map| map.entries.iter().all(|entry| KEYS.contains(&entry.key.text.as_str())));
    has("suite") && (has("cases") || has("extends") || has("corpus")) || has("extends") && ours
}

/// Reads a suite and the files that it names: cases, prompts.
///
/// # Errors
/// Fails at the first thing that is wrong, with its place.
pub fn read(file: &Arc<SourceFile>, overrides: &Overrides) -> Result<Suite, SuiteError> {
    let documents = parse_yaml(file).map_err(|error| SuiteError::parse(file.path(), error))?;
    if let [root] = documents.as_slice()
        && !recognises(root)
        && promptfoo::recognises(root)
    {
        if let Some(over) = overrides.nodes.first() {
            let message = "--set lays settings over suites of ours, and this is a promptfoo configuration";
            return Err(SuiteError::at(&over.place, message));
        }
        return promptfoo::read(file);
    }
    let root = overrides
        .nodes
        .iter()
        .fold(extended(file, 0)?, |root, over| overlay(&root, over));
    let cases = match root.get("cases") {
        Some(node) => cases::read(node)?,
        None => Vec::new(),
    };
    assembled(&root, cases)
}

/// A suite from its settings and its cases.
pub(super) fn assembled(root: &Node, cases: Vec<Case>) -> Result<Suite, SuiteError> {
    let fields = Fields::new(root, "a suite", KEYS)?;
    let name = match fields.text("suite")? {
        Some(name) if !name.trim().is_empty() => name,
        _ => {
            return Err(SuiteError::at(
                &root.place.first_line(),
                "a suite needs its name: `suite: …`",
            ));
        }
    };
    let models = settings::models(fields.get("models"))?;
    let variants = variants(root, &fields, &models)?;
    if cases.is_empty() {
        return Err(SuiteError::at(
            &fields.required("cases")?.place,
            "a suite needs at least one case",
        ));
    }
    for case in &cases {
        for wanted in &case.variants {
            if !variants.iter().any(|variant| variant.name == *wanted) {
                let names = variants.iter().map(|variant| variant.name.as_str());
                return Err(SuiteError::unknown(&case.place, "variant", wanted, names));
            }
        }
    }
    let clusters = [
        ("document", ClusterBy::Document),
        ("tag", ClusterBy::Tag),
        ("group", ClusterBy::Group),
    ];
    let repeats = fields.count("repeats", 1)?.unwrap_or(1);
    let Ok(repeats) = u32::try_from(repeats.min(1_001)) else {
        return Err(SuiteError::at(&root.place.first_line(), "too many repeats"));
    };
    if repeats > 1_000 {
        return Err(SuiteError::at(
            &fields.required("repeats")?.place,
            "at most 1000 repeats",
        ));
    }
    let gate = fields.get("gate").map(gate::read).transpose()?.unwrap_or_default();
    let metrics = metrics(&fields, &gate)?;
    let judge = settings::judge(fields.get("judge"), &models)?;
    if let Some(gate) = fields.get("gate") {
        measurable::check(gate, &judge, &cases)?;
    }
    Ok(Suite {
        name,
        place: root.place.first_line(),
        corpus: fields.get("corpus").map(corpus).transpose()?,
        variants,
        judge,
        models,
        repeats,
        metrics,
        cluster: fields.word("cluster", &clusters)?.unwrap_or_default(),
        gate,
        cases,
        retrieval_only: false,
        at_once: None,
        notes: Vec::new(),
        brought: super::Brought::default(),
    })
}

/// The retrieval metrics: those that are named or the usual ones, and those of the gate.
fn metrics(fields: &Fields<'_>, gate: &Gate) -> Result<Vec<Measure>, SuiteError> {
    const USUAL: &[&str] = &["recall@5", "ndcg@10", "mrr"];
    let mut metrics = Vec::new();
    match fields.get("metrics") {
        Some(list) => {
            for item in list.items() {
                let name = item.scalar_text().unwrap_or_default();
                let unknown = || settings::no_measure(&item.place, &name);
                metrics.push(settings::measure(&name).ok_or_else(unknown)?);
            }
        }
        None => metrics.extend(USUAL.iter().filter_map(|name| settings::measure(name))),
    }
    for condition in &gate.conditions {
        if let Some(measure) = settings::measure(&condition.metric)
            && !metrics.contains(&measure)
        {
            metrics.push(measure);
        }
    }
    Ok(metrics)
}

/// The document of a file, laid over the one that it extends.
fn extended(file: &Arc<SourceFile>, depth: usize) -> Result<Node, SuiteError> {
    let documents = parse_yaml(file).map_err(|error| SuiteError::parse(file.path(), error))?;
    let [root] = documents.as_slice() else {
        return Err(SuiteError::file(file.path(), "a suite is one YAML document"));
    };
    let Some(entry) = root.entry("extends") else {
        return Ok(root.clone());
    };
    let node = &entry.value;
    let name = node
        .as_str()
        .ok_or_else(|| SuiteError::at(&node.place, "`extends` is the path of a suite"))?;
    if depth == DEEPEST {
        return Err(SuiteError::at(
            &node.place,
            "suites that extend one another in a circle, or too deep",
        ));
    }
    let path = table::beside(&node.place, name);
    let text = table::text_of(&path)
        .map_err(|message| SuiteError::at(&node.place, format!("{message}: {}", path.display())))?;
    let base = extended(&SourceFile::new(&path, text), depth + 1)?;
    let mut joined = overlay(&base, root);
    if let Data::Map(map) = &mut joined.data {
        map.entries.retain(|entry| entry.key.text != "extends");
    }
    Ok(joined)
}

fn corpus(node: &Node) -> Result<CorpusSettings, SuiteError> {
    if let Some(path) = node.as_str() {
        return Ok(CorpusSettings {
            paths: vec![table::beside(&node.place, path)],
            without: Vec::new(),
            chunking: settings::chunking(None)?,
            partial: false,
            place: node.place.clone(),
        });
    }
    let fields = Fields::new(node, "`corpus`", settings::CORPUS_KEYS)?;
    let place = &fields.required("path")?.place;
    let paths = fields.texts("path")?;
    Ok(CorpusSettings {
        paths: paths.iter().map(|path| table::beside(place, path)).collect(),
        without: fields.texts("without")?,
        chunking: settings::chunking(Some(node))?,
        partial: false,
        place: place.clone(),
    })
}

fn variants(root: &Node, fields: &Fields<'_>, models: &settings::Models) -> Result<Vec<Variant>, SuiteError> {
    let base = |node: &Node, name: String, retrieval: Option<&Node>, generation: Option<&Node>| {
        Ok::<_, SuiteError>(Variant {
            name,
            place: node.place.first_line(),
            retrieval: settings::retrieval(retrieval, fields.get("corpus"))?,
            generation: settings::generation(generation, models)?,
        })
    };
    let Some(list) = fields.get("variants") else {
        return Ok(vec![base(
            root,
            "base".to_owned(),
            fields.get("retrieval"),
            fields.get("generation"),
        )?]);
    };
    let joined = |below: Option<&Node>, above: Option<&Node>| match (below, above) {
        (Some(below), Some(above)) => Some(overlay(below, above)),
        (below, above) => above.or(below).cloned(),
    };
    let mut variants = Vec::new();
    let mut names = BTreeSet::new();
    for item in list.items() {
        let own = Fields::new(item, "a variant", VARIANT_KEYS)?;
        let node = own.required("name")?;
        let name = own.text("name")?.unwrap_or_default();
        if name.is_empty() || !names.insert(name.clone()) {
            return Err(SuiteError::at(&node.place, "each variant needs a name of its own"));
        }
        let retrieval = joined(fields.get("retrieval"), own.get("retrieval"));
        let generation = joined(fields.get("generation"), own.get("generation"));
        variants.push(base(item, name, retrieval.as_ref(), generation.as_ref())?);
    }
    if variants.is_empty() {
        return Err(fields.wrong("variants", list, "a list of at least one variant"));
    }
    Ok(variants)
}

/// The suite of a file on disk, or of the folder of a judged collection.
///
/// # Errors
/// As [`read`], and when the file cannot be read.
pub fn read_path(path: &Path) -> Result<Suite, SuiteError> {
    read_with(path, &Overrides::default())
}

/// The suite of a file on disk, with settings laid over it.
///
/// # Errors
/// As [`read_path`].
pub fn read_with(path: &Path, overrides: &Overrides) -> Result<Suite, SuiteError> {
    if path.is_dir() {
        return collection::read(path, &Judged::default(), overrides);
    }
    let text = table::text_of(path).map_err(|message| SuiteError::file(path, message))?;
    read(&SourceFile::new(path, text), overrides)
}
