//! The configuration as a whole: its keys, and the suite that they make.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};

use crate::eval::gate::{Condition, Gate, Side};
use crate::eval::suite::{Brought, ClusterBy, JudgeSettings, Suite, SuiteError};
use crate::source::{Node, SourceFile};

use super::document::{self, Home};
use super::graders::Graders;
use super::providers::Target;
use super::variants::{self, Column};
use super::{cases, files, prompts, providers, render};

/// The keys that are read.
const KEYS: &[&str] = &[
    "description",
    "prompts",
    "providers",
    "targets",
    "tests",
    "scenarios",
    "defaultTest",
    "evaluateOptions",
    "commandLineOptions",
    "env",
    "metadata",
];
/// Keys that change no answer and no verdict, and why they are let be.
const HARMLESS: &[(&str, &str)] = &[
    ("$schema", "for editors"),
    ("outputPath", "where results go is told by `-o`"),
    ("sharing", "nothing is shared"),
    ("tags", "they name the whole evaluation, for promptfoo's own viewer"),
    ("writeLatestResults", "the history keeps every run"),
    (
        "envPath",
        "promptfoo reads it in `commandLineOptions` alone; here the environment itself is read",
    ),
    ("assertionTemplates", "what `$ref` points at"),
    ("definitions", "what `$ref` points at"),
    ("$defs", "what `$ref` points at"),
    ("templates", "what `$ref` points at"),
];
/// Keys of promptfoo 0.121.20 that are not supported, and what to do instead.
const REFUSED: &[(&str, &str)] = &[
    ("nunjucksFilters", "templates have the filters of Jinja, and no others"),
    ("extensions", "nothing runs around a suite; do it before `aisys eval`"),
    ("derivedMetrics", "compute them from the CSV that `-o` writes"),
    ("redteam", "red teaming is not what suites are for"),
    ("plugins", "red teaming is not what suites are for"),
    ("strategies", "red teaming is not what suites are for"),
    ("tracing", "answers are judged, and not traces"),
    ("assert", "promptfoo ignores it here; move it to `defaultTest`"),
    ("vars", "promptfoo ignores it here; move it to `defaultTest`"),
    ("options", "promptfoo ignores it here; move it to `defaultTest`"),
];
/// Settings of `evaluateOptions` and `commandLineOptions` that change no answer and no verdict.
const HARMLESS_OPTIONS: &[&str] = &[
    "cache",
    "showProgressBar",
    "progressBar",
    "envPath",
    "envFile",
    "share",
    "write",
    "table",
    "tableCellMaxLength",
    "verbose",
    "watch",
    "output",
    "generateSuggestions",
    "suggestPrompts",
    "interactiveProviders",
    "timeoutMs",
    "maxEvalTimeMs",
    "tag",
    "description",
];

/// Whether a document is a configuration of promptfoo: it has providers or targets, and prompts or tests, or it says
/// what only promptfoo's do.
#[must_use]
pub fn recognises(root: &Node) -> bool {
    let has = |key: &str| root.get(key).is_some();
    let foreign = has("suite") || has("model_list") || has("cases");
    let asks = has("providers") || has("targets");
    let says = has("prompts") || has("tests") || has("scenarios") || has("defaultTest");
    root.as_map().is_some() && !foreign && asks && says && listed(root)
}

/// Whether `providers` is what promptfoo's are: other tools have mappings by that name.
fn listed(root: &Node) -> bool {
    root.get("providers")
        .or_else(|| root.get("targets"))
        .is_some_and(|node| node.as_seq().is_some() || node.as_str().is_some())
}

