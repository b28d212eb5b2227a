//! One test as it is written, and what `defaultTest` and scenarios lay under it.

use crate::eval::suite::SuiteError;
use crate::source::{Data, Entry, Node, Place};

use super::super::document::Home;
use super::super::files;

/// The keys of a test.
const KEYS: &[&str] = &[
    "description",
    "vars",
    "assert",
    "options",
    "threshold",
    "metadata",
    "providers",
    "prompts",
    "provider",
    "providerOutput",
    "assertScoringFunction",
];
/// Keys that promptfoo keeps beside a test and makes nothing of: people's own notes.
const NOTES: &[&str] = &["id", "name", "label", "tags", "note", "notes", "comment"];

/// A test. What it does not say is empty.
#[derive(Debug, Clone)]
pub(super) struct Test {
    pub(super) place: Place,
    pub(super) description: Option<String>,
    pub(super) vars: Vec<Entry>,
    pub(super) asserts: Vec<Node>,
    pub(super) options: Vec<Entry>,
    pub(super) threshold: Option<f64>,
    pub(super) metadata: Vec<Entry>,
    /// Only these providers run it, by label, id or `prefix*`.
    pub(super) providers: Option<Vec<(String, Place)>>,
    /// Only these prompts are used, by label, id or `prefix*`.
    pub(super) prompts: Option<Vec<(String, Place)>>,
    /// The answer, where none is asked for.
    pub(super) output: Option<Node>,
}

impl Test {
    /// A test that says nothing.
    pub(super) fn empty(place: &Place) -> Self {
        Self {
            place: place.first_line(),
            description: None,
            vars: Vec::new(),
            asserts: Vec::new(),
            options: Vec::new(),
            threshold: None,
            metadata: Vec::new(),
            providers: None,
            prompts: None,
            output: None,
        }
    }

    /// Reads a test; `here` names it in messages.
    pub(super) fn read(node: &Node, home: &Home, here: &str) -> Result<Self, SuiteError> {
        let Some(map) = node.as_map() else {
            return Err(SuiteError::at(
                &node.place,
                format!("{here} must be a mapping, and this is {}", node.kind()),
            ));
        };
        let mut test = Self::empty(&node.place);
        for entry in &map.entries {
            if entry.value.is_null() {
                continue;
            }
            test.set(entry, home, here)?;
        }
        Ok(test)
    }

    fn set(&mut self, entry: &Entry, home: &Home, here: &str) -> Result<(), SuiteError> {
        let value = &entry.value;
        let key = entry.key.text.as_str();
        let wrong = |expected: &str| {
            SuiteError::at(
                &value.place,
                format!("`{key}` of {here} must be {expected}, and this is {}", value.kind()),
            )
        };
        match key {
            "description" => self.description = Some(value.scalar_text().ok_or_else(|| wrong("text"))?),
            "vars" => self.vars = variables(value, home)?,
            "assert" => {
                let items = value.as_seq().ok_or_else(|| wrong("a list of assertions"))?;
                self.asserts = items.to_vec();
            }
            "options" => self
                .options
                .clone_from(&value.as_map().ok_or_else(|| wrong("a mapping"))?.entries),
            "threshold" => {
                let number = value.as_f64().filter(|number| number.is_finite());
                self.threshold = Some(number.ok_or_else(|| wrong("a number"))?);
            }
            "metadata" => self
                .metadata
                .clone_from(&value.as_map().ok_or_else(|| wrong("a mapping"))?.entries),
            "providers" => self.providers = Some(names(value).ok_or_else(|| wrong("a list of providers' labels"))?),
            "prompts" => self.prompts = Some(names(value).ok_or_else(|| wrong("a list of prompts' labels"))?),
            "providerOutput" => self.output = Some(value.clone()),
            "provider" => {
                let message = "`provider` of a test asks another model than the suite's providers: list it under \
                    `providers` and choose it by the test's `providers`";
                return Err(SuiteError::at(&entry.key.place, message));
            }
            "assertScoringFunction" => {
                let message = "`assertScoringFunction` is not supported: use `threshold` and the assertions' `weight`";
                return Err(SuiteError::at(&entry.key.place, message));
            }
            _ if NOTES.contains(&key) || key.starts_with(['_', '.']) || key.starts_with("x-") => {}
            _ => {
                return Err(SuiteError::unknown(
                    &entry.key.place,
                    &format!("key of {here}"),
                    key,
                    KEYS.iter().copied(),
                ));
            }
        }
        Ok(())
    }

    /// An option.
    pub(super) fn option(&self, name: &str) -> Option<&Entry> {
        let found = self.options.iter().rev().find(|entry| entry.key.text == name);
        found.filter(|entry| !entry.value.is_null())
    }

    /// Whether an option is set to `true`.
    pub(super) fn has(&self, name: &str) -> bool {
        self.option(name).and_then(|entry| entry.value.as_bool()) == Some(true)
    }

    /// The test with what `defaultTest` says laid under it, as `prepareTestCaseForEval` of promptfoo 0.121.20 does it:
    /// variables, options and metadata are joined key by key, the default assertions come first, and all else is the
    /// test's own when it has it.
    pub(super) fn over(mut self, default: &Self) -> Self {
        let without = self.has("disableDefaultAsserts");
        self.vars = joined(&default.vars, self.vars);
        self.options = joined(&default.options, self.options);
        self.metadata = joined(&default.metadata, self.metadata);
        if !without {
            self.asserts = default.asserts.iter().cloned().chain(self.asserts).collect();
        }
        self.threshold = self.threshold.or(default.threshold);
        self.providers = self.providers.or_else(|| default.providers.clone());
        self.prompts = self.prompts.or_else(|| default.prompts.clone());
        self
    }

