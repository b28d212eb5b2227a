//! A service with what it extends.

use crate::source::Node;

/// No chain of `extends` is followed further.
const MOST_LAYERS: usize = 16;

/// A service's own mapping first, then those that it extends in the same file.
pub(super) struct Layers<'a> {
    nodes: Vec<&'a Node>,
}

impl<'a> Layers<'a> {
    /// Follows `extends` inside one file; what another file holds is out of sight.
    pub(super) fn of(root: &'a Node, service: &'a Node) -> Self {
        let mut nodes = vec![service];
        let mut at = service;
        while nodes.len() < MOST_LAYERS
            && let Some(base) = extended(at).and_then(|name| root.get("services")?.get(name))
        {
            nodes.push(base);
            at = base;
        }
        Self { nodes }
    }

    /// The value at a path, from the nearest mapping that has it.
    pub(super) fn at(&self, path: &[&str]) -> Option<&'a Node> {
        self.nodes.iter().find_map(|node| node.at(path))
    }

    /// The values of a key from all mappings, the nearest first: lists and mappings are joined.
    pub(super) fn all(&self, key: &str) -> impl Iterator<Item = &'a Node> {
        self.nodes.iter().filter_map(move |node| node.get(key))
    }
}

fn extended(service: &Node) -> Option<&str> {
    let extends = service.get("extends")?;
    if extends.get("file").is_some() {
        return None;
    }
    extends.as_str().or_else(|| extends.get("service")?.as_str())
}
