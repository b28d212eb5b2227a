//! A test as cases: one for each combination of its variables.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::eval::suite::{Case, Shaping, Staging, SuiteError, slug};
use crate::source::{Entry, Place};

use super::super::document::Home;
use super::super::graders::{Graders, Named, rubric};
use super::super::shape::Transform;
use super::super::variants::Column;
use super::test::Test;
use super::vars::{self, Variables};

/// Variables that are the question, by what most configurations call it.
const QUESTIONS: &[&str] = &[
    "question",
    "query",
    "input",
    "prompt",
    "q",
    "message",
    "user_input",
    "userMessage",
    "user_message",
    "text",
    "topic",
    "request",
    "task",
];
/// Options that change nothing here, and why.
const HARMLESS: &[(&str, &str)] = &[
    ("disableVarExpansion", "read with the variables"),
    ("disableDefaultAsserts", "read with the default test"),
    ("disableConversationVar", "no prompt has the conversation so far"),
    ("runSerially", "no case waits for another's answer"),
    ("timeout", "promptfoo reads no such option"),
];
/// Options that are read.
const READ: &[&str] = &[
    "provider",
    "prefix",
    "suffix",
    "transform",
    "postprocess",
    "rubricPrompt",
    "repeat",
];
/// Options of promptfoo 0.121.20 that are not supported.
const REFUSED: &[(&str, &str)] = &[
    ("transformVars", "write the variables as they shall be"),
    ("storeOutputAs", "no case sees another's answer"),
    ("factuality", "the scores of its categories are fixed"),
];
/// The longest listing of variables as a question, in characters.
const LISTED: usize = 200;

/// The cases of all tests, in their order.
pub(super) struct Cases<'a> {
    pub(super) home: &'a Home,
    pub(super) columns: &'a [Column],
    pub(super) graders: Graders<'a>,
    pub(super) repeats: u32,
    pub(super) made: Vec<Case>,
    pub(super) notes: Vec<String>,
    /// How many cases have each identifier so far.
    pub(super) ids: BTreeMap<String, usize>,
}