/// Reads a configuration as a suite, with all files that it names.
///
/// # Errors
/// Fails at the first thing that is wrong or not supported, with its place.
pub fn read(file: &Arc<SourceFile>) -> Result<Suite, SuiteError> {
    if files::Language::of(&file.path().to_string_lossy()).is_some() {
        let message = "configurations in JavaScript and TypeScript are not run: write it as YAML; prompts, providers, tests \
            and assertions may stay scripts";
        return Err(SuiteError::file(file.path(), message));
    }
    let written = document::parse(file)?;
    hold_to_keys(&written)?;
    let root = document::dereferenced(&written)?;
    let home = home(file.path(), &root)?;
    let root = home.with_environment(root);
    let place = root.place.first_line();
    let providers = match (root.get("providers"), root.get("targets")) {
        (Some(_), Some(targets)) => {
            return Err(SuiteError::at(
                &targets.place,
                "either `providers` or `targets`, and not both",
            ));
        }
        (Some(node), None) | (None, Some(node)) => node,
        (None, None) => {
            return Err(SuiteError::at(
                &place,
                "a promptfoo configuration needs `providers` or `targets`",
            ));
        }
    };
    let options = Options::read(&root)?;
    let targets = named_apart(providers::read(providers, &home)?);
    let prompts = prompts::read(root.get("prompts"), &home)?;
    for prompt in &prompts {
        if prompt.text.contains("_conversation") {
            let place = root.get("prompts").map_or(&place, |node| &node.place);
            return Err(SuiteError::at(
                place,
                "`_conversation` is not supported: each case is asked by itself",
            ));
        }
    }
    let columns = variants::columns(&targets, &prompts)?;
    let written = cases::Written {
        default: root.get("defaultTest"),
        tests: root.get("tests"),
        scenarios: root.get("scenarios"),
        metadata: root.get("metadata"),
        place: &place,
    };
    let graders = Graders::new(&home, &targets);
    let (cases, mut notes, mut graders) = cases::read(&written, &columns, graders, options.repeats, &home)?;
    if cases.is_empty() {
        return Err(SuiteError::at(&place, "the configuration makes no case"));
    }
    let default_model = graders.default_model()?;
    let mut brought = Brought {
        variables: home.environment.clone(),
        ..Brought::default()
    };
    let mut models = BTreeMap::new();
    for target in targets.iter().chain(graders.models.values()) {
        bring(&mut brought, target);
        notes.extend(target.note.clone().filter(|note| !notes.contains(note)));
    }
    for (name, target) in &graders.models {
        models.insert(name.clone(), target.spec.clone().into());
    }
    notes.extend(missing_variables(&columns, &cases));
    let variants = columns.iter().map(|column| column.variant(options.delay)).collect();
    let gate = gate(&root, &home, &mut notes);
    Ok(Suite {
        name: name(&root, file.path()),
        place,
        corpus: None,
        variants,
        judge: JudgeSettings {
            models: default_model.into_iter().map(Into::into).collect(),
            ..JudgeSettings::default()
        },
        models,
        repeats: options.repeats,
        metrics: Vec::new(),
        cluster: ClusterBy::Group,
        gate,
        cases,
        retrieval_only: false,
        at_once: options.at_once,
        notes,
        brought,
    })
}

/// Where the configuration stands, and the environment that it sets.
fn home(path: &Path, root: &Node) -> Result<Home, SuiteError> {
    let folder = path.parent().map(Path::to_owned).unwrap_or_default();
    let mut home = Home {
        folder,
        ..Home::default()
    };
    if let Some(node) = root.get("env") {
        home.environment = environment(node, &home)?;
    }
    Ok(home)
}

/// `env`: a mapping of texts, each of which may name variables of the process.
pub(super) fn environment(node: &Node, home: &Home) -> Result<BTreeMap<String, String>, SuiteError> {
    if node.as_map().is_none() {
        return Err(SuiteError::at(
            &node.place,
            format!("`env` must be a mapping, and this is {}", node.kind()),
        ));
    }
    let mut environment = BTreeMap::new();
    for entry in node.entries().filter(|entry| !entry.value.is_null()) {
        let value = entry.value.scalar_text();
        let value =
            value.ok_or_else(|| SuiteError::at(&entry.value.place, "a variable of the environment must be text"))?;
        environment.insert(entry.key.text.clone(), home.filled(&value));
    }
    Ok(environment)
}

fn hold_to_keys(root: &Node) -> Result<(), SuiteError> {
    let Some(map) = root.as_map() else {
        return Err(SuiteError::at(
            &root.place,
            format!("a configuration must be a mapping, and this is {}", root.kind()),
        ));
    };
    // What references point at may have any name.
    let mut referred = Vec::new();
    root.walk(&mut |node| {
        let pointer = node.entry("$ref").and_then(|entry| entry.value.as_str());
        let name = pointer.and_then(|pointer| pointer.strip_prefix("#/")?.split('/').next());
        referred.extend(name.map(str::to_owned));
    });
    for entry in &map.entries {
        let key = entry.key.text.as_str();
        let is_own = key.starts_with("x-") || key.starts_with(['.', '_']) || referred.iter().any(|name| name == key);
        if KEYS.contains(&key) || is_own || HARMLESS.iter().any(|(name, _)| *name == key) {
            continue;
        }
        let says_nothing = entry.value.is_null()
            || entry.value.as_map().is_some_and(|map| map.entries.is_empty())
            || entry.value.as_seq().is_some_and(<[Node]>::is_empty)
            || entry.value.get("enabled").and_then(Node::as_bool) == Some(false);
        match REFUSED.iter().find(|(name, _)| *name == key) {
            Some(_) if says_nothing => {}
            Some((_, instead)) => {
                return Err(SuiteError::at(
                    &entry.key.place,
                    format!("`{key}` is not supported: {instead}"),
                ));
            }
            None => {
                let known = KEYS.iter().copied().chain(HARMLESS.iter().map(|(name, _)| *name));
                return Err(SuiteError::unknown(
                    &entry.key.place,
                    "key of a promptfoo configuration",
                    key,
                    known,
                ));
            }
        }
    }
    Ok(())
}

/// How the run goes.
struct Options {
    repeats: u32,
    at_once: Option<usize>,
    delay: Option<Duration>,
}

