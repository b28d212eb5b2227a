//! Compose files that override another one in the same folder.
//!
//! `docker-compose.override.yml`, `compose.prod.yml` and their kin name a service of the main file
//! and only what differs (Compose specification, "Merge"). Read alone such a service has no image,
//! no restart policy and no health check, which would be told as holes.

use std::collections::HashMap;
use std::path::PathBuf;

use crate::system::{Dialect, Service, System};

use super::folder;

/// Merges services without an image into the service of that name in another file of the folder.
/// Nothing may hold a service's id yet.
pub(super) fn merge(system: &mut System) {
    let mut main: HashMap<(PathBuf, String), usize> = HashMap::new();
    let mut kept: Vec<Service> = Vec::with_capacity(system.services.len());
    let key = |service: &Service| (folder(&service.place).to_path_buf(), service.name.clone());
    let (whole, partial): (Vec<Service>, Vec<Service>) = std::mem::take(&mut system.services)
        .into_iter()
        .partition(|service| service.dialect != Dialect::Compose || service.image.is_some());
    for service in whole {
        if service.dialect == Dialect::Compose {
            main.entry(key(&service)).or_insert(kept.len());
        }
        kept.push(service);
    }
    for service in partial {
        match main.get(&key(&service)) {
            Some(at) if !kept[*at].place.same_file(&service.place) => overlay(&mut kept[*at], service),
            _ => kept.push(service),
        }
    }
    system.services = kept;
}

/// What is written in the override wins; lists are joined.
fn overlay(base: &mut Service, over: Service) {
    for (name, value) in over.environment {
        match base.environment.iter_mut().find(|(known, _)| *known == name) {
            Some((_, old)) => *old = value,
            None => base.environment.push((name, value)),
        }
    }
    base.ports.extend(over.ports);
    base.env_files.extend(over.env_files);
    base.mounts.extend(over.mounts);
    base.depends_on.extend(over.depends_on);
    base.command = over.command.or_else(|| base.command.take());
    base.memory_limit = over.memory_limit.or_else(|| base.memory_limit.take());
    if over.replicas.is_written() {
        base.replicas = over.replicas;
    }
    if over.restarts.is_written() {
        base.restarts = over.restarts;
    }
    if over.health_check.is_written() {
        base.health_check = over.health_check;
    }
}