impl Cases<'_> {
    /// Adds the cases of a test that has all that `defaultTest` gives it.
    pub(super) fn add(&mut self, test: &Test) -> Result<(), SuiteError> {
        self.known_options(test)?;
        let Some(variants) = self.variants(test)? else {
            let told = test.description.clone().unwrap_or_else(|| test.place.to_string());
            self.notes.push(format!(
                "no provider and prompt run the test `{told}`: its `providers` and `prompts` leave none"
            ));
            return Ok(());
        };
        let named = Named {
            provider: test.option("provider").map(|entry| &entry.value),
            rubric: rubric(test.option("rubricPrompt"))?,
        };
        let checks = test.asserts.iter().map(|node| self.graders.check(node, &named));
        let checks: Vec<_> = checks.collect::<Result<_, _>>()?;
        let transform = test.option("transform").or_else(|| test.option("postprocess"));
        let staging = Staging {
            prefix: text(test, "prefix")?,
            suffix: text(test, "suffix")?,
            answer: test.output.as_ref().map(crate::source::Node::to_json),
            shaping: Shaping {
                transform: transform.map(|entry| Transform::read(entry, self.home)).transpose()?,
                ..Shaping::default()
            },
        };
        let multiply = !test.has("disableVarExpansion");
        for variables in vars::expanded(&test.vars, multiply, self.home)? {
            let ask = question(&variables.values, test);
            let id = self.id(test, &variables, &ask);
            self.made.push(Case {
                id,
                place: test.place.clone(),
                ask,
                relevant: None,
                answer: None,
                checks: checks.clone(),
                threshold: test.threshold,
                tags: tags(&test.metadata),
                group: None,
                variables: variables.values,
                variants: variants.clone(),
                staging: staging.clone(),
            });
        }
        Ok(())
    }

    fn known_options(&self, test: &Test) -> Result<(), SuiteError> {
        for entry in &test.options {
            let key = entry.key.text.as_str();
            if READ.contains(&key) || HARMLESS.iter().any(|(name, _)| *name == key) || entry.value.is_null() {
                continue;
            }
            if let Some((_, why)) = REFUSED.iter().find(|(name, _)| *name == key) {
                return Err(SuiteError::at(
                    &entry.key.place,
                    format!("`{key}` of a test's options is not supported: {why}"),
                ));
            }
            let known = READ.iter().copied().chain(HARMLESS.iter().map(|(name, _)| *name));
            let mut error = SuiteError::unknown(&entry.key.place, "option of a test", key, known);
            error.message += "; promptfoo takes it for a setting of the provider: write it in the provider's `config`";
            return Err(error);
        }
        if let Some(entry) = test.option("repeat")
            && entry.value.as_u64() != Some(u64::from(self.repeats))
        {
            return Err(SuiteError::at(
                &entry.key.place,
                "`repeat` of one test is not supported: set `evaluateOptions.repeat` for all",
            ));
        }
        Ok(())
    }

    /// The variants that run a test: empty when all do, `None` when none does.
    fn variants(&self, test: &Test) -> Result<Option<Vec<String>>, SuiteError> {
        let check = |names: &Option<Vec<(String, Place)>>, what: &str, known: &dyn Fn(&Column, &str) -> bool| {
            for (name, place) in names.iter().flatten() {
                if !self.columns.iter().any(|column| known(column, name)) {
                    let known = self.columns.iter().map(|column| column.name.as_str());
                    return Err(SuiteError::unknown(place, what, name, known));
                }
            }
            Ok(())
        };
        check(&test.providers, "provider", &|column, name| {
            column.target.is_called(name)
        })?;
        check(&test.prompts, "prompt", &|column, name| column.prompt.is_called(name))?;
        let wanted = |names: &Option<Vec<(String, Place)>>, called: &dyn Fn(&str) -> bool| {
            names
                .as_ref()
                .is_none_or(|names| names.iter().any(|(name, _)| called(name)))
        };
        let runs: Vec<&Column> = self
            .columns
            .iter()
            .filter(|column| wanted(&test.providers, &|name| column.target.is_called(name)))
            .filter(|column| wanted(&test.prompts, &|name| column.prompt.is_called(name)))
            .collect();
        Ok(match runs.len() {
            0 => None,
            all if all == self.columns.len() => Some(Vec::new()),
            _ => Some(runs.iter().map(|column| column.name.clone()).collect()),
        })
    }

    /// An identifier from the description, else the question, and from what tells a combination apart.
    fn id(&mut self, test: &Test, variables: &Variables, ask: &str) -> String {
        let named = test.description.as_deref().map(slug).filter(|id| !id.is_empty());
        let mut id = match named {
            Some(id) if variables.chosen.is_empty() => id,
            Some(id) => format!("{id}-{}", slug(&variables.chosen.join(" "))),
            None if ask.is_empty() => "test".to_owned(),
            None => slug(ask),
        };
        if id.starts_with('-') {
            id = format!("test{id}");
        }
        let count = self.ids.entry(id.clone()).or_default();
        *count += 1;
        if *count == 1 {
            return id;
        }
        let mut number = *count;
        loop {
            let numbered = format!("{id}-{number}");
            if !self.ids.contains_key(&numbered) {
                self.ids.insert(numbered.clone(), 1);
                return numbered;
            }
            number += 1;
        }
    }
}

fn text(test: &Test, name: &str) -> Result<String, SuiteError> {
    let Some(entry) = test.option(name) else {
        return Ok(String::new());
    };
    entry
        .value
        .scalar_text()
        .ok_or_else(|| SuiteError::at(&entry.value.place, format!("`{name}` must be text")))
}

/// What is asked, for people: the variable that is the question, else all variables in a line.
fn question(variables: &Map<String, Value>, test: &Test) -> String {
    let named = QUESTIONS.iter().find_map(|name| variables.get(*name)?.as_str());
    if let Some(text) = named.filter(|text| !text.trim().is_empty()) {
        return text.to_owned();
    }
    let listed: Vec<String> = variables
        .iter()
        .map(|(name, value)| match value {
            Value::String(text) => format!("{name}={}", text.split_whitespace().collect::<Vec<_>>().join(" ")),
            other => format!("{name}={other}"),
        })
        .collect();
    let line: String = listed.join(" ").chars().take(LISTED).collect();
    if line.is_empty() {
        test.description.clone().unwrap_or_default()
    } else {
        line
    }
}

/// Metadata as tags: `name=value`, as promptfoo's `--filter-metadata` has it.
fn tags(metadata: &[Entry]) -> Vec<String> {
    let mut tags = Vec::new();
    for entry in metadata {
        let values = match entry.value.as_seq() {
            Some(items) => items.iter().filter_map(crate::source::Node::scalar_text).collect(),
            None => entry.value.scalar_text().into_iter().collect::<Vec<_>>(),
        };
        tags.extend(values.into_iter().map(|value| format!("{}={value}", entry.key.text)));
    }
    tags
}
