//! `LiteLLM` proxy configurations, as `LiteLLM` 1.109.1 acts on them.
//!
//! `config.rs` merges the file with what it includes and knows which section wins; then one file
//! for each idea: deployments, timeouts, retries, fallbacks, policy, the gateway itself, and the
//! keys that are wrong where they stand. Behaviour was read in the package's `router_python_core.py`,
//! `router_utils/`, `proxy/proxy_server.py`, `proxy/_types.py` and `constants.py`.

mod config;
mod deployments;
mod fallbacks;
mod gateway;
mod keys;
mod known;
mod limits;
mod policy;
mod providers;
mod remarks;
mod retries;
mod routes;
mod timeouts;

#[cfg(test)]
mod tests;

use std::path::PathBuf;

use crate::system::{Dialect, System};

use super::{Document, Reader};
use config::Config;

/// The reader.
pub const READER: Reader = Reader {
    dialect: Dialect::Litellm,
    recognises,
    read,
};

fn recognises(document: &Document<'_>) -> bool {
    document.root().is_some_and(|root| {
        let lists_models = root
            .get("model_list")
            .is_some_and(|list| list.items().any(|item| item.get("litellm_params").is_some()));
        // A file that only sets policies, or only includes others, is LiteLLM's too.
        lists_models
            || ["litellm_settings", "router_settings"]
                .iter()
                .any(|section| root.get(section).is_some_and(|it| it.as_map().is_some()))
            || (root.get("include").is_some() && root.get("general_settings").is_some())
    })
}

fn read(document: &Document<'_>) -> System {
    let mut system = System::default();
    let Some(root) = document.root() else { return system };
    let included = config::load_includes(document, root, &mut system);
    let config = Config::new(root, &included);
    keys::check(&config, &mut system);
    let gateway = gateway::read(&config, &mut system);
    let deployments = deployments::read(&config, document.prices, &mut system);
    routes::read(&config, gateway, &deployments, &mut system);
    remarks::check(&config, &mut system);
    system
}

/// Whether a master key is one that everybody knows.
#[must_use]
pub fn is_weak_key(key: &str) -> bool {
    gateway::WEAK_KEYS.contains(&key)
}

/// The files that a configuration includes, for whoever would otherwise read them a second time.
#[must_use]
pub fn includes(document: &Document<'_>) -> Vec<PathBuf> {
    document
        .root()
        .map(|root| config::include_paths(document, root))
        .unwrap_or_default()
}
