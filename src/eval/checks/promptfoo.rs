//! Checks from promptfoo's assertions (0.121.20).

use serde_json::Value;

use super::check::Check;
use super::error::CheckError;
use super::file::json_of;
use super::kinds::{Kind, kinds, refused};
use crate::source::{Data, Entry, Node};

/// The keys of an assertion. promptfoo ignores others; here one that is nearly one of these is an error.
const KEYS: &[&str] = &[
    "type",
    "value",
    "threshold",
    "weight",
    "metric",
    "provider",
    "transform",
    "contextTransform",
    "rubricPrompt",
    "config",
    "assert",
    "alpha",
    "beta",
    "gamma",
];

/// How near a key must be to a known one to be taken for a slip (Jaro and Winkler).
const SLIP: f64 = 0.88;

impl Check {
    /// Reads one entry of promptfoo's `assert:` lists.
    ///
    /// # Errors
    /// Says where and why an assertion is none, or is not supported, with the nearest valid name.
    pub fn from_promptfoo(node: &Node) -> Result<Self, CheckError> {
        let Some(map) = node.as_map() else {
            return Err(CheckError::new(
                &node.place,
                format!("an assertion must be a mapping, and is {}", node.kind()),
            ));
        };
        let Some(kind) = node.entry("type") else {
            return Err(CheckError::new(&node.place, "an assertion must have a `type`"));
        };
        let Some(name) = kind.value.as_str() else {
            return Err(CheckError::new(&kind.value.place, "`type` must be text"));
        };
        let (negate, bare) = match name.strip_prefix("not-") {
            Some(bare) => (true, bare),
            None => (false, name),
        };
        let mut check = Self::new(kind_of(bare, &kind.value)?, negate, &node.place);
        name.clone_into(&mut check.label);
        if negate && (check.kind.compares() || check.kind.name() == "assert-set") {
            return Err(CheckError::new(&kind.value.place, format!("`{bare}` has no opposite")));
        }
        for entry in &map.entries {
            check.set_promptfoo(entry)?;
        }
        if check.kind.name() == "assert-set" && check.members.is_empty() {
            return Err(CheckError::new(
                &node.place,
                "an `assert-set` must have `assert`, a list of assertions",
            ));
        }
        Ok(check)
    }

    fn set_promptfoo(&mut self, entry: &Entry) -> Result<(), CheckError> {
        let value = &entry.value;
        if value.is_null() {
            return Ok(());
        }
        match entry.key.text.as_str() {
            "type" => {}
            "value" => self.value = value_of(value)?,
            "threshold" => self.threshold = Some(number(entry)?),
            "weight" => self.weight = number(entry)?,
            "metric" => self.metric = Some(text(entry)?),
            "provider" => self.provider = Some(provider(entry)?),
            "transform" => self.transform = Some(code(entry)?),
            "contextTransform" => self.context_transform = Some(code(entry)?),
            "rubricPrompt" => self.rubric_prompt = Some(json_of(value)),
            "config" => self.merge_config(json_of(value)),
            name @ ("alpha" | "beta" | "gamma") => {
                let setting = serde_json::Map::from_iter([(name.to_owned(), Value::from(number(entry)?))]);
                self.merge_config(Value::Object(setting));
            }
            "assert" if self.kind.name() == "assert-set" => {
                let items = value
                    .as_seq()
                    .ok_or_else(|| CheckError::new(&value.place, "`assert` must be a list"))?;
                for item in items {
                    let member = Self::from_promptfoo(item)?;
                    if member.kind.name() == "assert-set" || member.kind.compares() {
                        return Err(CheckError::new(
                            &item.place,
                            format!("`{}` cannot stand inside an `assert-set`", member.label),
                        ));
                    }
                    self.members.push(member);
                }
            }
            key => {
                if let Some(near) = slip_of(key, KEYS.iter().copied()) {
                    return Err(CheckError::new(
                        &entry.key.place,
                        format!("unknown key `{key}`; did you mean `{near}`?"),
                    ));
                }
            }
        }
        Ok(())
    }

    /// Puts settings beside those that are there.
    pub(super) fn merge_config(&mut self, settings: Value) {
        match (&mut self.config, settings) {
            (Some(Value::Object(own)), Value::Object(more)) => own.extend(more),
            (config, settings) => *config = Some(settings),
        }
    }
}

fn kind_of(name: &str, node: &Node) -> Result<Kind, CheckError> {
    if let Some(kind) = Kind::by_name(name) {
        return Ok(kind);
    }
    if let Some(why) = refused(name) {
        return Err(CheckError::new(
            &node.place,
            format!("promptfoo's `{name}` is not supported: {why}"),
        ));
    }
    let near = nearest(name, kinds().map(Kind::name));
    Err(CheckError::new(
        &node.place,
        format!("unknown assertion `{name}`; did you mean `{near}`?"),
    ))
}

/// The name that is most like another.
pub(super) fn nearest<'a>(name: &str, among: impl Iterator<Item = &'a str>) -> &'a str {
    among
        .max_by(|left, right| strsim::jaro_winkler(name, left).total_cmp(&strsim::jaro_winkler(name, right)))
        .unwrap_or_default()
}

/// A known name that another is a slip of.
pub(super) fn slip_of<'a>(name: &str, among: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let near = nearest(name, among);
    (strsim::jaro_winkler(name, near) >= SLIP).then_some(near)
}