impl Options {
    /// `commandLineOptions` go before `evaluateOptions`, as in promptfoo.
    fn read(root: &Node) -> Result<Self, SuiteError> {
        let mut options = Self {
            repeats: 1,
            at_once: None,
            delay: None,
        };
        for part in ["evaluateOptions", "commandLineOptions"] {
            let Some(node) = root.get(part) else { continue };
            if node.as_map().is_none() {
                return Err(SuiteError::at(
                    &node.place,
                    format!("`{part}` must be a mapping, and this is {}", node.kind()),
                ));
            }
            for entry in node.entries().filter(|entry| !entry.value.is_null()) {
                let key = entry.key.text.as_str();
                let count = || {
                    let count = entry.value.as_u64().filter(|count| *count <= 1_000_000);
                    count.ok_or_else(|| SuiteError::at(&entry.value.place, format!("`{key}` must be a whole number")))
                };
                match key {
                    "repeat" => {
                        let repeats = count()?.clamp(1, 1_001);
                        if repeats > 1_000 {
                            return Err(SuiteError::at(&entry.value.place, "at most 1000 repeats"));
                        }
                        options.repeats = u32::try_from(repeats).unwrap_or(1);
                    }
                    "maxConcurrency" => options.at_once = Some(usize::try_from(count()?.max(1)).unwrap_or(1)),
                    "delay" => options.delay = Some(Duration::from_millis(count()?)).filter(|delay| !delay.is_zero()),
                    _ if HARMLESS_OPTIONS.contains(&key) => {}
                    _ => {
                        let known = ["repeat", "maxConcurrency", "delay"]
                            .into_iter()
                            .chain(HARMLESS_OPTIONS.iter().copied());
                        return Err(SuiteError::unknown(
                            &entry.key.place,
                            &format!("setting of `{part}`"),
                            key,
                            known,
                        ));
                    }
                }
            }
        }
        if options.delay.is_some() {
            options.at_once = Some(1);
        }
        Ok(options)
    }
}

/// Providers of one name get numbers: their specs stand for them by name.
fn named_apart(mut targets: Vec<Target>) -> Vec<Target> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for target in &mut targets {
        let count = seen.entry(target.name().to_owned()).or_default();
        *count += 1;
        if *count > 1 {
            target.spec.name = Some(format!("{} #{count}", target.name()));
        }
    }
    targets
}

fn bring(brought: &mut Brought, target: &Target) {
    if let Some(own) = &target.own {
        brought.providers.insert(target.spec.shown_name(), Arc::clone(own));
    }
    brought.variables.extend(target.key.clone());
}

/// What is known of a run by: its description, else its file.
fn name(root: &Node, path: &Path) -> String {
    let described = root
        .get("description")
        .and_then(Node::scalar_text)
        .filter(|text| !text.trim().is_empty());
    described.unwrap_or_else(|| {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        match path.parent().and_then(Path::file_name) {
            Some(folder) => format!("{}/{stem}", folder.to_string_lossy()),
            None => stem,
        }
    })
}

/// promptfoo's own rule: every test passes, or the share that `PROMPTFOO_PASS_RATE_THRESHOLD` says, in percent.
fn gate(root: &Node, home: &Home, notes: &mut Vec<String>) -> Gate {
    let percent = home
        .variable("PROMPTFOO_PASS_RATE_THRESHOLD")
        .and_then(|text| text.trim().parse::<f64>().ok());
    let bound = percent
        .filter(|percent| percent.is_finite())
        .map_or(1.0, |percent| (percent / 100.0).clamp(0.0, 1.0));
    if bound < 1.0 {
        notes.push("PROMPTFOO_PASS_RATE_THRESHOLD is held by every variant by itself; promptfoo holds it over all of them together".to_owned());
    }
    Gate {
        conditions: vec![Condition {
            metric: "pass".to_owned(),
            side: Side::AtLeast,
            bound,
            confidence: None,
            place: root.place.first_line().to_string(),
        }],
        against_last_passing: false,
        every_variant: true,
    }
}

/// What prompts name and no test sets: it is empty, as in promptfoo, and that is told.
fn missing_variables(columns: &[Column], cases: &[crate::eval::suite::Case]) -> Vec<String> {
    let mut prompts: Vec<(&str, &str)> = Vec::new();
    for column in columns.iter().filter(|column| column.prompt.function.is_none()) {
        let prompt = (column.prompt.label.as_str(), column.prompt.text.as_str());
        if !prompts.contains(&prompt) {
            prompts.push(prompt);
        }
    }
    let mut notes = Vec::new();
    for (label, text) in prompts {
        for name in render::missing(text, &Map::<String, Value>::new()) {
            let without = cases.iter().filter(|case| !case.variables.contains_key(&name)).count();
            if without > 0 {
                notes.push(format!(
                    "the prompt {label} names `{name}`, which {without} of {} cases do not set: it is empty there, as in promptfoo",
                    cases.len()
                ));
            }
        }
    }
    notes
}
