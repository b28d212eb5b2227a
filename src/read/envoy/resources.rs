//! The resources of a file, and those of the files beside it that are applied with it.

use std::collections::HashMap;
use std::path::Path;

use crate::read::Document;
use crate::source::{Node, Place, SourceFile, parse_yaml};

/// No more files of a folder are looked at, and no larger ones.
const MOST_FILES: usize = 64;
const MOST_BYTES: u64 = 1024 * 1024;

/// Resources by kind, namespace and name. Those of the file itself come first.
pub(super) struct Resources<'a> {
    own: Vec<&'a Node>,
    all: Vec<&'a Node>,
    by_name: HashMap<(&'a str, &'a str, &'a str), &'a Node>,
    /// Policies by their kind, namespace, and the kind and name of what they are attached to.
    by_target: HashMap<[&'a str; 4], Vec<&'a Node>>,
}

/// Whether a document is a resource of the AI Gateway that has to do with models; tools
/// (`MCPRoute`) have not.
pub(super) fn is_ai_gateway(node: &Node) -> bool {
    let ours = node
        .get("apiVersion")
        .and_then(Node::as_str)
        .is_some_and(|version| version.starts_with("aigateway.envoyproxy.io/"));
    let kinds = [
        "AIGatewayRoute",
        "AIServiceBackend",
        "BackendSecurityPolicy",
        "QuotaPolicy",
    ];
    ours && kind(node).is_some_and(|kind| kinds.contains(&kind))
}

/// The documents of the files beside this one: a route, its backends and its policies are often split
/// over a folder that is applied whole. Their routes are read where they stand.
pub(super) fn beside(document: &Document<'_>) -> Vec<Node> {
    let own = document.file.path();
    let Some(folder) = own.parent().filter(|folder| *folder != Path::new("")) else {
        return Vec::new();
    };
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut paths: Vec<_> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path != own && path.extension().is_some_and(|it| it == "yaml" || it == "yml"))
        .collect();
    paths.sort();
    paths.truncate(MOST_FILES);
    paths.iter().filter_map(|path| read(path)).flatten().collect()
}

fn read(path: &Path) -> Option<Vec<Node>> {
    let size = std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file)?.len();
    if size > MOST_BYTES {
        return None;
    }
    let text = std::fs::read_to_string(path).ok()?;
    if !text.contains("envoyproxy.io") {
        return None;
    }
    parse_yaml(&SourceFile::new(path, text)).ok()
}

impl<'a> Resources<'a> {
    pub(super) fn new(own: &'a [Node], beside: &'a [Node]) -> Self {
        let own: Vec<&Node> = own.iter().filter(|node| kind(node).is_some()).collect();
        let all: Vec<&Node> = own
            .iter()
            .copied()
            .chain(beside.iter().filter(|node| kind(node).is_some()))
            .collect();
        let mut by_name = HashMap::with_capacity(all.len());
        let mut by_target: HashMap<[&str; 4], Vec<&Node>> = HashMap::new();
        for node in &all {
            let (kind, namespace) = (kind(node).unwrap_or_default(), namespace(node));
            by_name.entry((kind, namespace, name(node))).or_insert(*node);
            let spec = node.get("spec");
            let one = spec.and_then(|spec| spec.get("targetRef"));
            let many = spec.and_then(|spec| spec.get("targetRefs"));
            for target in one.into_iter().chain(many.into_iter().flat_map(Node::items)) {
                let text = |key: &str| target.get(key).and_then(Node::as_str).unwrap_or_default();
                let key = [kind, namespace, text("kind"), text("name")];
                by_target.entry(key).or_default().push(node);
            }
        }
        Self {
            own,
            all,
            by_name,
            by_target,
        }
    }

    /// The file's own resources of a kind.
    pub(super) fn own(&self, of: &str) -> impl Iterator<Item = &'a Node> {
        self.own.iter().copied().filter(move |node| kind(node) == Some(of))
    }

    /// All resources of a kind.
    pub(super) fn all(&self, of: &str) -> impl Iterator<Item = &'a Node> {
        self.all.iter().copied().filter(move |node| kind(node) == Some(of))
    }

    /// A resource by its name.
    pub(super) fn find(&self, of: &str, namespace: &str, name: &str) -> Option<&'a Node> {
        self.by_name.get(&(of, namespace, name)).copied()
    }

    /// The policies of a kind whose `targetRefs` (or older `targetRef`) name a resource of the same
    /// namespace.
    pub(super) fn policies(&self, of: &str, target: &str, namespace: &str, named: &str) -> Vec<&'a Node> {
        self.by_target
            .get(&[of, namespace, target, named])
            .cloned()
            .unwrap_or_default()
    }
}

/// A resource's kind.
pub(super) fn kind(node: &Node) -> Option<&str> {
    node.get("kind")?.as_str()
}

/// A resource's name.
pub(super) fn name(node: &Node) -> &str {
    node.at(&["metadata", "name"])
        .and_then(Node::as_str)
        .unwrap_or_default()
}

/// A resource's namespace; text for the one that is in force when it is applied.
pub(super) fn namespace(node: &Node) -> &str {
    node.at(&["metadata", "namespace"])
        .and_then(Node::as_str)
        .unwrap_or("default")
}

/// Where a resource is named.
pub(super) fn place(node: &Node) -> Place {
    node.at(&["metadata", "name"])
        .map_or_else(|| node.place.first_line(), |name| name.place.clone())
}
