//! A configuration's documents: YAML and JSON with `$ref`, `file://` and the environment in them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::eval::suite::SuiteError;
use crate::source::{Data, Entry, Map, Node, Place, SourceFile, Span, parse_yaml};

use super::files;
use super::script::Programs;

/// How deep references may lead.
const DEEPEST: usize = 48;
/// How many values references may multiply a document to.
const MOST_NODES: usize = 1_000_000;

/// Where a configuration stands, and the environment of its own (`env:`).
#[derive(Debug, Clone, Default)]
pub(super) struct Home {
    /// The configuration's folder: what paths start from, wherever they are written.
    pub(super) folder: PathBuf,
    /// What `env:` sets; it goes before the process's own environment.
    pub(super) environment: BTreeMap<String, String>,
    /// What runs its scripts.
    pub(super) programs: Programs,
}

impl Home {
    /// A variable of the environment.
    pub(super) fn variable(&self, name: &str) -> Option<String> {
        let own = self.environment.get(name).cloned();
        own.or_else(|| std::env::var(name).ok())
    }

    /// Text with `{{env.NAME}}` and `{{ env['NAME'] }}` filled in, as promptfoo does it when it reads a
    /// configuration: what is not set is left as it is.
    pub(super) fn filled(&self, text: &str) -> String {
        fill(text, &|name| self.variable(name))
    }

    /// A document of this configuration from a file.
    pub(super) fn load(&self, place: &Place, path: &Path) -> Result<Node, SuiteError> {
        let file = SourceFile::new(path, files::text_of(place, path)?);
        let root = parse(&file)?;
        let root = dereferenced(&root)?;
        self.loaded(&self.with_environment(root), Inside::Document, 0)
    }

    /// Replaces `{{env.X}}` of the configuration's own variables everywhere. Those of the process stay: they are
    /// filled in where a value is used, so that no key is written into a suite.
    pub(super) fn with_environment(&self, mut node: Node) -> Node {
        if !self.environment.is_empty() {
            replace(&mut node, &|name| self.environment.get(name).cloned());
        }
        node
    }

    /// Loads the `file://` values inside a value.
    pub(super) fn nested(&self, node: &Node) -> Result<Node, SuiteError> {
        self.loaded(node, Inside::Document, 0)
    }

    /// Loads `file://` values of a loaded document, but for those that are read when a test runs: variables, and
    /// scripts.
    fn loaded(&self, node: &Node, inside: Inside, depth: usize) -> Result<Node, SuiteError> {
        if depth > DEEPEST {
            return Err(SuiteError::at(&node.place, "files name one another without end"));
        }
        let data = match &node.data {
            Data::Str(text) if text.starts_with("file://") && inside == Inside::Document => {
                let path = files::bare(text);
                if files::Language::of(files::function_of(path).0).is_some() {
                    return Ok(node.clone());
                }
                return self.file(&node.place, path);
            }
            Data::Seq(items) => {
                let items = items.iter().map(|item| self.loaded(item, inside, depth + 1));
                Data::Seq(items.collect::<Result<_, _>>()?)
            }
            Data::Map(map) => {
                let entry = |entry: &Entry| {
                    let key = entry.key.text.as_str();
                    let inside = if key == "vars" { Inside::Variables } else { inside };
                    Ok(Entry {
                        key: entry.key.clone(),
                        value: self.loaded(&entry.value, inside, depth + 1)?,
                    })
                };
                Data::Map(Map {
                    entries: map.entries.iter().map(entry).collect::<Result<_, SuiteError>>()?,
                })
            }
            _ => return Ok(node.clone()),
        };
        Ok(Node {
            data,
            place: node.place.clone(),
        })
    }

    /// What `file://` stands for: YAML, JSON and CSV as values, all else as text; a glob is the list of what its
    /// files hold.
    pub(super) fn file(&self, place: &Place, path: &str) -> Result<Node, SuiteError> {
        let path = self.filled(path);
        if !files::is_glob(&path) {
            return value_of(place, &self.folder.join(&path));
        }
        let found = files::matching(place, &self.folder, &path)?;
        if found.is_empty() {
            return Err(SuiteError::at(place, format!("no file is named `{path}`")));
        }
        let mut items = Vec::new();
        for path in found {
            let node = value_of(place, &path)?;
            match node.data {
                Data::Seq(several) => items.extend(several),
                Data::Null => {}
                _ => items.push(node),
            }
        }
        Ok(Node {
            data: Data::Seq(items),
            place: place.clone(),
        })
    }
}

/// Whether `file://` is loaded here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Inside {
    Document,
    Variables,
}

