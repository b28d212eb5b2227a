//! Edits that keep every other byte.

use std::sync::Arc;

use super::file::{Place, SourceFile, Span};
use super::node::{Data, Entry, Map, Node};

/// A replacement of one range of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// What is replaced; an empty range inserts.
    pub place: Place,
    /// What stands there afterwards.
    pub text: String,
}

/// Edits that cannot be applied together.
#[derive(Debug, Clone, thiserror::Error)]
#[error("edits overlap at {0}")]
pub struct EditError(pub Place);

/// The file's text after the edits that concern it. Identical edits count once.
///
/// # Errors
/// Fails when two different edits overlap.
pub fn apply(file: &Arc<SourceFile>, edits: &[Edit]) -> Result<String, EditError> {
    let mut mine: Vec<&Edit> = edits
        .iter()
        .filter(|edit| Arc::ptr_eq(&edit.place.file, file))
        .collect();
    mine.sort_by_key(|edit| (edit.place.span.start, edit.place.span.end));
    mine.dedup();
    let mut text = String::with_capacity(file.text().len() + 64);
    let mut at = 0;
    for edit in mine {
        if edit.place.span.start < at {
            return Err(EditError(edit.place.clone()));
        }
        text.push_str(&file.text()[at..edit.place.span.start]);
        text.push_str(&edit.text);
        at = edit.place.span.end;
    }
    text.push_str(&file.text()[at..]);
    Ok(text)
}

/// The edit that sets a key to a value in a YAML or JSON document, or in a TOML one where the key
/// stands already: replaces the value where the key stands, else adds the key to its mapping, else
/// adds the missing mappings too. `path` leads from `root` to the key; `value` is the text to write,
/// as a YAML flow value. `None` when something that is no mapping stands in the way, when the place
/// came through an alias, or when the layout is one that cannot be kept (tabs).
#[must_use]
pub fn set_key(root: &Node, path: &[&str], value: &str) -> Option<Edit> {
    let writer = Writer::new(root);
    let mut node = root;
    for (at, key) in path.iter().enumerate() {
        let map = node.as_map()?;
        let Some(entry) = map.entry(key) else {
            return writer.add(node, map, &path[at..], value);
        };
        if !entry.key.place.same_file(&root.place) || !node.place.span.contains(entry.key.place.span) {
            return None;
        }
        let last = at + 1 == path.len();
        if last {
            return writer.replace(entry, &writer.scalar(value));
        }
        if entry.value.is_null() {
            return writer.fill(entry, &path[at + 1..], value);
        }
        // An alias's value stands before its key, and is everybody's.
        if entry.value.place.span.start < entry.key.place.span.end {
            return None;
        }
        node = &entry.value;
    }
    None
}

/// How a document is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Notation {
    Yaml,
    Json,
    Toml,
}

struct Writer<'a> {
    file: &'a Arc<SourceFile>,
    notation: Notation,
    line_end: &'static str,
    step: usize,
}

impl<'a> Writer<'a> {
    fn new(root: &'a Node) -> Self {
        let file = &root.place.file;
        let text = file.text();
        let quoted = |entry: &Entry| text[entry.key.place.span.start..].starts_with('"');
        let is_json = root.place.text().starts_with('{') && root.entries().all(quoted);
        let is_toml = file.path().extension().is_some_and(|extension| extension == "toml");
        Self {
            file,
            notation: match (is_toml, is_json) {
                (true, _) => Notation::Toml,
                (false, true) => Notation::Json,
                (false, false) => Notation::Yaml,
            },
            line_end: if text.contains("\r\n") { "\r\n" } else { "\n" },
            step: step(root),
        }
    }

    fn text(&self) -> &str {
        self.file.text()
    }

    fn edit(&self, start: usize, end: usize, text: String) -> Edit {
        Edit {
            place: self.file.place(Span::new(start, end)),
            text,
        }
    }

    fn key(&self, key: &str) -> String {
        let plain = key
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/'))
            && key.starts_with(|c: char| c.is_alphabetic() || c == '_');
        if self.notation == Notation::Json || !plain {
            serde_json::Value::from(key).to_string()
        } else {
            key.to_owned()
        }
    }

    /// A value in this notation: JSON and TOML want text in quotes.
    fn scalar(&self, value: &str) -> String {
        let is_json = serde_json::from_str::<serde_json::Value>(value).is_ok();
        if self.notation == Notation::Yaml || is_json {
            value.to_owned()
        } else {
            serde_json::Value::from(value).to_string()
        }
    }

    fn replace(&self, entry: &Entry, value: &str) -> Option<Edit> {
        let span = entry.value.place.span;
        if entry.value.is_null() && entry.value.place.text().is_empty() {
            let after = self.after_colon(entry)?;
            return Some(self.edit(after, after, format!(" {value}")));
        }
        // What came through an alias stands elsewhere, and is everybody's.
        if span.start < entry.key.place.span.end
            || self.text()[entry.key.place.span.end..].trim_start().starts_with(": *")
        {
            return None;
        }
        Some(self.edit(span.start, span.end, value.to_owned()))
    }

