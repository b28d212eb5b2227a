//! Joins what belongs together: services with the gateways that they run, code with the gateways
//! that it calls.

use std::path::{Component, Path, PathBuf};

use crate::source::Place;
use crate::system::{Auth, CallId, Dialect, GatewayId, Plan, Retry, RouteId, ServiceId, Setting, System, providers};

use super::compose::gateway_of;
use super::interpolate::with_defaults;
use super::litellm;

/// Joins the parts of a system that was read from several files.
pub(super) fn link(system: &mut System) {
    for gateway in 0..system.gateways.len() {
        let gateway = GatewayId(gateway);
        for service in runners(system, gateway) {
            system.gateways[gateway.0].run_by.push(service);
            addresses(system, gateway, service);
        }
        environment(system, gateway);
    }
    for call in 0..system.calls.len() {
        reach(system, CallId(call));
    }
}

/// The services that run a gateway: those that mount its file, else those of its dialect whose
/// compose file lies in its folder or above it, while it is the only one there.
fn runners(system: &System, gateway: GatewayId) -> Vec<ServiceId> {
    let dialect = system.gateway(gateway).dialect;
    let config = system.gateway(gateway).place.file.path();
    let of_dialect = || {
        system
            .services
            .iter()
            .enumerate()
            .filter(move |(_, service)| gateway_of(service) == Some(dialect))
    };
    let mounted: Vec<ServiceId> = of_dialect()
        .filter(|(_, service)| {
            let folder = service.place.file.path().parent().unwrap_or_else(|| Path::new(""));
            service
                .mounts
                .iter()
                .any(|(host, _)| normal(&folder.join(&host.value)) == normal(config))
        })
        .map(|(at, _)| ServiceId(at))
        .collect();
    if !mounted.is_empty() {
        return mounted;
    }
    let near = |at: usize| {
        let service = &system.services[at];
        let folder = service.place.file.path().parent().unwrap_or_else(|| Path::new(""));
        config.starts_with(folder) || service.place.file.path() == config
    };
    let rivals = system.gateways.iter().filter(|other| other.dialect == dialect).count();
    if rivals != 1 {
        return Vec::new();
    }
    of_dialect()
        .map(|(at, _)| at)
        .filter(|at| near(*at))
        .map(ServiceId)
        .collect()
}

/// A path without `.` and `..`, as far as they can be resolved without the disk.
fn normal(path: &Path) -> PathBuf {
    let mut parts = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if parts.file_name().is_some() => {
                parts.pop();
            }
            other => parts.push(other),
        }
    }
    parts
}