    /// The test of a scenario with one of its settings laid under it: as [`Self::over`], and the description and the
    /// given answer are inherited too.
    pub(super) fn with_data(self, data: &Self) -> Self {
        let description = self.description.clone().or_else(|| data.description.clone());
        let output = self.output.clone().or_else(|| data.output.clone());
        // `disableDefaultAsserts` concerns `defaultTest` alone.
        let asserts = data.asserts.iter().cloned().chain(self.asserts.clone()).collect();
        Self {
            description,
            asserts,
            output,
            ..self.over(data)
        }
    }
}

/// Entries with others laid over them; each key keeps its first place in the order.
fn joined(under: &[Entry], over: Vec<Entry>) -> Vec<Entry> {
    let mut all = under.to_vec();
    for entry in over {
        match all.iter_mut().find(|known| known.key.text == entry.key.text) {
            Some(known) => *known = entry,
            None => all.push(entry),
        }
    }
    all
}

/// Names with their places; `None` when this is no list of texts.
fn names(node: &Node) -> Option<Vec<(String, Place)>> {
    let items = node.as_seq()?.iter();
    items
        .map(|item| Some((item.scalar_text()?, item.place.clone())))
        .collect()
}

/// `vars`: a mapping, or files of mappings.
fn variables(node: &Node, home: &Home) -> Result<Vec<Entry>, SuiteError> {
    let patterns: Vec<&Node> = match &node.data {
        Data::Map(map) => return Ok(map.entries.clone()),
        Data::Str(_) => vec![node],
        Data::Seq(items) => items.iter().collect(),
        _ => {
            return Err(SuiteError::at(
                &node.place,
                format!("`vars` must be a mapping, and this is {}", node.kind()),
            ));
        }
    };
    let mut all = Vec::new();
    for pattern in patterns {
        let Some(text) = pattern.as_str() else {
            return Err(SuiteError::at(
                &pattern.place,
                "a file of variables must be named by text",
            ));
        };
        let found = files::matching(&pattern.place, &home.folder, files::bare(text))?;
        if found.is_empty() {
            return Err(SuiteError::at(
                &pattern.place,
                format!("no file of variables is named `{text}`"),
            ));
        }
        for path in found {
            let root = home.load(&pattern.place, &path)?;
            let Data::Map(map) = root.data else {
                return Err(SuiteError::at(&root.place, "a file of variables must be a mapping"));
            };
            all = joined(&all, map.entries);
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceFile;

    fn test(text: &str) -> Result<Test, String> {
        let node = super::super::super::document::parse(&SourceFile::new("c.yaml", text)).unwrap();
        Test::read(&node, &Home::default(), "a test").map_err(|error| error.to_string())
    }

    fn keys(entries: &[Entry]) -> Vec<(String, serde_json::Value)> {
        entries
            .iter()
            .map(|entry| (entry.key.text.clone(), entry.value.to_json()))
            .collect()
    }

    /// As `prepareTestCaseForEval` of promptfoo 0.121.20.
    #[test]
    fn the_default_test_lies_under_each_test() {
        let default = test("vars: {a: 1, b: 2}\nassert: [{type: is-json}]\noptions: {prefix: x, transform: t}\nthreshold: 0.5\nmetadata: {m: 1}\nproviders: [p]\ndescription: never").unwrap();
        let own = test("vars: {b: 3}\nassert: [{type: contains, value: y}]\noptions: {transform: u}").unwrap();
        let merged = own.over(&default);
        assert_eq!(
            keys(&merged.vars),
            [("a".to_owned(), 1.into()), ("b".to_owned(), 3.into())]
        );
        assert_eq!(merged.asserts[0].get("type").unwrap().as_str(), Some("is-json"));
        assert_eq!(merged.asserts.len(), 2);
        assert_eq!(
            keys(&merged.options),
            [("prefix".to_owned(), "x".into()), ("transform".to_owned(), "u".into())]
        );
        assert_eq!((merged.threshold, merged.description.as_deref()), (Some(0.5), None));
        assert_eq!(merged.providers.unwrap()[0].0, "p");
        let alone = test("options: {disableDefaultAsserts: true}").unwrap().over(&default);
        assert!(alone.asserts.is_empty());
        let zero = test("threshold: 0").unwrap().over(&default);
        assert_eq!(zero.threshold, Some(0.0));
    }

    #[test]
    fn what_is_not_supported_is_named_with_its_place() {
        for (text, message, place) in [
            ("provider: openai:gpt-4o", "asks another model", "c.yaml:1:1"),
            ("assertScoringFunction: file://x.js", "is not supported", "c.yaml:1:1"),
            ("asserts: []", "did you mean `assert`", "c.yaml:1:1"),
            ("assert: {type: x}", "must be a list of assertions", "c.yaml:1:9"),
            ("vars: 3", "must be a mapping", "c.yaml:1:7"),
            ("threshold: high", "must be a number", "c.yaml:1:12"),
        ] {
            let error = test(text).unwrap_err();
            assert!(error.contains(message) && error.contains(place), "{text}: {error}");
        }
        assert!(test("id: a\nnotes: x\n_internal: 3").is_ok());
    }
}
