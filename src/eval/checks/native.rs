//! Checks from the `expect:` lists of native suites: `{contains: "30 days"}`, `{not_contains: "60"}`,
//! `{similar: {to: …, at_least: 0.8}}`.
//!
//! An entry has one key that names the kind, and may have `metric`, `weight`, `judge`, `transform`, `at_least` and
//! `config` beside it.

use serde_json::{Map, Value, json};

use super::check::Check;
use super::error::CheckError;
use super::file::json_of;
use super::kinds::{Kind, kinds};
use super::promptfoo::{code, nearest, number, text};
use crate::source::{Data, Entry, Node};

const OPTIONS: &[&str] = &[
    "metric",
    "weight",
    "judge",
    "transform",
    "at_least",
    "at_most",
    "config",
    "prompt",
];

/// Short names for a kind with a limit: the native name, the kind, and where the number goes.
const SHORT: &[(&str, &str, Slot)] = &[
    ("max_words", "word-count", Slot::Value("max")),
    ("min_words", "word-count", Slot::Value("min")),
    ("max_latency_ms", "latency", Slot::Threshold),
    ("max_cost_usd", "cost", Slot::Threshold),
];

#[derive(Clone, Copy)]
enum Slot {
    Threshold,
    Value(&'static str),
}

/// Kinds that need no value: `true` asks for them, `false` for their opposite.
const YES_OR_NO: &[&str] = &[
    "is-json",
    "contains-json",
    "is-xml",
    "contains-xml",
    "is-html",
    "contains-html",
    "is-sql",
    "contains-sql",
    "is-refusal",
    "is-valid-function-call",
    "is-valid-openai-function-call",
    "is-valid-openai-tools-call",
    "answer-relevance",
    "context-faithfulness",
    "context-relevance",
    "conversation-relevance",
    "max-score",
];

impl Check {
    /// Reads one entry of a native `expect:` list.
    ///
    /// # Errors
    /// Says where and why an entry is no check, with the nearest valid name.
    pub fn from_native(node: &Node) -> Result<Self, CheckError> {
        if node.as_map().is_none() {
            return Err(CheckError::new(
                &node.place,
                format!(
                    "a check must be a mapping such as `{{contains: …}}`, and is {}",
                    node.kind()
                ),
            ));
        }
        let mut named = node
            .entries()
            .filter(|entry| !OPTIONS.contains(&entry.key.text.as_str()));
        let Some(entry) = named.next() else {
            return Err(CheckError::new(
                &node.place,
                "a check must name what it checks, such as `contains`",
            ));
        };
        if let Some(second) = named.next() {
            let (one, two) = (&entry.key.text, &second.key.text);
            return Err(match option_slip(two) {
                Some(near) => CheckError::new(
                    &second.key.place,
                    format!("unknown key `{two}`; did you mean `{near}`?"),
                ),
                None => CheckError::new(
                    &second.key.place,
                    format!("one check per entry: `{one}` and `{two}` must be two entries of the list"),
                ),
            });
        }
        let mut check = Self::named(entry, node)?;
        for option in node
            .entries()
            .filter(|other| OPTIONS.contains(&other.key.text.as_str()))
        {
            check.set_option(option)?;
        }
        Ok(check)
    }

    /// The check that an entry names.
    fn named(entry: &Entry, node: &Node) -> Result<Self, CheckError> {
        let key = entry.key.text.as_str();
        let (negate, bare) = match key.strip_prefix("not_") {
            Some(bare) => (true, bare),
            None => (false, key),
        };
        if let Some((_, kind, slot)) = SHORT.iter().find(|(name, _, _)| *name == bare) {
            let mut check = Self::new(kind_named(kind, entry)?, negate, &node.place);
            let limit = number(entry)?;
            match slot {
                Slot::Threshold => check.threshold = Some(limit),
                Slot::Value(bound) => check.value = json!({*bound: limit}),
            }
            return Ok(check);
        }
        let Some(kind) = Kind::by_native_name(bare) else {
            let known = kinds()
                .map(Kind::native_name)
                .chain(SHORT.iter().map(|(name, _, _)| *name));
            return Err(CheckError::new(
                &entry.key.place,
                format!("unknown check `{key}`; did you mean `{}`?", nearest(bare, known)),
            ));
        };
        let mut check = Self::new(kind, negate, &node.place);
        if kind.name() == "assert-set" {
            let items = entry
                .value
                .as_seq()
                .ok_or_else(|| CheckError::new(&entry.value.place, format!("`{key}` must be a list of checks")))?;
            check.members = items.iter().map(Self::from_native).collect::<Result<_, _>>()?;
            return Ok(check);
        }
        check.set_value(&entry.value)?;
        Ok(check)
    }

