//! Compose files, as the Compose specification and `docker compose` act on them.
//!
//! One file for each idea: which mappings make up a service, its ports, its environment, its mounts.
//! Anchors and merge keys come resolved from the YAML reader; `extends` is followed inside one file.

mod environment;
mod layers;
mod mounts;
mod ports;
mod services;

#[cfg(test)]
mod tests;

use crate::source::Node;
use crate::system::{Dialect, Service, ServiceKind, System};

use super::checks::duplicate_keys;
use super::secret_values::SecretValues;
use super::{Document, Reader};

/// The reader.
pub const READER: Reader = Reader {
    dialect: Dialect::Compose,
    recognises,
    read,
};

/// Keys of which a service has at least one (an override file may name a service for any of them).
const SERVICE_KEYS: &[&str] = &[
    "image",
    "build",
    "extends",
    "environment",
    "env_file",
    "command",
    "ports",
    "volumes",
    "depends_on",
    "deploy",
    "restart",
    "healthcheck",
    "container_name",
    "profiles",
    "networks",
];

fn recognises(document: &Document<'_>) -> bool {
    document.root().is_some_and(|root| {
        // decK files of Kong and Kubernetes manifests have other things beside or in `services`.
        root.get("apiVersion").is_none()
            && root.get("_format_version").is_none()
            && root.get("services").is_some_and(|services| {
                services
                    .entries()
                    .any(|entry| SERVICE_KEYS.iter().any(|key| entry.value.get(key).is_some()))
            })
    })
}

fn read(document: &Document<'_>) -> System {
    let mut system = System::default();
    let Some(root) = document.root() else { return system };
    let mut secrets = SecretValues::new(Dialect::Compose, |name| {
        format!("move it to an env file that git ignores, and pass it through: `{name}: ${{{name}}}`")
    });
    duplicate_keys(root, Dialect::Compose, &mut system);
    let mut all_in_view = true;
    for entry in root.get("services").into_iter().flat_map(Node::entries) {
        if entry.value.as_map().is_none() {
            continue;
        }
        let service = services::read(root, entry);
        environment::note(&service, &mut secrets, &mut system);
        all_in_view &= service.env_files.is_empty();
        system.add_service(service);
    }
    // Where services are given env files that were not read here, a variable may be set in them:
    // the readers of those files speak for the folder.
    if all_in_view && let Some(folder) = document.file.path().parent() {
        system.variables.folders.push(folder.to_path_buf());
    }
    system
}

/// The dialect of the gateway that a service runs.
pub(super) const fn gateway_of(service: &Service) -> Option<Dialect> {
    match service.kind {
        ServiceKind::Gateway(dialect) => Some(dialect),
        _ => None,
    }
}
