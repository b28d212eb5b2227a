//! The hosts of model servers that run beside the gateway.
//!
//! `http://ollama:11434`, `http://localhost:11434` and `os.environ/OLLAMA_BASE_URL` may all be one
//! container: then they share its fate, and it is one of the team's own.

use crate::system::{ServiceKind, System, providers};

use super::environment::anywhere;

/// Gives each deployment on a service of this system that service's own host and port.
pub(super) fn name(system: &mut System) {
    for at in 0..system.deployments.len() {
        let Some(host) = system.deployments[at].host.clone() else {
            continue;
        };
        let resolved = match host.value.strip_prefix('$') {
            Some(variable) => anywhere(system, variable).and_then(|url| providers::host_of(&url)),
            None => Some(host.value.clone()),
        };
        let Some(found) = resolved.and_then(|host| served_by(system, &host)) else {
            continue;
        };
        let deployment = &mut system.deployments[at];
        deployment.self_hosted = true;
        // A provider that was named after its host is now named after the one that is known.
        if deployment.provider.value == host.value {
            deployment.provider.value.clone_from(&found);
        }
        if let Some(host) = &mut deployment.host {
            host.value = found;
        }
    }
}

/// `service:port` of the model server that answers at a host, by its name or a port of this machine.
fn served_by(system: &System, host: &str) -> Option<String> {
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) => (name, Some(port.parse::<u16>().ok()?)),
        None => (host, None),
    };
    let mut servers = system
        .services
        .iter()
        .filter(|service| service.kind == ServiceKind::ModelServer);
    if matches!(name, "localhost" | "127.0.0.1" | "0.0.0.0" | "host.docker.internal") {
        return servers.find_map(|service| {
            let published = service
                .ports
                .iter()
                .find(|published| published.value.host.is_some() && published.value.host == port)?;
            Some(format!("{}:{}", service.name, published.value.container?))
        });
    }
    servers
        .find(|service| service.name.eq_ignore_ascii_case(name))
        .map(|service| port.map_or_else(|| service.name.clone(), |port| format!("{}:{port}", service.name)))
}
