//! Fallback lists, and the walk that a failing request takes through them.
//!
//! `get_fallback_model_group` and `run_async_fallback` of `router_utils/fallback_event_handlers.py`,
//! `LiteLLM` 1.109.1: an entry of the route's own wins over the catch-all, which is
//! `default_fallbacks` or a `"*"` entry and never an appendix; a target runs with its own retries and
//! its own fallbacks; what was tried in this request is skipped; the walk is `max_fallbacks` deep.

use crate::source::{Data, Node, Place};
use crate::system::FallbackKind;

use super::config::Config;

/// `ROUTER_MAX_FALLBACKS` of `constants.py`, `LiteLLM` 1.109.1.
pub(super) const DEFAULT_MAX_FALLBACKS: u64 = 5;

/// One target as written.
#[derive(Debug, Clone)]
pub(super) struct Target {
    /// The route's name.
    pub name: String,
    /// Where it stands.
    pub place: Place,
}

/// One entry: a route and its targets.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    /// The route that fails; `*` for the catch-all.
    pub source: String,
    /// Where it is named.
    pub place: Place,
    /// What is tried instead, in order.
    pub targets: Vec<Target>,
    /// For which failures.
    pub kind: FallbackKind,
}

/// All fallback lists of a configuration.
#[derive(Debug, Default)]
pub(super) struct Fallbacks {
    /// Entries for any failure, then those for long input, then those for refused content; the
    /// router's list wins over the module's.
    pub entries: Vec<Entry>,
    /// How deep the walk may go.
    pub max: u64,
}

impl Fallbacks {
    pub(super) fn new(config: &Config<'_>) -> Self {
        let mut entries = Vec::new();
        let lists = [
            ("fallbacks", FallbackKind::Any),
            ("context_window_fallbacks", FallbackKind::Context),
            ("content_policy_fallbacks", FallbackKind::Content),
        ];
        for (key, kind) in lists {
            if let Some(list) = config.router_or_litellm(key) {
                list.items()
                    .for_each(|item| entries.extend(item.entries().filter_map(|entry| read_entry(entry, kind))));
            }
        }
        if let Some(list) = config.router_or_litellm("default_fallbacks") {
            let targets: Vec<Target> = list.items().filter_map(read_target).collect();
            if !targets.is_empty() {
                entries.push(Entry {
                    source: "*".to_owned(),
                    place: list.place.clone(),
                    targets,
                    kind: FallbackKind::Any,
                });
            }
        }
        let max = config
            .router_or_litellm("max_fallbacks")
            .filter(|node| node.as_u64().is_some());
        Self {
            entries,
            max: max.and_then(Node::as_u64).unwrap_or(DEFAULT_MAX_FALLBACKS),
        }
    }

    /// The entry that a failing route uses: its own, else that of its name without the provider's
    /// prefix, else the catch-all.
    pub(super) fn entry_of(&self, route: &str, kind: FallbackKind) -> Option<&Entry> {
        let of_kind = || self.entries.iter().filter(move |entry| entry.kind == kind);
        let stripped = route.split_once('/').map(|(_, rest)| rest);
        of_kind()
            .find(|entry| entry.source == route)
            .or_else(|| of_kind().rfind(|entry| entry.source != "*" && Some(entry.source.as_str()) == stripped))
            .or_else(|| of_kind().rfind(|entry| entry.source == "*"))
    }

    /// The targets that a request for `route` tries after it, in order, when everything fails; at most
    /// `most` of them.
    pub(super) fn walk<'a>(&'a self, route: &'a str, most: usize) -> Vec<&'a Target> {
        let mut order = Vec::new();
        self.step(route, 0, most, &mut vec![route], &mut order);
        order
    }

    fn step<'a>(
        &'a self,
        route: &str,
        depth: u64,
        most: usize,
        attempted: &mut Vec<&'a str>,
        order: &mut Vec<&'a Target>,
    ) {
        let Some(entry) = self.entry_of(route, FallbackKind::Any) else {
            return;
        };
        if depth >= self.max {
            return;
        }
        let mut depth = depth;
        for target in &entry.targets {
            if order.len() >= most {
                return;
            }
            if target.name == route || attempted.contains(&target.name.as_str()) {
                continue;
            }
            attempted.push(&target.name);
            order.push(target);
            depth += 1;
            self.step(&target.name, depth, most, attempted, order);
        }
    }
}

fn read_entry(entry: &crate::source::Entry, kind: FallbackKind) -> Option<Entry> {
    let targets: Vec<Target> = match &entry.value.data {
        Data::Seq(items) => items.iter().filter_map(read_target).collect(),
        // 1.106.2 accepts a bare name and then walks its letters; 1.109.1 refuses to start. The
        // meaning is plain, so the system has the target and a remark says what is wrong.
        Data::Str(_) => read_target(&entry.value).into_iter().collect(),
        _ => Vec::new(),
    };
    (!targets.is_empty()).then(|| Entry {
        source: entry.key.text.clone(),
        place: entry.key.place.clone(),
        targets,
        kind,
    })
}

/// A target: a route's name, or a map of parameters whose `model` names it.
fn read_target(node: &Node) -> Option<Target> {
    let named = if node.as_map().is_some() {
        node.get("model")?
    } else {
        node
    };
    Some(Target {
        name: named.scalar_text()?,
        place: named.place.clone(),
    })
}
