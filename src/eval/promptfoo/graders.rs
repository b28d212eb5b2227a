//! The models that grade: `options.provider` of tests, and `provider` of assertions.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::eval::checks::Check;
use crate::eval::suite::SuiteError;
use crate::provider::ProviderSpec;
use crate::source::{Data, Node, Place};

use super::document::Home;
use super::providers::{self, Target};

/// Kinds of assertions that ask a model.
const ASKING: &[&str] = &[
    "llm-rubric",
    "g-eval",
    "model-graded-closedqa",
    "model-graded-factuality",
    "factuality",
    "answer-relevance",
    "context-faithfulness",
    "context-recall",
    "context-relevance",
    "conversation-relevance",
    "select-best",
];
/// The uses that a mapping of providers names.
const USES: &[&str] = &["text", "embedding", "classification", "moderation"];
/// What grades where nothing is named, as promptfoo 0.121.20 chooses: by the keys in the environment.
const DEFAULTS: &[(&str, &str)] = &[
    ("OPENAI_API_KEY", "openai:chat:gpt-5.5-2026-04-23"),
    ("ANTHROPIC_API_KEY", "anthropic:messages:claude-sonnet-4-6"),
    ("GEMINI_API_KEY", "google:gemini-2.5-pro"),
    ("GOOGLE_API_KEY", "google:gemini-2.5-pro"),
];

/// The graders that were named so far.
pub(super) struct Graders<'a> {
    home: &'a Home,
    targets: &'a [Target],
    /// By the text of what names them.
    known: BTreeMap<String, String>,
    /// By the name that checks use.
    pub(super) models: BTreeMap<String, Target>,
    /// Whether some check asks a model and names none.
    wants_default: Option<Place>,
}

/// What a test says of its graders.
#[derive(Default)]
pub(super) struct Named<'a> {
    pub(super) provider: Option<&'a Node>,
    pub(super) rubric: Option<&'a Node>,
}

impl<'a> Graders<'a> {
    pub(super) fn new(home: &'a Home, targets: &'a [Target]) -> Self {
        Self {
            home,
            targets,
            known: BTreeMap::new(),
            models: BTreeMap::new(),
            wants_default: None,
        }
    }

    /// Reads an assertion, with the test's graders where it names none of its own.
    pub(super) fn check(&mut self, node: &Node, named: &Named<'_>) -> Result<Check, SuiteError> {
        let mut check = Check::from_promptfoo(node).map_err(|error| SuiteError::at(&error.place, error.message))?;
        check.set_base(&self.home.folder);
        self.equip(&mut check, node, named)?;
        Ok(check)
    }

    fn equip(&mut self, check: &mut Check, node: &Node, named: &Named<'_>) -> Result<(), SuiteError> {
        let members = node.get("assert").map(Node::items).into_iter().flatten();
        for (member, node) in check.members.iter_mut().zip(members) {
            self.equip(member, node, named)?;
        }
        let kind = check.kind.name();
        let own = node.get("provider").or(named.provider);
        let embeds = kind.starts_with("similar") || kind == "answer-relevance";
        if let (true, Some(by_use)) = (embeds, own.and_then(|own| own.get("embedding"))) {
            let message = format!(
                "`{kind}` embeds in this process, and asks no embedding model: leave `embedding` out, and mind the threshold"
            );
            return Err(SuiteError::at(&by_use.place, message));
        }
        check.provider = None;
        if !ASKING.contains(&kind) {
            return Ok(());
        }
        check.provider = own.map(|own| self.name(own)).transpose()?.flatten();
        if check.provider.is_none() {
            self.wants_default.get_or_insert_with(|| node.place.clone());
        }
        if let (None, Some(rubric)) = (&check.rubric_prompt, named.rubric) {
            check.rubric_prompt = Some(rubric.to_json());
        }
        Ok(())
    }

    /// The name of a grader; `None` when a mapping by use names none for text.
    fn name(&mut self, node: &Node) -> Result<Option<String>, SuiteError> {
        if node.entries().any(|entry| USES.contains(&entry.key.text.as_str())) {
            for entry in node.entries() {
                if !USES.contains(&entry.key.text.as_str()) {
                    return Err(SuiteError::unknown(
                        &entry.key.place,
                        "use of a grader",
                        &entry.key.text,
                        USES.iter().copied(),
                    ));
                }
            }
            return node.get("text").map_or(Ok(None), |text| self.name(text));
        }
        let text = node.to_json().to_string();
        if let Some(name) = self.known.get(&text) {
            return Ok(Some(name.clone()));
        }
        // A reference to one of the suite's own providers.
        let own = node.as_str().and_then(|reference| {
            let is_named = |target: &&Target| target.label.as_deref() == Some(reference) || target.id == reference;
            self.targets.iter().find(is_named)
        });
        let target = match own {
            Some(target) => target.clone(),
            None => providers::one(node, self.home)?,
        };
        Ok(Some(self.keep(text, target)))
    }

    /// Keeps a grader under a name of its own.
    fn keep(&mut self, text: String, mut target: Target) -> String {
        let base = target.name().to_owned();
        let mut name = base.clone();
        let mut number = 2;
        while self.models.contains_key(&name) {
            name = format!("{base} #{number}");
            number += 1;
        }
        target.spec.name = Some(name.clone());
        self.known.insert(text, name.clone());
        self.models.insert(name.clone(), target);
        name
    }

