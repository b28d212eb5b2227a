//! Ways through a system that rules take often, gathered once: a repository can hold thousands of
//! gateways, and a scan of all routes for each would take the square of their number.

use std::collections::HashMap;
use std::sync::Arc;

use crate::source::SourceFile;
use crate::system::{RouteId, System};

/// What is looked up by its owner.
#[derive(Debug)]
pub(super) struct Index {
    /// The routes of each gateway, by its index.
    pub routes_of: Vec<Vec<RouteId>>,
    /// Whether another route falls back to a route, by its index.
    pub is_fallback_target: Vec<bool>,
    /// The documents of each file, by their indices; a file is known by its address in memory.
    pub documents_of: HashMap<usize, Vec<usize>>,
}

impl Index {
    /// The index of a system.
    pub(super) fn of(system: &System) -> Self {
        let mut index = Self {
            routes_of: vec![Vec::new(); system.gateways.len()],
            is_fallback_target: vec![false; system.routes.len()],
            documents_of: HashMap::new(),
        };
        for (at, route) in system.routes.iter().enumerate() {
            if let Some(gateway) = route.gateway {
                index.routes_of[gateway.0].push(RouteId(at));
            }
            for fallback in route.fallbacks.iter().filter(|fallback| fallback.acts()) {
                if let Some(target) = fallback.target.filter(|target| target.0 != at) {
                    index.is_fallback_target[target.0] = true;
                }
            }
        }
        for (at, root) in system.documents.iter().enumerate() {
            index
                .documents_of
                .entry(address(&root.place.file))
                .or_default()
                .push(at);
        }
        index
    }
}

/// What tells a file apart while it is held.
pub(super) fn address(file: &Arc<SourceFile>) -> usize {
    Arc::as_ptr(file).addr()
}