    /// One past the colon that follows a key.
    fn after_colon(&self, entry: &Entry) -> Option<usize> {
        let end = entry.key.place.span.end;
        let rest = self.text().get(end..)?;
        let colon = rest.find(':')?;
        rest[..colon].trim().is_empty().then_some(end + colon + 1)
    }

    /// Adds what is below a key that has no value yet.
    fn fill(&self, entry: &Entry, rest: &[&str], value: &str) -> Option<Edit> {
        if self.notation != Notation::Yaml {
            return None;
        }
        let after = self.after_colon(entry)?;
        if !entry.value.place.text().is_empty() {
            let span = entry.value.place.span;
            return Some(self.edit(span.start, span.end, format!("{{{}}}", self.flow(rest, value))));
        }
        let indent = self.indent(entry.key.place.span.start)? + self.step;
        let line_end = self.text()[after..].find('\n').map(|at| after + at + 1);
        let block = self.block(rest, value, indent);
        Some(match line_end {
            Some(start) => self.edit(start, start, block),
            None => self.edit(
                self.text().len(),
                self.text().len(),
                format!("{}{}", self.line_end, block.trim_end_matches(['\r', '\n'])),
            ),
        })
    }

    /// Adds a key, and the mappings that lead to it, to a mapping.
    fn add(&self, node: &Node, map: &Map, rest: &[&str], value: &str) -> Option<Edit> {
        let own: Vec<&Entry> = map
            .entries
            .iter()
            .filter(|entry| node.place.span.contains(entry.key.place.span) && entry.key.place.same_file(&node.place))
            .collect();
        if self.notation == Notation::Toml {
            return None;
        }
        if node.place.text().starts_with('{') {
            return self.add_flow(node, own.last().copied(), rest, value);
        }
        let (first, last) = (own.first()?, own.last()?);
        let indent = self.indent(first.key.place.span.start)?;
        let end = last.value.place.span.end.max(last.key.place.span.end);
        let end = if last.value.place.span.start < last.key.place.span.start {
            last.key.place.span.end
        } else {
            end
        };
        let block = self.block(rest, value, indent);
        Some(match self.text()[end..].find('\n') {
            Some(at) => self.edit(end + at + 1, end + at + 1, block),
            None => {
                let end = self.text().len();
                self.edit(
                    end,
                    end,
                    format!("{}{}", self.line_end, block.trim_end_matches(['\r', '\n'])),
                )
            }
        })
    }

    fn add_flow(&self, node: &Node, last: Option<&Entry>, rest: &[&str], value: &str) -> Option<Edit> {
        let addition = self.flow(rest, value);
        let Some(last) = last else {
            let inside = node.place.span.start + 1;
            return Some(self.edit(inside, inside, addition));
        };
        let end = last.value.place.span.end.max(last.key.place.span.end);
        let after = self.text().get(end..node.place.span.end)?;
        let comma = after.trim_start().starts_with(',');
        let at = if comma { end + after.find(',')? + 1 } else { end };
        let separator = if comma { "" } else { "," };
        // A key on a line of its own gets a neighbour on a line of its own.
        let line = self
            .file
            .line_span(self.file.position(last.key.place.span.start).line)?;
        let before = &self.text()[line.start..last.key.place.span.start];
        let space = if before.trim().is_empty() {
            format!("{}{before}", self.line_end)
        } else {
            " ".to_owned()
        };
        Some(self.edit(at, at, format!("{separator}{space}{addition}")))
    }

    /// `a: {b: value}` for the path `[a, b]`.
    fn flow(&self, path: &[&str], value: &str) -> String {
        let (last, parents) = path.split_last().map_or(("", path), |(last, parents)| (*last, parents));
        let mut text = format!("{}: {}", self.key(last), self.scalar(value));
        for parent in parents.iter().rev() {
            text = format!("{}: {{{text}}}", self.key(parent));
        }
        text
    }

    /// The same as lines of a block.
    fn block(&self, path: &[&str], value: &str, indent: usize) -> String {
        let mut text = String::new();
        for (depth, key) in path.iter().enumerate() {
            text.push_str(&" ".repeat(indent + depth * self.step));
            text.push_str(&self.key(key));
            text.push(':');
            if depth + 1 == path.len() {
                text.push(' ');
                text.push_str(value);
            }
            text.push_str(self.line_end);
        }
        text
    }

    /// The column of an offset, counted as the spaces that would lead to it; none with tabs.
    fn indent(&self, offset: usize) -> Option<usize> {
        let start = self.text()[..offset].rfind('\n').map_or(0, |at| at + 1);
        let before = &self.text()[start..offset];
        // `- ` of a list item counts; anything else before the key means that it is no block.
        let rest = before.trim_start_matches([' ', '-']);
        (rest.is_empty() && !before.contains('\t')).then(|| before.chars().count())
    }
}

