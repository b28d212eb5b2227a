//! One configuration: the file, what it includes, and which section wins.

use std::path::{Path, PathBuf};

use crate::read::Document;
use crate::source::{Node, Place, SourceFile, parse_yaml};
use crate::system::{Dialect, Remark, RemarkKind, System};

/// No file is included from deeper than this; `LiteLLM` itself stops only at repetition.
const MAX_INCLUDES: usize = 64;

/// A configuration whose included files are merged in: lists are joined, anything else that an
/// included file sets overrides (`proxy/common_utils/config_includes.py`, `LiteLLM` 1.109.1).
pub(super) struct Config<'a> {
    /// The file itself first, then the included ones in the order in which they are merged.
    pub roots: Vec<&'a Node>,
    /// The entries of `model_list`.
    pub models: Vec<&'a Node>,
    /// `router_settings`.
    pub router: Section<'a>,
    /// `litellm_settings`.
    pub litellm: Section<'a>,
    /// `general_settings`.
    pub general: Section<'a>,
}

/// One section of the merged configuration.
#[derive(Clone, Copy)]
pub(super) struct Section<'a> {
    node: Option<&'a Node>,
}

impl<'a> Section<'a> {
    /// The section's mapping, when it is written.
    pub(super) const fn node(self) -> Option<&'a Node> {
        self.node
    }

    /// The value of a key that is written and not null.
    pub(super) fn get(self, key: &str) -> Option<&'a Node> {
        self.node?.get(key)
    }

    /// Whether a switch is on. Text such as `"true"` counts as Python counts it: as true.
    pub(super) fn is_on(self, key: &str) -> bool {
        self.get(key).is_some_and(truthy)
    }
}

/// What Python's `if value:` takes for true.
pub(super) fn truthy(node: &Node) -> bool {
    use crate::source::Data;
    match &node.data {
        Data::Null => false,
        Data::Bool(value) => *value,
        Data::Int(value) => *value != 0,
        Data::Float(value) => *value != 0.0,
        Data::Str(text) => !text.is_empty(),
        Data::Seq(items) => !items.is_empty(),
        Data::Map(map) => !map.entries.is_empty(),
    }
}

impl<'a> Config<'a> {
    pub(super) fn new(root: &'a Node, included: &'a [Node]) -> Self {
        let roots: Vec<&Node> = std::iter::once(root).chain(included).collect();
        let models = roots
            .iter()
            .filter_map(|root| root.get("model_list"))
            .flat_map(Node::items)
            .collect();
        // A section is no list, so the last file that sets it wins as a whole.
        let section = |name: &str| Section {
            node: roots
                .iter()
                .rev()
                .find_map(|root| root.get(name))
                .filter(|node| node.as_map().is_some()),
        };
        Self {
            models,
            router: section("router_settings"),
            litellm: section("litellm_settings"),
            general: section("general_settings"),
            roots,
        }
    }

    /// A top-level block other than the three sections.
    pub(super) fn top(&self, key: &str) -> Option<&'a Node> {
        self.roots.iter().rev().find_map(|root| root.get(key))
    }

    /// The value that wins where both the router's and the module's settings may hold it.
    pub(super) fn router_or_litellm(&self, key: &str) -> Option<&'a Node> {
        self.router.get(key).or_else(|| self.litellm.get(key))
    }

    /// Where findings about something that is nowhere written are shown: the first key of the file.
    pub(super) fn place(&self) -> Place {
        let root = self.roots[0];
        let section = ["router_settings", "litellm_settings", "model_list"]
            .iter()
            .find_map(|name| root.entry(name));
        section
            .or_else(|| root.entries().next())
            .map_or_else(|| root.place.first_line(), |entry| entry.key.place.clone())
    }
}

/// The paths that a file's `include` names, relative to the file.
pub(super) fn include_paths(document: &Document<'_>, root: &Node) -> Vec<PathBuf> {
    let folder = document.file.path().parent().unwrap_or_else(|| Path::new(""));
    root.get("include")
        .into_iter()
        .flat_map(Node::items)
        .filter_map(Node::as_str)
        .map(|name| folder.join(name))
        .collect()
}

/// Reads the included files, each once. A file that cannot be read stops `LiteLLM`'s start, so it
/// is remarked upon.
pub(super) fn load_includes(document: &Document<'_>, root: &Node, system: &mut System) -> Vec<Node> {
    let mut seen = vec![document.file.path().to_path_buf()];
    let mut loaded = Vec::new();
    let mut pending = includes_of(root, document.file.path());
    pending.reverse();
    while let Some((path, place)) = pending.pop() {
        if seen.contains(&path) {
            continue;
        }
        seen.push(path.clone());
        if seen.len() > MAX_INCLUDES {
            remark(
                system,
                place,
                format!("more than {MAX_INCLUDES} files are included: the rest was not read"),
            );
            break;
        }
        match read_include(&path) {
            Ok(node) => {
                let mut inner = includes_of(&node, &path);
                inner.reverse();
                pending.extend(inner);
                loaded.push(node);
            }
            Err(why) => remark(
                system,
                place,
                format!(
                    "the included file {} cannot be read, so LiteLLM does not start: {why}",
                    path.display()
                ),
            ),
        }
    }
    loaded
}

fn includes_of(root: &Node, path: &Path) -> Vec<(PathBuf, Place)> {
    let folder = path.parent().unwrap_or_else(|| Path::new(""));
    root.get("include")
        .into_iter()
        .flat_map(Node::items)
        .filter_map(|item| Some((folder.join(item.as_str()?), item.place.clone())))
        .collect()
}

fn read_include(path: &Path) -> Result<Node, String> {
    const MAX_BYTES: u64 = 10 * 1024 * 1024;
    let size = std::fs::metadata(path).map_err(|error| error.to_string())?.len();
    if size > MAX_BYTES {
        return Err(format!("it has {size} bytes, more than {MAX_BYTES}"));
    }
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    let file = SourceFile::new(path, text);
    let documents = parse_yaml(&file).map_err(|error| error.to_string())?;
    documents
        .into_iter()
        .next()
        .filter(|node| node.as_map().is_some())
        .ok_or_else(|| "it is no YAML mapping".to_owned())
}

fn remark(system: &mut System, place: Place, message: String) {
    system.remarks.push(Remark {
        kind: RemarkKind::InvalidValue,
        dialect: Dialect::Litellm,
        place,
        message,
        help: None,
        edits: Vec::new(),
        sure: true,
    });
}
