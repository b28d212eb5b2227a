//! Settings from the command line, laid over a suite: `retrieval.top_k=1`.

use crate::source::{Data, Entry, Key, Map, Node, SourceFile, Span, parse_yaml};

/// Settings that are laid over every suite of a run.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// Each as a mapping of one key within another.
    pub(super) nodes: Vec<Node>,
}

impl Overrides {
    /// Reads `KEY.KEY=VALUE` texts; a value is YAML.
    ///
    /// # Errors
    /// Says which text is none, and why.
    pub fn parse(texts: &[String]) -> Result<Self, String> {
        let nodes = texts.iter().map(|text| node(text)).collect::<Result<_, _>>()?;
        Ok(Self { nodes })
    }
}

fn node(text: &str) -> Result<Node, String> {
    let wrong = |why: &str| format!("--set {text}: {why}; expected KEY=VALUE, such as retrieval.top_k=1");
    let (path, value) = text.split_once('=').ok_or_else(|| wrong("there is no `=`"))?;
    let file = SourceFile::new("--set", text);
    let value_file = SourceFile::new(format!("--set {path}"), value);
    let documents = parse_yaml(&value_file).map_err(|error| wrong(&error.message))?;
    let empty = || Node {
        data: Data::Null,
        place: value_file.place(Span::new(0, 0)),
    };
    let value = documents.into_iter().next().unwrap_or_else(empty);
    let keys: Vec<&str> = path.split('.').map(str::trim).collect();
    if keys.iter().any(|key| key.is_empty()) {
        return Err(wrong("a key is empty"));
    }
    let place = file.place(Span::new(0, path.len()));
    Ok(keys.iter().rev().fold(value, |inner, key| Node {
        data: Data::Map(Map {
            entries: vec![Entry {
                key: Key {
                    text: (*key).to_owned(),
                    place: place.clone(),
                },
                value: inner,
            }],
        }),
        place: place.clone(),
    }))
}