/// Under which hosts and ports callers reach a gateway that a service runs.
fn addresses(system: &mut System, gateway: GatewayId, service: ServiceId) {
    let service = system.service(service);
    let mut found: Vec<String> = Vec::new();
    for port in &service.ports {
        if let Some(host) = port.value.host {
            found.push(format!("localhost:{host}"));
            found.push(format!("127.0.0.1:{host}"));
        }
        if let Some(container) = port.value.container {
            found.push(format!("{}:{container}", service.name));
        }
    }
    if let Some(port) = default_port(system.gateway(gateway).dialect) {
        found.push(format!("{}:{port}", service.name));
    }
    let known = &mut system.gateways[gateway.0].addresses;
    for address in found {
        if !known.contains(&address) {
            known.push(address);
        }
    }
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

/// What the environment beside a gateway's file settles: its key, its database.
fn environment(system: &mut System, gateway: GatewayId) {
    if system.gateway(gateway).dialect != Dialect::Litellm {
        return;
    }
    if matches!(system.gateway(gateway).auth, Auth::Missing(_))
        && let Some((value, place)) = variable(system, gateway, "LITELLM_MASTER_KEY")
    {
        system.gateways[gateway.0].auth = match value {
            Some(value) if litellm::is_weak_key(&value) => Auth::Weak(place),
            Some(value) if value.is_empty() => Auth::Missing(Some(place)),
            _ => Auth::Key(place),
        };
    }
    if system.gateway(gateway).database.is_none()
        && let Some((_, place)) = variable(system, gateway, "DATABASE_URL")
    {
        system.gateways[gateway.0].database = Some(Setting::written("$DATABASE_URL".to_owned(), place));
        for route in system.routes.iter_mut().filter(|route| route.gateway == Some(gateway)) {
            for budget in &mut route.policy.budgets {
                if budget.enforced.as_ref().is_err_and(|why| why.contains("database")) {
                    budget.enforced = Ok(());
                }
            }
        }
    }
}

/// A variable that the services of a gateway are given, or an `.env` file beside its file sets.
fn variable(system: &System, gateway: GatewayId, name: &str) -> Option<(Option<String>, Place)> {
    let gateway = system.gateway(gateway);
    let of_services = gateway
        .run_by
        .iter()
        .flat_map(|service| &system.service(*service).environment)
        .find(|(known, _)| known == name)
        .and_then(|(_, value)| Some((value.value.as_deref().map(with_defaults), value.place()?.clone())));
    of_services.or_else(|| {
        let folder = gateway.place.file.path().parent()?;
        let found = system
            .variables
            .set
            .iter()
            .find(|it| it.name == name && it.service.is_none() && it.place.file.path().parent() == Some(folder))?;
        // An example shows that the variable is set, and not to what.
        Some((None, found.place.clone()))
    })
}

/// Lets a call that goes to a gateway reach the route that it names: the library's own timeout and
/// retries are then around the gateway's whole path.
fn reach(system: &mut System, id: CallId) {
    let call = system.call(id);
    let (Some(base_url), Some(model)) = (&call.base_url, &call.model) else {
        return;
    };
    let Some(address) = address_of(system, &base_url.value) else {
        return;
    };
    let gateway = system
        .gateways
        .iter()
        .position(|gateway| gateway.addresses.contains(&address))
        .map(GatewayId);
    let Some(route) = gateway.and_then(|gateway| route_named(system, gateway, &model.value)) else {
        return;
    };
    let inside = system.route(route).plan.clone();
    let limit = call.timeout.clone();
    let retries = call.retries.clone();
    let layer = call.sdk.name();
    system.calls[id.0].reaches = Some(route);
    for outer in system.routes.iter_mut().filter(|outer| outer.call == Some(id)) {
        let backoff = outer.plan.retries().first().map(|retry| retry.backoff.clone());
        let within = Plan::Within {
            limit: limit.clone(),
            plan: Box::new(inside.clone()),
        };
        outer.plan = match backoff {
            Some(backoff) => Plan::Retry(Box::new(Retry {
                plan: within,
                retries: retries.clone(),
                backoff,
                on_timeout: true,
                statuses: None,
                layer,
            })),
            None => within,
        };
    }
}

/// `host:port` of a URL; a variable is looked up where compose and `.env` files set it.
fn address_of(system: &System, url: &str) -> Option<String> {
    let url = match url.strip_prefix('$') {
        Some(name) => {
            let set = system.variables.set.iter().find(|it| it.name == name)?;
            with_defaults(set.value.as_deref()?)
        }
        None => url.to_owned(),
    };
    let host = providers::host_of(&url)?;
    if host.contains(':') {
        return Some(host);
    }
    let port = if url.starts_with("https") { 443 } else { 80 };
    Some(format!("{host}:{port}"))
}

fn route_named(system: &System, gateway: GatewayId, name: &str) -> Option<RouteId> {
    let bare = name.strip_prefix("openai/").unwrap_or(name);
    let alias = system
        .aliases
        .iter()
        .find(|(of, alias, _)| *of == gateway && (alias == name || alias == bare))
        .map(|(_, _, route)| *route);
    system
        .routes_of(gateway)
        .find(|(_, route)| route.name == name || route.name == bare)
        .map(|(id, _)| id)
        .or(alias)
}