/// How far this document indents: the first nested mapping's distance from its parent.
fn step(root: &Node) -> usize {
    let nested = root.entries().find_map(|entry| {
        let Data::Map(map) = &entry.value.data else { return None };
        let inner = map.entries.first()?;
        if entry.value.place.text().starts_with('{') {
            return None;
        }
        let outer = entry.key.place.start().column;
        inner.key.place.start().column.checked_sub(outer)
    });
    nested.filter(|step| (1..=8).contains(step)).unwrap_or(2)
}

#[cfg(test)]
mod tests {
    use super::super::yaml::parse_yaml;
    use super::*;
    use proptest::prelude::*;

    fn set(text: &str, path: &[&str], value: &str) -> String {
        let file = SourceFile::new("a.yaml", text);
        let root = parse_yaml(&file).unwrap().remove(0);
        let edit = set_key(&root, path, value).unwrap();
        apply(&file, &[edit]).unwrap()
    }

    #[test]
    fn keys_are_added_where_they_belong() {
        let yaml = "a:\n    x: 1 # one\n    y: [2]\nlist:\n- k: v\n";
        assert_eq!(
            set(yaml, &["a", "x"], "5"),
            "a:\n    x: 5 # one\n    y: [2]\nlist:\n- k: v\n"
        );
        assert_eq!(
            set(yaml, &["a", "z"], "3"),
            "a:\n    x: 1 # one\n    y: [2]\n    z: 3\nlist:\n- k: v\n"
        );
        assert_eq!(
            set(yaml, &["b", "c"], "true"),
            "a:\n    x: 1 # one\n    y: [2]\nlist:\n- k: v\nb:\n    c: true\n"
        );
    }

    #[test]
    fn layouts_are_kept() {
        assert_eq!(set("a: 1", &["b"], "2"), "a: 1\nb: 2");
        assert_eq!(set("a: 1\r\nc: 3\r\n", &["b"], "2"), "a: 1\r\nc: 3\r\nb: 2\r\n");
        assert_eq!(set("a:\nb: 1\n", &["a", "k"], "2"), "a:\n  k: 2\nb: 1\n");
        assert_eq!(set("a:\nb: 1\n", &["a"], "2"), "a: 2\nb: 1\n");
        assert_eq!(set("a: {}\n", &["a", "k"], "2"), "a: {k: 2}\n");
        assert_eq!(set("a: {x: 1}\n", &["a", "k", "l"], "2"), "a: {x: 1, k: {l: 2}}\n");
        assert_eq!(
            set("a: |\n  text\n  more\n", &["b"], "2"),
            "a: |\n  text\n  more\nb: 2\n"
        );
    }

    #[test]
    fn json_stays_json() {
        assert_eq!(set(r#"{"a": 1}"#, &["b"], "x"), r#"{"a": 1, "b": "x"}"#);
        assert_eq!(
            set("{\n  \"a\": {\n    \"x\": 1\n  }\n}\n", &["a", "y"], "[1]"),
            "{\n  \"a\": {\n    \"x\": 1,\n    \"y\": [1]\n  }\n}\n"
        );
    }

    #[test]
    fn what_came_through_an_alias_is_left_alone() {
        let file = SourceFile::new("a.yaml", "base: &b {x: 1}\nother: *b\n");
        let root = parse_yaml(&file).unwrap().remove(0);
        assert!(set_key(&root, &["other", "x"], "2").is_none());
    }

    proptest! {
        /// Whatever small tree is edited: the key has the value afterwards, and the rest is the same.
        #[test]
        fn a_set_key_is_there_and_nothing_else_changes(
            keys in proptest::collection::btree_map("[a-d]", 0_u8..4, 1..4),
            section in "[a-e]",
            key in "[w-z]",
            value in 0_u32..1000,
        ) {
            let mut text = String::new();
            for (name, kind) in &keys {
                match kind {
                    0 => text.push_str(&format!("{name}:\n  w: 1\n  v: two # why\n")),
                    1 => text.push_str(&format!("{name}: {{v: 1}}\n")),
                    2 => text.push_str(&format!("{name}:\n")),
                    _ => text.push_str(&format!("{name}:\n    deep:\n        v: 1\n\n# between\n")),
                }
            }
            let file = SourceFile::new("a.yaml", text.as_str());
            let root = parse_yaml(&file).unwrap().remove(0);
            let edit = set_key(&root, &[&section, &key], &value.to_string()).unwrap();
            let after = apply(&file, std::slice::from_ref(&edit)).unwrap();
            let read = SourceFile::new("a.yaml", after.as_str());
            let changed = parse_yaml(&read).unwrap().remove(0);
            prop_assert_eq!(changed.at(&[&section, &key]).and_then(Node::as_u64), Some(u64::from(value)));
            for entry in root.entries() {
                for inner in entry.value.entries() {
                    if entry.key.text == section && inner.key.text == key {
                        continue;
                    }
                    let same = changed.at(&[&entry.key.text, &inner.key.text]);
                    prop_assert_eq!(same.map(super::super::node::Node::kind), Some(inner.value.kind()));
                }
            }
            // Every other byte stays.
            prop_assert!(after.starts_with(&text[..edit.place.span.start]));
            prop_assert!(after.ends_with(&text[edit.place.span.end..]));
        }
    }
}
