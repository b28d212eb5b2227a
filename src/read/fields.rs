//! The fields of a mapping: held to the known keys, and read with the error that a person needs.

use std::time::Duration;

use crate::source::{Data, Node};
use crate::system::units;

use super::FormError;

/// A mapping whose keys are all known.
pub struct Fields<'a> {
    node: &'a Node,
    here: &'a str,
}

impl<'a> Fields<'a> {
    /// Holds a node to being a mapping of these keys, each once. `here` names it in messages.
    ///
    /// # Errors
    /// Fails where it is something else, with its place.
    pub fn new(node: &'a Node, here: &'a str, known: &[&str]) -> Result<Self, FormError> {
        let Some(map) = node.as_map() else {
            let message = format!("{here} must be a mapping, and this is {}", node.kind());
            return Err(FormError::at(&node.place, message));
        };
        for (at, entry) in map.entries.iter().enumerate() {
            let name = entry.key.text.as_str();
            if !known.contains(&name) {
                let what = format!("key of {here}");
                return Err(FormError::unknown(&entry.key.place, &what, name, known.iter().copied()));
            }
            if map.entries[..at].iter().any(|earlier| earlier.key.text == name) {
                return Err(FormError::at(
                    &entry.key.place,
                    format!("`{name}` stands twice in {here}"),
                ));
            }
        }
        Ok(Self { node, here })
    }

    /// The value of a key that is there and not null.
    pub fn get(&self, key: &str) -> Option<&'a Node> {
        self.node.get(key)
    }

    /// A value that must be there.
    ///
    /// # Errors
    /// Fails where it is something else, with its place.
    pub fn required(&self, key: &str) -> Result<&'a Node, FormError> {
        let missing = || FormError::at(&self.node.place.first_line(), format!("{} needs `{key}`", self.here));
        self.get(key).ok_or_else(missing)
    }

    /// What is wrong with the value of a key.
    pub fn wrong(&self, key: &str, node: &Node, expected: &str) -> FormError {
        let message = format!(
            "`{key}` of {} must be {expected}, and this is {}",
            self.here,
            node.kind()
        );
        FormError::at(&node.place, message)
    }

    fn read<T>(
        &self,
        key: &str,
        expected: &str,
        read: impl FnOnce(&Node) -> Option<T>,
    ) -> Result<Option<T>, FormError> {
        let Some(node) = self.get(key) else { return Ok(None) };
        match read(node) {
            Some(value) => Ok(Some(value)),
            None => Err(self.wrong(key, node, expected)),
        }
    }

    /// Text; numbers and booleans count as the text that was written.
    ///
    /// # Errors
    /// Fails where it is something else, with its place.
    pub fn text(&self, key: &str) -> Result<Option<String>, FormError> {
        self.read(key, "text", Node::scalar_text)
    }

    /// A whole number from `least`.
    ///
    /// # Errors
    /// Fails where it is something else, with its place.
    pub fn count(&self, key: &str, least: u64) -> Result<Option<u64>, FormError> {
        let expected = format!("a whole number from {least}");
        self.read(key, &expected, |node| node.as_u64().filter(|count| *count >= least))
    }

    /// A number.
    ///
    /// # Errors
    /// Fails where it is something else, with its place.
    pub fn number(&self, key: &str) -> Result<Option<f64>, FormError> {
        self.read(key, "a number", |node| {
            node.as_f64().filter(|number| number.is_finite())
        })
    }

    /// True or false; `on` and `off` too.
    ///
    /// # Errors
    /// Fails where it is something else, with its place.
    pub fn flag(&self, key: &str) -> Result<Option<bool>, FormError> {
        self.read(key, "true or false", |node| match &node.data {
            Data::Bool(value) => Some(*value),
            Data::Str(text) if text == "on" => Some(true),
            Data::Str(text) if text == "off" => Some(false),
            _ => None,
        })
    }

    /// A duration with its unit; a bare number counts seconds.
    ///
    /// # Errors
    /// Fails where it is something else, with its place.
    pub fn duration(&self, key: &str) -> Result<Option<Duration>, FormError> {
        self.read(key, "a duration such as 7s or 500ms", |node| match node.as_f64() {
            Some(seconds) => units::seconds_to_duration(seconds),
            None => units::duration(node.as_str()?),
        })
    }

    /// A list of texts; one text stands for a list of one.
    ///
    /// # Errors
    /// Fails where it is something else, with its place.
    pub fn texts(&self, key: &str) -> Result<Vec<String>, FormError> {
        let read = |node: &Node| match &node.data {
            Data::Seq(items) => items.iter().map(Node::scalar_text).collect(),
            _ => node.scalar_text().map(|text| vec![text]),
        };
        Ok(self.read(key, "a list of texts", read)?.unwrap_or_default())
    }

    /// One of several words.
    ///
    /// # Errors
    /// Fails where it is something else, with its place.
    pub fn word<T: Copy>(&self, key: &str, words: &[(&str, T)]) -> Result<Option<T>, FormError> {
        let Some(node) = self.get(key) else { return Ok(None) };
        let text = node.scalar_text().ok_or_else(|| self.wrong(key, node, "a word"))?;
        match words.iter().find(|(word, _)| *word == text) {
            Some((_, value)) => Ok(Some(*value)),
            None => {
                let what = format!("`{key}`");
                Err(FormError::unknown(
                    &node.place,
                    &what,
                    &text,
                    words.iter().map(|(word, _)| *word),
                ))
            }
        }
    }
}
