//! A scenario from its file.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use crate::chaos::hypothesis::Hypothesis;
use crate::read::{Fields, FormError};
use crate::source::{Node, SourceFile, parse_yaml};

use super::{Abort, Health, Injection, Scenario, Timeline, Traffic, subject};

/// The keys of a scenario.
pub(super) const KEYS: &[&str] = &[
    "scenario",
    "about",
    "class",
    "source",
    "assumed",
    "system",
    "route",
    "target",
    "traffic",
    "providers",
    "faults",
    "hypothesis",
    "seed",
    "abort",
];
/// The seed where a scenario names none.
const SEED: u64 = 1;
/// The most bytes of a scenario.
const LARGEST: u64 = 4 << 20;
/// The most faults and hypotheses of one.
const MOST: usize = 1_000;

impl Scenario {
    /// Reads a scenario's file.
    ///
    /// # Errors
    /// Fails at the first thing that is wrong, with its place.
    pub fn read(path: &Path) -> Result<Self, FormError> {
        let unreadable = |error: std::io::Error| FormError::file(path, error.to_string());
        let size = std::fs::metadata(path).map_err(unreadable)?.len();
        if size > LARGEST {
            return Err(FormError::file(
                path,
                format!("{size} bytes are too many for a scenario"),
            ));
        }
        let text = std::fs::read_to_string(path).map_err(unreadable)?;
        Self::parse(&SourceFile::new(path, text))
    }

    /// Reads a scenario's text. Paths in it are as from its file's folder.
    ///
    /// # Errors
    /// Fails at the first thing that is wrong, with its place.
    pub fn parse(file: &Arc<SourceFile>) -> Result<Self, FormError> {
        let documents = parse_yaml(file).map_err(|error| FormError::parse(file.path(), error))?;
        let [root] = documents.as_slice() else {
            return Err(FormError::file(file.path(), "a scenario is one YAML document"));
        };
        let folder = file.path().parent().unwrap_or(Path::new(""));
        scenario(root, folder)
    }
}

fn scenario(root: &Node, folder: &Path) -> Result<Scenario, FormError> {
    let fields = Fields::new(root, "a scenario", KEYS)?;
    let name = match fields.text("scenario")? {
        Some(name) if !name.trim().is_empty() => name,
        _ => {
            let message = "a scenario needs its name: `scenario: …`";
            return Err(FormError::at(&root.place.first_line(), message));
        }
    };
    let traffic = fields.get("traffic").map_or(Ok(Traffic::default()), Traffic::read)?;
    let mut providers = BTreeMap::new();
    for entry in fields.get("providers").into_iter().flat_map(Node::entries) {
        providers.insert(entry.key.text.clone(), Health::read(&entry.value)?);
    }
    let mut faults = Vec::new();
    for node in list(&fields, "faults")? {
        faults.push(Injection::read(node, faults.len() as u64)?);
    }
    let mut hypotheses = Vec::new();
    for node in list(&fields, "hypothesis")? {
        hypotheses.push(Hypothesis::read(node)?);
    }
    let timeline = Timeline::new(&faults, traffic.lasts);
    Ok(Scenario {
        name,
        place: root.place.clone(),
        about: fields.text("about")?.unwrap_or_default(),
        class: fields.text("class")?,
        source: fields.texts("source")?,
        assumed: fields.texts("assumed")?,
        subject: subject::read(&fields, folder)?,
        traffic,
        providers,
        faults,
        hypotheses,
        seed: fields.count("seed", 0)?.unwrap_or(SEED),
        abort: fields.get("abort").map_or(Ok(Abort::default()), Abort::read)?,
        timeline,
    })
}

/// The items of a list that need not be there.
fn list<'a>(fields: &Fields<'a>, key: &str) -> Result<&'a [Node], FormError> {
    let Some(node) = fields.get(key) else { return Ok(&[]) };
    let items = node.as_seq().ok_or_else(|| fields.wrong(key, node, "a list"))?;
    if items.len() > MOST {
        return Err(FormError::at(
            &node.place,
            format!("`{key}` holds at most {MOST} entries"),
        ));
    }
    Ok(items)
}