    /// The model that grades where nothing names one, when a check needs it.
    pub(super) fn default_model(&mut self) -> Result<Option<ProviderSpec>, SuiteError> {
        let Some(place) = self.wants_default.clone() else {
            return Ok(None);
        };
        let is_set = |name: &str| self.home.variable(name).is_some_and(|key| !key.is_empty());
        let chosen = DEFAULTS
            .iter()
            .find(|(key, _)| is_set(key))
            .map_or(DEFAULTS[0].1, |(_, id)| id);
        let node = Node {
            data: Data::Str(chosen.to_owned()),
            place,
        };
        let target = providers::one(&node, self.home)?;
        let name = self.keep(Value::from(chosen).to_string(), target);
        Ok(self.models.get(&name).map(|target| target.spec.clone()))
    }
}

/// The node of an option that may be `file://…`: `rubricPrompt` is read when it is used.
pub(super) fn rubric(option: Option<&crate::source::Entry>) -> Result<Option<&Node>, SuiteError> {
    let Some(entry) = option else { return Ok(None) };
    match &entry.value.data {
        Data::Str(_) | Data::Seq(_) | Data::Map(_) => Ok(Some(&entry.value)),
        _ => Err(SuiteError::at(
            &entry.value.place,
            "`rubricPrompt` must be text, or a list of messages",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::super::document;
    use super::*;
    use crate::source::SourceFile;

    #[expect(clippy::type_complexity, reason = "what one test looks at")]
    fn read(assert: &str, provider: Option<&str>) -> Result<(Vec<Check>, Vec<String>, Option<ProviderSpec>), String> {
        let home = Home {
            environment: [("OPENAI_API_KEY".to_owned(), "k".to_owned())].into(),
            ..Home::default()
        };
        let node = |text: &str| document::parse(&SourceFile::new("c.yaml", text)).unwrap();
        let targets =
            providers::read(&node("[{id: 'openai:gpt-4o', label: main}]"), &home).map_err(|error| error.to_string())?;
        let mut graders = Graders::new(&home, &targets);
        let provider = provider.map(node);
        let named = Named {
            provider: provider.as_ref(),
            rubric: None,
        };
        let asserts = node(assert);
        let checks: Result<Vec<_>, _> = asserts.items().map(|item| graders.check(item, &named)).collect();
        let checks = checks.map_err(|error| error.to_string())?;
        let default = graders.default_model().map_err(|error| error.to_string())?;
        Ok((checks, graders.models.keys().cloned().collect(), default))
    }

    #[test]
    fn the_assertions_own_grader_goes_before_the_tests() {
        let (checks, models, default) = read(
            "[{type: llm-rubric, value: a}, {type: llm-rubric, value: b, provider: main}, {type: contains, value: c}, {type: assert-set, assert: [{type: factuality, value: d}]}]",
            Some("{text: {id: 'ollama:chat:x'}, embedding: 'openai:embedding:y'}"),
        )
        .unwrap();
        let names: Vec<_> = checks.iter().map(|check| check.provider.as_deref()).collect();
        assert_eq!(names, [Some("ollama:chat:x"), Some("main"), None, None]);
        assert_eq!(checks[3].members[0].provider.as_deref(), Some("ollama:chat:x"));
        assert_eq!(models, ["main", "ollama:chat:x"]);
        assert!(default.is_none());
    }

    #[test]
    fn one_name_is_one_grader_with_its_settings() {
        let (checks, models, _) = read(
            "[{type: llm-rubric, value: a, provider: {id: 'ollama:chat:x', config: {temperature: 1}}}, {type: llm-rubric, value: b}, {type: llm-rubric, value: c}]",
            Some("ollama:chat:x"),
        )
        .unwrap();
        let names: Vec<_> = checks.iter().filter_map(|check| check.provider.as_deref()).collect();
        assert_eq!(names, ["ollama:chat:x", "ollama:chat:x #2", "ollama:chat:x #2"]);
        assert_eq!(models.len(), 2);
    }

    #[test]
    fn without_a_name_the_default_grades() {
        let (checks, _, default) = read("[{type: llm-rubric, value: a}]", None).unwrap();
        assert_eq!(checks[0].provider, None);
        assert_eq!(default.unwrap().model.as_deref(), Some("gpt-5.5-2026-04-23"));
        assert!(read("[{type: is-json}]", None).unwrap().2.is_none());
    }

    #[test]
    fn embedding_models_are_refused_where_they_would_be_used() {
        let error = read("[{type: similar, value: a}]", Some("{embedding: 'openai:embedding:y'}")).unwrap_err();
        assert!(
            error.contains("embeds in this process") && error.contains("c.yaml:1:"),
            "{error}"
        );
        assert!(read("[{type: similar, value: a}]", None).is_ok());
        let error = read("[{type: llm-rubric, value: a, provider: {text: x, embeding: y}}]", None).unwrap_err();
        assert!(error.contains("did you mean `embedding`"), "{error}");
        let error = read("[{type: moderation}]", None).unwrap_err();
        assert!(
            error.contains("`moderation` is not supported") && error.contains("c.yaml:1:9"),
            "{error}"
        );
    }
}