/// The one document of a file.
pub(super) fn parse(file: &Arc<SourceFile>) -> Result<Node, SuiteError> {
    let nodes = parse_yaml(file).map_err(|error| SuiteError::parse(file.path(), error))?;
    match nodes.as_slice() {
        [node] => {
            let mut node = node.clone();
            words_as_text(&mut node);
            Ok(node)
        }
        [] => Ok(Node {
            data: Data::Null,
            place: file.place(Span::new(0, 0)),
        }),
        [_, second, ..] => Err(SuiteError::at(
            &second.place.first_line(),
            "one YAML document was expected, and here is another",
        )),
    }
}

/// `yes`, `no`, `on`, `off`, `y` and `n` are words in promptfoo, whose reader (js-yaml 4) knows YAML 1.2: only `true` and
/// `false` are truth values.
fn words_as_text(node: &mut Node) {
    match &mut node.data {
        Data::Bool(_) => {
            let written = node.place.text();
            if !written.eq_ignore_ascii_case("true") && !written.eq_ignore_ascii_case("false") {
                node.data = Data::Str(written.to_owned());
            }
        }
        Data::Seq(items) => items.iter_mut().for_each(words_as_text),
        Data::Map(map) => map.entries.iter_mut().for_each(|entry| words_as_text(&mut entry.value)),
        _ => {}
    }
}

fn value_of(place: &Place, path: &Path) -> Result<Node, SuiteError> {
    let text = files::text_of(place, path)?;
    let file = SourceFile::new(path, text);
    match files::extension(&path.to_string_lossy()).as_str() {
        "json" | "yaml" | "yml" => parse(&file),
        "csv" => {
            let rows = super::table::rows(&file)?;
            // A table of one column is a list of its values.
            let single = |row: &Node| match row.as_map().map(|map| map.entries.as_slice()) {
                Some([only]) => only.value.clone(),
                _ => row.clone(),
            };
            let items = rows.iter().map(single).collect();
            Ok(Node {
                data: Data::Seq(items),
                place: place.clone(),
            })
        }
        _ => Ok(Node {
            data: Data::Str(file.text().to_owned()),
            place: place.clone(),
        }),
    }
}

/// The document with every `{$ref: '#/…'}` replaced by what it points at. Keys beside `$ref` go before those of
/// what is referred to, as `json-schema-ref-parser` has it, which promptfoo uses.
pub(super) fn dereferenced(root: &Node) -> Result<Node, SuiteError> {
    let mut has_references = false;
    root.walk(&mut |node| has_references |= reference(node).is_some());
    if !has_references {
        return Ok(root.clone());
    }
    let mut budget = MOST_NODES;
    follow(root, root, 0, &mut budget)
}

fn reference(node: &Node) -> Option<(&str, &Place)> {
    let entry = node.entry("$ref")?;
    Some((entry.value.as_str()?, &entry.value.place))
}

fn follow(root: &Node, node: &Node, depth: usize, budget: &mut usize) -> Result<Node, SuiteError> {
    *budget = budget.saturating_sub(1);
    if depth > DEEPEST || *budget == 0 {
        return Err(SuiteError::at(
            &node.place.first_line(),
            "references lead in a circle, or to too much",
        ));
    }
    if let Some((pointer, place)) = reference(node) {
        let target = pointed(root, pointer, place)?;
        let mut target = follow(root, target, depth + 1, budget)?;
        let beside = node.entries().filter(|entry| entry.key.text != "$ref");
        let mut entries = Vec::new();
        for entry in beside {
            entries.push(Entry {
                key: entry.key.clone(),
                value: follow(root, &entry.value, depth + 1, budget)?,
            });
        }
        if let (Data::Map(map), false) = (&mut target.data, entries.is_empty()) {
            let own: Vec<String> = entries.iter().map(|entry: &Entry| entry.key.text.clone()).collect();
            entries.extend(map.entries.drain(..).filter(|entry| !own.contains(&entry.key.text)));
            map.entries = entries;
        }
        return Ok(target);
    }
    let data = match &node.data {
        Data::Seq(items) => {
            let items = items.iter().map(|item| follow(root, item, depth + 1, budget));
            Data::Seq(items.collect::<Result<_, _>>()?)
        }
        Data::Map(map) => {
            let mut entries = Vec::with_capacity(map.entries.len());
            for entry in &map.entries {
                // The schema of a tool's arguments has references of its own, which are the provider's to follow.
                let value = if entry.key.text == "parameters" {
                    entry.value.clone()
                } else {
                    follow(root, &entry.value, depth + 1, budget)?
                };
                entries.push(Entry {
                    key: entry.key.clone(),
                    value,
                });
            }
            Data::Map(Map { entries })
        }
        _ => return Ok(node.clone()),
    };
    Ok(Node {
        data,
        place: node.place.clone(),
    })
}

