//! Which service runs which gateway, and where callers then reach it.

use std::path::{Path, PathBuf};

use crate::read::compose::gateway_of;
use crate::system::{Dialect, GatewayId, Service, ServiceId, System};

use super::{folder, normal};

/// Joins a service with the gateway that it runs, when it is known which.
pub(super) fn join(system: &mut System, id: ServiceId) {
    let Some(gateway) = run_by(system, system.service(id)) else {
        return;
    };
    let found = addresses(system.service(id), system.gateway(gateway).dialect);
    let gateway = &mut system.gateways[gateway.0];
    if !gateway.run_by.contains(&id) {
        gateway.run_by.push(id);
    }
    for address in found {
        if !gateway.addresses.contains(&address) {
            gateway.addresses.push(address);
        }
    }
}

/// The gateway whose file a service mounts; else the only one of its dialect in the service's folder
/// or below it.
fn run_by(system: &System, service: &Service) -> Option<GatewayId> {
    let dialect = gateway_of(service)?;
    let candidates = || {
        system
            .gateways
            .iter()
            .enumerate()
            .filter(move |(_, gateway)| gateway.dialect == dialect)
            .map(|(at, gateway)| (GatewayId(at), gateway.place.file.path()))
    };
    let home = folder(&service.place);
    let mounted: Vec<(GatewayId, PathBuf, bool)> = candidates()
        .filter_map(|(id, config)| {
            let config = normal(config);
            let (inside, exact) = seen_inside(service, home, &config)?;
            Some((id, inside, exact))
        })
        .collect();
    // A mounted folder may hold several configurations: the command names the one.
    let named = mounted
        .iter()
        .find(|(_, inside, _)| config_argument(service).is_some_and(|argument| names(&argument, inside)));
    let exact = mounted.iter().find(|(_, _, exact)| *exact);
    if let Some((id, ..)) = named.or(exact) {
        return Some(*id);
    }
    if let [(id, ..)] = mounted.as_slice() {
        return Some(*id);
    }
    let mut near = candidates().filter(|(_, config)| normal(config).starts_with(normal(home)));
    match (near.next(), near.next()) {
        (Some((id, _)), None) => Some(id),
        _ => None,
    }
}

/// Where a service sees a file of the project, and whether the file itself is mounted.
fn seen_inside(service: &Service, home: &Path, config: &Path) -> Option<(PathBuf, bool)> {
    service.mounts.iter().find_map(|(host, inside)| {
        let host = normal(&home.join(&host.value));
        if host == config {
            return Some((PathBuf::from(inside), true));
        }
        let rest = config.strip_prefix(&host).ok()?;
        // A mount of the project's own folder shows everything and tells nothing.
        (host != normal(home)).then(|| (Path::new(inside).join(rest), false))
    })
}

/// What follows `--config`, `-c` or `--config-file` on the command line.
fn config_argument(service: &Service) -> Option<String> {
    let command = service.command.as_ref()?;
    let mut words = command.value.split_whitespace();
    while let Some(word) = words.next() {
        if matches!(word, "--config" | "-c" | "--config-file") {
            return words.next().map(|word| word.trim_matches(['"', '\'']).to_owned());
        }
        if let Some(value) = word
            .strip_prefix("--config=")
            .or_else(|| word.strip_prefix("--config-file="))
        {
            return Some(value.trim_matches(['"', '\'']).to_owned());
        }
    }
    None
}

/// Whether a command's path names a file; a relative one starts in a working directory out of sight.
fn names(argument: &str, inside: &Path) -> bool {
    let argument = normal(Path::new(argument));
    argument == normal(inside) || (argument.is_relative() && inside.ends_with(&argument))
}

/// Under which hosts and ports callers reach a service.
fn addresses(service: &Service, dialect: Dialect) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for port in &service.ports {
        if let Some(host) = port.value.host {
            found.push(format!("localhost:{host}"));
            found.push(format!("127.0.0.1:{host}"));
            found.push(format!("host.docker.internal:{host}"));
        }
        if let Some(container) = port.value.container {
            found.push(format!("{}:{container}", service.name));
        }
    }
    if let Some(port) = port_argument(service).or_else(|| default_port(dialect)) {
        found.push(format!("{}:{port}", service.name));
    }
    found
}

fn port_argument(service: &Service) -> Option<u16> {
    let mut words = service.command.as_ref()?.value.split_whitespace();
    words.find(|word| *word == "--port")?;
    words.next()?.trim_matches(['"', '\'']).parse().ok()
}

/// The port that a gateway listens on unless told otherwise.
const fn default_port(dialect: Dialect) -> Option<u16> {
    match dialect {
        Dialect::Litellm => Some(4000),
        Dialect::Tensorzero => Some(3000),
        Dialect::Portkey => Some(8787),
        Dialect::Bifrost | Dialect::Helicone => Some(8080),
        Dialect::Kong => Some(8000),
        _ => None,
    }
}
