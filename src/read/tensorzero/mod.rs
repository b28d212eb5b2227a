//! `TensorZero` configurations, as `TensorZero` 7a6159a acts on them.
//!
//! `models.rs` reads models and their providers, `functions.rs` compiles variants, experiments and
//! models into plans, `limits.rs` rate limiting rules, `gateway.rs` the gateway itself and its
//! evaluations, `remarks.rs` what is wrong where it stands. Several files of one folder may be globbed
//! together: each is read on its own, so a model that this file does not define may stand in another.
//! Behaviour was read in `docs/gateway/configuration-reference.mdx`,
//! `docs/gateway/guides/retries-fallbacks.mdx` and `crates/tensorzero-core/src/utils/retries.rs`.

mod functions;
mod gateway;
mod known;
mod limits;
mod locations;
mod models;
mod providers;
mod remarks;
mod timeouts;

#[cfg(test)]
mod tests;

use crate::source::Node;
use crate::system::{Dialect, System};

use super::{Document, Reader};

/// The dialect of everything in this room.
const TENSORZERO: Dialect = Dialect::Tensorzero;

/// The reader.
pub const READER: Reader = Reader {
    dialect: TENSORZERO,
    recognises,
    read,
};

fn recognises(document: &Document<'_>) -> bool {
    // Only TOML files are TensorZero's; standard input has no extension.
    let other = document
        .file
        .path()
        .extension()
        .is_some_and(|extension| extension != "toml");
    let Some(root) = document.root().filter(|_| !other) else {
        return false;
    };
    let holds = |table: &str, keys: &[&str]| {
        tables(root, table).any(|(_, item)| keys.iter().any(|key| item.get(key).is_some()))
    };
    holds("functions", &["variants", "experimentation", "system_schema"])
        || holds("models", &["providers", "routing"])
        || holds("embedding_models", &["providers", "routing"])
        || holds("evaluations", &["evaluators"])
        || holds("metrics", &["optimize"])
        || root
            .get("gateway")
            .is_some_and(|gateway| known::GATEWAY.iter().any(|key| gateway.get(key).is_some()))
        || tables(root, "provider_types").any(|(_, item)| item.get("defaults").is_some())
        || root.at(&["rate_limiting", "rules"]).is_some()
}

fn read(document: &Document<'_>) -> System {
    let mut system = System::default();
    let Some(root) = document.root() else { return system };
    let gateway = gateway::read(document, root, &mut system);
    let models = models::read(root, document.prices, &mut system);
    functions::read(root, gateway, models, document.prices, &mut system);
    remarks::check(root, &mut system);
    system
}

/// The entries of a table of tables, as `[models.<name>]`: the entry's key and its table.
fn tables<'a>(node: &'a Node, table: &str) -> impl Iterator<Item = (&'a crate::source::Key, &'a Node)> {
    node.get(table)
        .into_iter()
        .flat_map(Node::entries)
        .filter(|entry| entry.value.as_map().is_some())
        .map(|entry| (&entry.key, &entry.value))
}