fn pointed<'a>(root: &'a Node, pointer: &str, place: &Place) -> Result<&'a Node, SuiteError> {
    let Some(path) = pointer.strip_prefix('#') else {
        return Err(SuiteError::at(
            place,
            format!("`$ref: {pointer}`: only references within the file (`#/…`) are followed"),
        ));
    };
    let mut node = root;
    for part in path.split('/').skip(1) {
        let part = part.replace("~1", "/").replace("~0", "~").replace("%20", " ");
        let next = match &node.data {
            Data::Seq(items) => part.parse::<usize>().ok().and_then(|at| items.get(at)),
            _ => node.get(&part),
        };
        node = next.ok_or_else(|| {
            SuiteError::at(
                place,
                format!("`$ref: {pointer}` points at nothing: there is no `{part}`"),
            )
        })?;
    }
    Ok(node)
}

fn replace(node: &mut Node, variable: &impl Fn(&str) -> Option<String>) {
    match &mut node.data {
        Data::Str(text) if text.contains("env") => *text = fill(text, variable),
        Data::Seq(items) => items.iter_mut().for_each(|item| replace(item, variable)),
        Data::Map(map) => map
            .entries
            .iter_mut()
            .for_each(|entry| replace(&mut entry.value, variable)),
        _ => {}
    }
}

fn fill(text: &str, variable: &impl Fn(&str) -> Option<String>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("{{") {
        let Some(length) = rest[start..].find("}}") else { break };
        out.push_str(&rest[..start]);
        let mark = &rest[start..start + length + 2];
        let value = environment_name(&mark[2..mark.len() - 2]).and_then(variable);
        out.push_str(value.as_deref().unwrap_or(mark));
        rest = &rest[start + length + 2..];
    }
    out.push_str(rest);
    out
}

/// The variable that `env.NAME` or `env['NAME']` names, when nothing else stands beside it.
pub(super) fn environment_name(expression: &str) -> Option<&str> {
    let rest = expression.trim().trim_matches('-').trim().strip_prefix("env")?;
    let name = match rest.strip_prefix('.') {
        Some(name) => name,
        None => {
            let inner = rest.strip_prefix('[')?.strip_suffix(']')?.trim();
            let quote = inner.chars().next().filter(|c| *c == '\'' || *c == '"')?;
            inner.strip_prefix(quote)?.strip_suffix(quote)?
        }
    };
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_');
    is_name.then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(text: &str) -> Node {
        parse(&SourceFile::new("c.yaml", text)).unwrap()
    }

    #[test]
    fn references_are_followed_and_what_stands_beside_them_wins() {
        let root = document(
            "assertionTemplates:\n  short: {type: javascript, value: output.length < 9, weight: 2}\nassert:\n  - $ref: '#/assertionTemplates/short'\n  - {$ref: '#/assertionTemplates/short', weight: 5}\n",
        );
        let root = dereferenced(&root).unwrap();
        let items = root.get("assert").unwrap().as_seq().unwrap();
        assert_eq!(
            items[0].to_json(),
            serde_json::json!({"type": "javascript", "value": "output.length < 9", "weight": 2})
        );
        assert_eq!(items[1].get("weight").unwrap().as_u64(), Some(5));
        assert_eq!(items[0].get("value").unwrap().place.start().line, 2);
    }

    #[test]
    fn words_are_no_truth_values() {
        let read = document("a: yes\nb: [y, n, on, Off]\nc: true\nd: False\n").to_json();
        assert_eq!(
            read,
            serde_json::json!({"a": "yes", "b": ["y", "n", "on", "Off"], "c": true, "d": false})
        );
    }

    #[test]
    fn references_that_lead_nowhere_or_in_a_circle_are_errors() {
        let error = dereferenced(&document("a: {$ref: '#/b'}")).unwrap_err().to_string();
        assert!(
            error.contains("points at nothing") && error.contains("c.yaml:1:11"),
            "{error}"
        );
        let error = dereferenced(&document("a: {$ref: '#/a'}")).unwrap_err().to_string();
        assert!(error.contains("circle"), "{error}");
        let error = dereferenced(&document("a: {$ref: 'other.yaml#/x'}"))
            .unwrap_err()
            .to_string();
        assert!(error.contains("within the file"), "{error}");
        // The schema of a tool's arguments is left alone.
        assert!(
            dereferenced(&document(
                "tools: [{parameters: {$ref: '#/nowhere'}}]\nb: {$ref: '#/tools'}"
            ))
            .is_ok()
        );
    }

    #[test]
    fn the_environment_is_filled_in_where_it_is_set() {
        let home = Home {
            environment: [("BASE".to_owned(), "http://here".to_owned())].into(),
            ..Home::default()
        };
        assert_eq!(
            home.filled("{{env.BASE}}/chat {{ env['BASE'] }} {{ env.NOT_SET_ANYWHERE }}"),
            "http://here/chat http://here {{ env.NOT_SET_ANYWHERE }}"
        );
        assert_eq!(
            home.filled("{{ environment.BASE }} {{ question }}"),
            "{{ environment.BASE }} {{ question }}"
        );
        assert_eq!(environment_name(" env.A_1 "), Some("A_1"));
        assert_eq!(environment_name("env.A | upper"), None);
    }
}
