//! Plugins, wherever a decK file holds them, with what they cover.

use std::collections::{HashMap, HashSet};

use crate::source::{Node, Place};

/// Plugins that limit or cache what an AI plugin does.
const AROUND: &[&str] = &[
    "ai-rate-limiting-advanced",
    "ai-semantic-cache",
    "rate-limiting",
    "rate-limiting-advanced",
];

/// One plugin that is switched on.
pub(super) struct Plugin<'a> {
    /// Its block.
    pub node: &'a Node,
    /// Its name.
    pub name: &'a str,
    /// The service that it covers, by name.
    pub service: Option<&'a str>,
    /// The route that it covers, by name or first path.
    pub route: Option<&'a str>,
    /// The service's block, when it is in view.
    pub service_node: Option<&'a Node>,
    /// The value that names what is covered: the route's name or path, the service's name.
    pub covered: Option<&'a Node>,
}

impl Plugin<'_> {
    /// Where the plugin is named.
    pub(super) fn place(&self) -> Place {
        self.node
            .get("name")
            .map_or_else(|| self.node.place.first_line(), |name| name.place.clone())
    }
}

/// All plugins of a file.
pub(super) struct Plugins<'a> {
    all: Vec<Plugin<'a>>,
    by_scope: HashMap<(Option<&'a str>, Option<&'a str>), Vec<usize>>,
}

impl<'a> Plugins<'a> {
    pub(super) fn new(root: &'a Node) -> Self {
        let mut all = Vec::new();
        let services: HashMap<&str, &Node> = items(root, "services")
            .filter_map(|service| Some((text(service, "name")?, service)))
            .collect();
        for service in items(root, "services") {
            let named = service.get("name");
            let name = text(service, "name");
            for plugin in items(service, "plugins") {
                push(&mut all, plugin, name, None, Some(service), named);
            }
            for route in items(service, "routes") {
                let at = named_at(route);
                for plugin in items(route, "plugins") {
                    push(
                        &mut all,
                        plugin,
                        name,
                        at.and_then(Node::as_str),
                        Some(service),
                        at.or(named),
                    );
                }
            }
        }
        for route in items(root, "routes") {
            let at = named_at(route);
            let service = reference(route, "service");
            let block = service.and_then(|name| services.get(name)).copied();
            for plugin in items(route, "plugins") {
                push(&mut all, plugin, service, at.and_then(Node::as_str), block, at);
            }
        }
        for plugin in items(root, "plugins") {
            let (service, route) = (reference(plugin, "service"), reference(plugin, "route"));
            let covered = plugin.get("route").or_else(|| plugin.get("service"));
            let covered = covered.and_then(|node| node.get("name").or_else(|| node.get("id")).or(Some(node)));
            let block = service.and_then(|name| services.get(name)).copied();
            push(&mut all, plugin, service, route, block, covered);
        }
        let mut by_scope: HashMap<_, Vec<usize>> = HashMap::new();
        let mut seen = HashSet::new();
        for (at, plugin) in all.iter().enumerate() {
            let scope = (plugin.service, plugin.route);
            // Kong allows one plugin of a name for one scope.
            if AROUND.contains(&plugin.name) && seen.insert((scope, plugin.name)) {
                by_scope.entry(scope).or_default().push(at);
            }
        }
        Self { all, by_scope }
    }

    /// All plugins in the order of the text.
    pub(super) fn all(&self) -> impl Iterator<Item = &Plugin<'a>> {
        self.all.iter()
    }

    /// Those that call models.
    pub(super) fn ai(&self) -> impl Iterator<Item = &Plugin<'a>> {
        self.all
            .iter()
            .filter(|plugin| matches!(plugin.name, "ai-proxy" | "ai-proxy-advanced"))
    }

    /// The plugins that limit or cache every request to what another plugin covers.
    pub(super) fn around(&self, plugin: &Plugin<'a>) -> Vec<&Plugin<'a>> {
        let mut scopes = vec![
            (None, None),
            (plugin.service, None),
            (None, plugin.route),
            (plugin.service, plugin.route),
        ];
        scopes.sort_unstable();
        scopes.dedup();
        scopes
            .iter()
            .filter_map(|scope| self.by_scope.get(scope))
            .flatten()
            .map(|at| &self.all[*at])
            .collect()
    }
}

fn push<'a>(
    all: &mut Vec<Plugin<'a>>,
    node: &'a Node,
    service: Option<&'a str>,
    route: Option<&'a str>,
    service_node: Option<&'a Node>,
    covered: Option<&'a Node>,
) {
    let on = node.get("enabled").and_then(Node::as_bool) != Some(false);
    // A plugin for one consumer says nothing of the others.
    let for_some = node.get("consumer").is_some() || node.get("consumer_group").is_some();
    if let Some(name) = text(node, "name").filter(|_| on && !for_some) {
        all.push(Plugin {
            node,
            name,
            service,
            route,
            service_node,
            covered,
        });
    }
}

fn items<'a>(node: &'a Node, key: &str) -> impl Iterator<Item = &'a Node> {
    node.get(key).into_iter().flat_map(Node::items)
}

fn text<'a>(node: &'a Node, key: &str) -> Option<&'a str> {
    node.get(key)?.as_str()
}

/// What names a route: its name, else its first path.
fn named_at(route: &Node) -> Option<&Node> {
    route.get("name").or_else(|| route.get("paths")?.items().next())
}

/// The entity that a plugin or route refers to: `service: name` or `service: {name: …}`.
fn reference<'a>(node: &'a Node, key: &str) -> Option<&'a str> {
    let value = node.get(key)?;
    value
        .as_str()
        .or_else(|| text(value, "name"))
        .or_else(|| text(value, "id"))
}