/// The value as it is, but for what cannot run here.
fn value_of(node: &Node) -> Result<Value, CheckError> {
    if let Some(text) = node.as_str() {
        if text.starts_with("package:") {
            return Err(CheckError::new(
                &node.place,
                "`package:` values are not supported; use `file://`",
            ));
        }
        if text.starts_with("file://") && text.contains(".rb") {
            return Err(CheckError::new(
                &node.place,
                "Ruby does not run here; use JavaScript or Python",
            ));
        }
    }
    Ok(json_of(node))
}

/// A number, also when it is written as text.
pub(super) fn number(entry: &Entry) -> Result<f64, CheckError> {
    let value = &entry.value;
    let parsed = value.as_f64().or_else(|| value.as_str()?.trim().parse().ok());
    parsed.filter(|number| number.is_finite()).ok_or_else(|| {
        CheckError::new(
            &value.place,
            format!("`{}` must be a number, and is {}", entry.key.text, value.kind()),
        )
    })
}

pub(super) fn text(entry: &Entry) -> Result<String, CheckError> {
    entry
        .value
        .scalar_text()
        .ok_or_else(|| CheckError::new(&entry.value.place, format!("`{}` must be text", entry.key.text)))
}

/// Code, or a file that runs here.
pub(super) fn code(entry: &Entry) -> Result<String, CheckError> {
    let code = text(entry)?;
    match code.strip_prefix("file://") {
        Some(path) if !super::script::is_script(path) => Err(CheckError::new(
            &entry.value.place,
            format!(
                "`{}` can run .js, .mjs, .cjs, .ts and .py files, and not `{path}`",
                entry.key.text
            ),
        )),
        _ => Ok(code),
    }
}

/// A provider's name: text, or a mapping with `id`, or promptfoo's mapping by use (`text`, `embedding`).
fn provider(entry: &Entry) -> Result<String, CheckError> {
    let name = |node: &Node| match &node.data {
        Data::Str(name) => Some(name.clone()),
        Data::Map(_) => node.get("id").and_then(Node::scalar_text),
        _ => None,
    };
    name(&entry.value)
        .or_else(|| entry.value.get("text").and_then(name))
        .or_else(|| entry.value.get("embedding").and_then(name))
        .ok_or_else(|| CheckError::new(&entry.value.place, "`provider` must be a name, or a mapping with `id`"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{SourceFile, parse_yaml};

    fn read(yaml: &str) -> Result<Check, String> {
        let nodes = parse_yaml(&SourceFile::new("a/promptfooconfig.yaml", yaml)).unwrap();
        Check::from_promptfoo(&nodes[0]).map_err(|error| error.to_string())
    }

    #[test]
    fn assertions_are_read() {
        let check = read("{type: not-icontains-any, value: [a], threshold: '0.5', weight: 2, metric: m}").unwrap();
        assert_eq!(
            (check.kind.name(), check.negate, check.label.as_str()),
            ("icontains-any", true, "not-icontains-any")
        );
        assert_eq!((check.threshold, check.weight), (Some(0.5), 2.0));
        assert_eq!(check.base, std::path::Path::new("a"));
        for provider in [
            "openai:gpt-4o",
            "{id: 'openai:gpt-4o', config: {}}",
            "{text: {id: 'openai:gpt-4o'}}",
        ] {
            let check = read(&format!("{{type: llm-rubric, value: x, provider: {provider}}}")).unwrap();
            assert_eq!(check.provider.as_deref(), Some("openai:gpt-4o"));
        }
        assert_eq!(
            read("{type: meteor, value: x, alpha: 0.5}").unwrap().config.unwrap()["alpha"],
            0.5
        );
        assert!(read("{type: contains, value: x, description: why}").is_ok());
        assert_eq!(
            read("{type: assert-set, assert: [{type: contains, value: a}]}")
                .unwrap()
                .members
                .len(),
            1
        );
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        let fault = |yaml| read(yaml).unwrap_err();
        assert_eq!(
            fault("type: contians\nvalue: x"),
            "unknown assertion `contians`; did you mean `contains`? at a/promptfooconfig.yaml:1:7"
        );
        assert!(fault("{type: contains, value: x, treshold: 1}").contains("did you mean `threshold`?"));
        assert!(fault("{value: x}").contains("must have a `type`"));
        assert!(fault("{type: contains, value: x, weight: much}").contains("must be a number"));
        assert!(fault("{type: javascript, value: 'package:x'}").contains("`package:`"));
        assert!(fault("{type: contains, value: x, transform: 'file://x.rb'}").contains(".py"));
        assert!(fault("{type: assert-set}").contains("must have `assert`"));
    }

    #[test]
    fn what_is_not_supported_is_refused_by_name() {
        for name in [
            "agent-rubric",
            "search-rubric",
            "trace-span-count",
            "trace-error-spans",
            "trajectory:tool-used",
            "guardrails",
            "moderation",
            "classifier",
            "perplexity",
            "perplexity-score",
            "pi",
            "human",
            "ruby",
            "skill-used",
            "promptfoo:redteam:bias",
            "not-moderation",
        ] {
            let fault = read(&format!("{{type: '{name}', value: x}}")).unwrap_err();
            assert!(fault.contains("is not supported:"), "{fault}");
        }
    }

    #[test]
    fn every_kind_has_both_its_names_once() {
        let mut names: Vec<_> = kinds().map(Kind::name).collect();
        let mut native: Vec<_> = kinds().map(Kind::native_name).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        native.sort_unstable();
        native.dedup();
        assert_eq!((names.len(), native.len()), (count, count));
    }
}