    fn set_value(&mut self, node: &Node) -> Result<(), CheckError> {
        match &node.data {
            Data::Bool(wanted) if YES_OR_NO.contains(&self.kind.name()) => {
                self.negate ^= !wanted;
                // A native refusal is another expectation than promptfoo's: not to know is one too.
                let name = if self.kind.name() == "is-refusal" {
                    "refuses"
                } else {
                    self.kind.name()
                };
                self.label = format!("{}{name}", if self.negate { "not-" } else { "" });
            }
            // `{similar: {to: …, at_least: 0.8}}`: what to compare with, and the options.
            Data::Map(map)
                if map.get("to").is_some() || map.get("reference").is_some() || map.get("schema").is_some() =>
            {
                for entry in &map.entries {
                    match entry.key.text.as_str() {
                        "to" | "reference" | "schema" => self.value = json_of(&entry.value),
                        option if OPTIONS.contains(&option) => self.set_option(entry)?,
                        _ => {
                            let setting = Map::from_iter([(entry.key.text.clone(), json_of(&entry.value))]);
                            self.merge_config(Value::Object(setting));
                        }
                    }
                }
            }
            _ => self.value = json_of(node),
        }
        Ok(())
    }

    fn set_option(&mut self, entry: &Entry) -> Result<(), CheckError> {
        match entry.key.text.as_str() {
            "metric" => self.metric = Some(text(entry)?),
            "weight" => self.weight = number(entry)?,
            "judge" => self.provider = Some(text(entry)?),
            "transform" => self.transform = Some(code(entry)?),
            "at_least" | "at_most" => self.threshold = Some(number(entry)?),
            "prompt" => self.rubric_prompt = Some(json_of(&entry.value)),
            _ => self.merge_config(json_of(&entry.value)),
        }
        Ok(())
    }
}

fn kind_named(name: &str, entry: &Entry) -> Result<Kind, CheckError> {
    Kind::by_name(name).ok_or_else(|| CheckError::new(&entry.key.place, format!("unknown check `{name}`")))
}

fn option_slip(key: &str) -> Option<&'static str> {
    let known = Kind::by_native_name(key.strip_prefix("not_").unwrap_or(key)).is_some();
    (!known)
        .then(|| super::promptfoo::slip_of(key, OPTIONS.iter().copied()))
        .flatten()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::source::{SourceFile, parse_yaml};

    fn read(yaml: &str) -> Result<Check, String> {
        let nodes = parse_yaml(&SourceFile::new("suite.yaml", yaml)).unwrap();
        Check::from_native(&nodes[0]).map_err(|error| error.to_string())
    }

    #[test]
    fn entries_are_read() {
        let check = read("{contains: 30 days, weight: 2, metric: m, judge: strict}").unwrap();
        assert_eq!(
            (check.label.as_str(), check.weight, check.provider.as_deref()),
            ("contains", 2.0, Some("strict"))
        );
        assert_eq!(read("{not_contains: '60'}").unwrap().label, "not-contains");
        let check = read("{similar: {to: near, at_least: 0.8}}").unwrap();
        assert_eq!((check.value, check.threshold), (json!("near"), Some(0.8)));
        let check = read("{rouge_n: {reference: r, n: 2}}").unwrap();
        assert_eq!((check.value, check.config), (json!("r"), Some(json!({"n": 2}))));
        assert_eq!(
            read("{json: {schema: {type: object}}}").unwrap().value,
            json!({"type": "object"})
        );
        assert_eq!(read("{max_words: 80}").unwrap().value, json!({"max": 80.0}));
        assert_eq!(read("{max_cost_usd: 0.01}").unwrap().threshold, Some(0.01));
        assert!(!read("{refuses: true}").unwrap().negate);
        assert!(read("{refuses: false}").unwrap().negate && !read("{not_refuses: false}").unwrap().negate);
        let check = read("{all_of: [{contains: a}, {not_contains: b}], at_least: 0.5}").unwrap();
        assert_eq!((check.members.len(), check.threshold), (2, Some(0.5)));
        assert!(read("{calls_tool: {name: search, arguments: {q: x}}}").is_ok());
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        let fault = |yaml| read(yaml).unwrap_err();
        assert_eq!(
            fault("{contians: x}"),
            "unknown check `contians`; did you mean `contains`? at suite.yaml:1:2"
        );
        assert!(fault("{contains: x, equals: y}").contains("two entries"));
        assert!(fault("{contains: x, wieght: 2}").contains("did you mean `weight`? at suite.yaml:1:15"));
        assert!(fault("{max_words: many}").contains("must be a number"));
        assert!(fault("just text").contains("must be a mapping"));
        assert!(fault("{weight: 2}").contains("must name what it checks"));
    }
}
