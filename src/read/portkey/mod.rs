//! Portkey gateway config objects, as the open gateway of commit 669825c acts on them.
//!
//! A config is a tree: a node with `strategy` and `targets` picks among its targets, and a leaf is a
//! deployment; what a node sets its targets inherit. `targets.rs` compiles the tree, `leaf.rs` reads
//! a deployment, `remarks.rs` tells what is wrong. Behaviour was read in
//! `src/middlewares/requestValidator/schema/config.ts` and `src/handlers/{handlerUtils,retryHandler}.ts`.

mod leaf;
mod remarks;
mod targets;

#[cfg(test)]
mod tests;

use std::time::Duration;

use crate::source::Node;
use crate::system::{Auth, Cache, CacheKind, Dialect, Gateway, Mode, Policy, Route, Scope, Setting, System};

use super::checks::duplicate_keys;
use super::{Document, Reader};

/// The dialect of everything in this room.
const PORTKEY: Dialect = Dialect::Portkey;

/// The reader.
pub const READER: Reader = Reader {
    dialect: PORTKEY,
    recognises,
    read,
};

fn recognises(document: &Document<'_>) -> bool {
    document.root().is_some_and(|root| {
        let is_tree = root.get("targets").is_some_and(|targets| targets.as_seq().is_some())
            && root.at(&["strategy", "mode"]).is_some();
        let is_leaf = (root.get("provider").is_some() || root.get("virtual_key").is_some())
            && [
                "override_params",
                "retry",
                "request_timeout",
                "custom_host",
                "virtual_key",
            ]
            .iter()
            .any(|key| root.get(key).is_some())
            && root.get("model_list").is_none();
        let is_json = root.place.text().starts_with('{');
        is_json && (is_tree || is_leaf)
    })
}

fn read(document: &Document<'_>) -> System {
    let mut system = System::default();
    let Some(root) = document.root() else { return system };
    duplicate_keys(root, PORTKEY, &mut system);
    let place = root
        .entries()
        .next()
        .map_or_else(|| root.place.first_line(), |entry| entry.key.place.clone());
    let gateway = system.add_gateway(Gateway {
        dialect: PORTKEY,
        place: place.clone(),
        auth: Auth::Elsewhere,
        traces: Setting::default_of(false, PORTKEY),
        alerting: Setting::default_of(false, PORTKEY),
        prompts_logged: None,
        debug: None,
        shared_state: None,
        database: None,
        path_services: Vec::new(),
        cancels_on_disconnect: None,
        run_by: Vec::new(),
        addresses: Vec::new(),
        judged: Setting::default_of(false, PORTKEY),
        per_user_limits: Setting::default_of(false, PORTKEY),
    });
    let mut tree = targets::Tree::new(document.prices);
    let plan = tree.plan(root, &targets::Inherited::default(), &mut system);
    let name = ["name", "id", "slug"]
        .iter()
        .find_map(|key| root.get(key))
        .filter(|name| name.as_str().is_some());
    let statuses = root.at(&["strategy", "on_status_codes"]).map(|list| {
        let codes = list
            .items()
            .filter_map(|code| u16::try_from(code.as_u64()?).ok())
            .collect();
        Setting::written(codes, list.place.clone())
    });
    let stem = document
        .file
        .path()
        .file_stem()
        .map_or_else(|| "config".to_owned(), |stem| stem.to_string_lossy().into_owned());
    system.add_route(Route {
        name: name.and_then(Node::scalar_text).unwrap_or(stem),
        dialect: PORTKEY,
        places: vec![name.map_or(place, |name| name.place.clone())],
        gateway: Some(gateway),
        call: None,
        mode: Mode::Chat,
        wildcard: false,
        catch_all: false,
        members: targets::Tree::members(&plan),
        fallbacks: tree.fallbacks,
        plan,
        policy: Policy {
            cache: cache(root),
            fallback_statuses: statuses,
            ..Policy::bare(PORTKEY)
        },
    });
    remarks::check(root, &mut system);
    system
}

/// `cache` as `{mode, max_age}` or as a mode alone; `max_age` counts seconds.
fn cache(root: &Node) -> Setting<Option<Cache>> {
    let Some(node) = root.get("cache") else {
        return Setting::default_of(None, PORTKEY);
    };
    let mode = node
        .get("mode")
        .or(Some(node))
        .and_then(Node::as_str)
        .unwrap_or_default()
        .to_owned();
    if mode.is_empty() || mode == "disabled" {
        return Setting::written(None, node.place.clone());
    }
    let ttl = node.get("max_age").or_else(|| node.get("maxAge")).and_then(|age| {
        Some(Setting::written(
            Duration::try_from_secs_f64(age.as_f64()?).ok()?,
            age.place.clone(),
        ))
    });
    Setting::written(
        Some(Cache {
            kind: CacheKind::Shared,
            semantic: mode == "semantic",
            name: mode,
            threshold: None,
            ttl,
            scope: Setting::default_of(Scope::Everyone, PORTKEY),
            store: None,
        }),
        node.place.first_line(),
    )
}
