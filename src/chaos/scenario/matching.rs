//! `when`: which of the calls that a fault falls on it strikes.

use regex::Regex;

use crate::read::{Fields, FormError};
use crate::source::Node;

use super::CallFacts;
use super::pattern::Pattern;
use super::quantity::wrong;

/// Conditions that must all hold.
#[derive(Debug, Clone, Default)]
pub struct When {
    model: Option<Pattern>,
    region: Option<Pattern>,
    key: Option<Pattern>,
    path: Option<Pattern>,
    headers: Vec<(String, Pattern)>,
    prompt: Option<Prompt>,
    streamed: Option<bool>,
}

#[derive(Debug, Clone)]
enum Prompt {
    /// It has this text in it.
    Has(String),
    /// Written `/…/`.
    Matches(Regex),
}

pub(super) const KEYS: &[&str] = &["model", "region", "key", "path", "header", "prompt", "streamed"];
/// The most memory that a pattern of the user's may take, in bytes.
const REGEX_LIMIT: usize = 1 << 20;

impl When {
    /// Whether all conditions hold of a call.
    #[must_use]
    pub fn holds(&self, call: &CallFacts<'_>) -> bool {
        let fits = |pattern: &Option<Pattern>, value: &str| pattern.as_ref().is_none_or(|it| it.matches(value));
        self.streamed.is_none_or(|streamed| streamed == call.streamed)
            && fits(&self.model, call.model)
            && fits(&self.region, call.region)
            && fits(&self.key, call.account)
            && fits(&self.path, call.path)
            && self.headers.iter().all(|(name, pattern)| {
                let mut sent = call.headers.iter();
                sent.any(|(header, value)| header == name && pattern.matches(value))
            })
            && match &self.prompt {
                None => true,
                Some(Prompt::Has(text)) => call.prompt.contains(text.as_str()),
                Some(Prompt::Matches(regex)) => regex.is_match(call.prompt),
            }
    }

    pub(super) fn read(node: &Node) -> Result<Self, FormError> {
        let fields = Fields::new(node, "`when`", KEYS)?;
        let pattern = |key: &str| Ok::<_, FormError>(fields.text(key)?.map(|text| Pattern::new(&text)));
        let mut headers = Vec::new();
        for entry in fields.get("header").into_iter().flat_map(Node::entries) {
            let text = entry.value.scalar_text();
            let text = text.ok_or_else(|| wrong(&entry.value, "a header's value", "text, `*` for anything"))?;
            headers.push((entry.key.text.to_ascii_lowercase(), Pattern::new(&text)));
        }
        let prompt = match fields.get("prompt") {
            None => None,
            Some(node) => Some(prompt(node)?),
        };
        Ok(Self {
            model: pattern("model")?,
            region: pattern("region")?,
            key: pattern("key")?,
            path: pattern("path")?,
            headers,
            prompt,
            streamed: fields.flag("streamed")?,
        })
    }
}

fn prompt(node: &Node) -> Result<Prompt, FormError> {
    let expected = "a text that the prompt holds, or /a regular expression/";
    let text = node.as_str().ok_or_else(|| wrong(node, "`prompt`", expected))?;
    let Some(pattern) = text.strip_prefix('/').and_then(|rest| rest.strip_suffix('/')) else {
        return Ok(Prompt::Has(text.to_owned()));
    };
    let regex = regex::RegexBuilder::new(pattern).size_limit(REGEX_LIMIT).build();
    regex
        .map(Prompt::Matches)
        .map_err(|error| FormError::at(&node.place, format!("not a regular expression: {error}")))
}
