//! YAML, TOML and JSON as one tree in which every node knows where it stands.

use super::file::{Place, Span};

/// A value and its place.
#[derive(Debug, Clone)]
pub struct Node {
    /// The value.
    pub data: Data,
    /// Where it is written. For an alias or a merged key this is where it was defined.
    pub place: Place,
}

/// What a node holds.
#[derive(Debug, Clone)]
pub enum Data {
    /// Nothing: `null`, `~`, or an empty value.
    Null,
    /// A boolean.
    Bool(bool),
    /// A whole number that fits 64 bits with sign.
    Int(i64),
    /// Any other number.
    Float(f64),
    /// Text.
    Str(String),
    /// A list.
    Seq(Vec<Node>),
    /// A mapping.
    Map(Map),
}

/// A mapping in the order of the text; a key that stands twice is kept twice.
#[derive(Debug, Clone, Default)]
pub struct Map {
    /// All entries as written.
    pub entries: Vec<Entry>,
}

/// A key and its value.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The key.
    pub key: Key,
    /// Its value.
    pub value: Node,
}

/// A mapping's key: text, whatever scalar was written.
#[derive(Debug, Clone)]
pub struct Key {
    /// The key's text.
    pub text: String,
    /// Where it stands.
    pub place: Place,
}

impl Map {
    /// The entry that a loader keeps: the last one of that key, as `PyYAML` and most others do.
    #[must_use]
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().rev().find(|entry| entry.key.text == key)
    }

    /// The value of a key; `null` counts as a value.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.value)
    }
}

impl Node {
    /// The value under a key, when this is a mapping that has it and it is not null.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.as_map()?.get(key).filter(|node| !node.is_null())
    }

    /// The value at the end of a path of keys.
    #[must_use]
    pub fn at(&self, path: &[&str]) -> Option<&Node> {
        path.iter().try_fold(self, |node, key| node.get(key))
    }

    /// The entry under a key, so that the key's own place is at hand.
    #[must_use]
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.as_map()?.entry(key)
    }

    /// The entries of a mapping; nothing for any other node.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.as_map().into_iter().flat_map(|map| map.entries.iter())
    }

    /// The items of a list; nothing for any other node.
    pub fn items(&self) -> impl Iterator<Item = &Node> {
        self.as_seq().unwrap_or_default().iter()
    }

    /// The mapping, if it is one.
    #[must_use]
    pub const fn as_map(&self) -> Option<&Map> {
        if let Data::Map(map) = &self.data {
            Some(map)
        } else {
            None
        }
    }

    /// The list, if it is one.
    #[must_use]
    pub fn as_seq(&self) -> Option<&[Node]> {
        if let Data::Seq(items) = &self.data {
            Some(items)
        } else {
            None
        }
    }

    /// The text, if it is text.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        if let Data::Str(text) = &self.data {
            Some(text)
        } else {
            None
        }
    }

    /// The boolean, if it is one.
    #[must_use]
    pub const fn as_bool(&self) -> Option<bool> {
        if let Data::Bool(value) = self.data {
            Some(value)
        } else {
            None
        }
    }

    /// The number, if it is one. Text is not a number here.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "configuration numbers are far below 2^53")]
    pub const fn as_f64(&self) -> Option<f64> {
        match self.data {
            Data::Int(value) => Some(value as f64),
            Data::Float(value) => Some(value),
            _ => None,
        }
    }

    /// The whole number, if it is one and not negative. A float without a fraction counts.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked to be whole and in range"
    )]
    pub fn as_u64(&self) -> Option<u64> {
        match self.data {
            Data::Int(value) => u64::try_from(value).ok(),
            Data::Float(value) if value >= 0.0 && value.fract() == 0.0 && value < 9.0e15 => Some(value as u64),
            _ => None,
        }
    }

    /// Whether it is null.
    #[must_use]
    pub const fn is_null(&self) -> bool {
        matches!(self.data, Data::Null)
    }

    /// A scalar as text, whatever its type; `None` for null, lists and mappings.
    #[must_use]
    pub fn scalar_text(&self) -> Option<String> {
        match &self.data {
            Data::Bool(value) => Some(value.to_string()),
            Data::Int(value) => Some(value.to_string()),
            Data::Float(value) => Some(value.to_string()),
            Data::Str(text) => Some(text.clone()),
            Data::Null | Data::Seq(_) | Data::Map(_) => None,
        }
    }

    /// The word for this kind of value in messages.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self.data {
            Data::Null => "null",
            Data::Bool(_) => "a boolean",
            Data::Int(_) | Data::Float(_) => "a number",
            Data::Str(_) => "text",
            Data::Seq(_) => "a list",
            Data::Map(_) => "a mapping",
        }
    }

    /// Calls `visit` on this node and on all below it, parents first.
    pub fn walk<'a>(&'a self, visit: &mut impl FnMut(&'a Node)) {
        visit(self);
        match &self.data {
            Data::Seq(items) => items.iter().for_each(|item| item.walk(visit)),
            Data::Map(map) => map.entries.iter().for_each(|entry| entry.value.walk(visit)),
            _ => {}
        }
    }

    /// Moves every place in this tree: `map` turns a span of the text that was parsed into the
    /// place where that text really stands.
    pub fn relocate(&mut self, map: &impl Fn(Span) -> Place) {
        self.place = map(self.place.span);
        match &mut self.data {
            Data::Seq(items) => items.iter_mut().for_each(|item| item.relocate(map)),
            Data::Map(entries) => {
                for entry in &mut entries.entries {
                    entry.key.place = map(entry.key.place.span);
                    entry.value.relocate(map);
                }
            }
            _ => {}
        }
    }
}
