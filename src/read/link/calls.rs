//! Calls in code that go to a gateway.

use crate::system::{CallId, GatewayId, Plan, Retry, RouteId, System, providers};

use super::environment::anywhere;

/// Lets a call that goes to a gateway reach the route that it names: the library's own timeout and
/// retries are then around the gateway's whole path, and what guards that path guards the call.
pub(super) fn reach(system: &mut System, id: CallId) {
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
    let Some(reached) = gateway.and_then(|gateway| route_named(system, gateway, &model.value)) else {
        return;
    };
    let inner = system.route(reached);
    let (inside, members, policy) = (inner.plan.clone(), inner.members.clone(), inner.policy.clone());
    let limit = call.timeout.clone();
    let retries = call.retries.clone();
    let layer = call.sdk.name();
    system.calls[id.0].reaches = Some(reached);
    for outer in system.routes.iter_mut().filter(|outer| outer.call == Some(id)) {
        let backoff = outer.plan.retries().first().map(|retry| retry.backoff.clone());
        // The library's timeout bounds one attempt, so it stands inside the repetition.
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
        outer.members.clone_from(&members);
        outer.policy = policy.clone();
    }
}

/// `host:port` of a URL; a variable is looked up where compose and `.env` files set it.
fn address_of(system: &System, url: &str) -> Option<String> {
    let url = match url.strip_prefix('$') {
        Some(name) => anywhere(system, name)?,
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
    // `litellm` as a library names the protocol before the route.
    let bare = ["openai/", "litellm_proxy/"]
        .iter()
        .find_map(|prefix| name.strip_prefix(prefix))
        .unwrap_or(name);
    let alias = || {
        system
            .aliases
            .iter()
            .find(|(of, alias, _)| *of == gateway && (alias == name || alias == bare))
            .map(|(_, _, route)| *route)
    };
    system
        .routes_of(gateway)
        .find(|(_, route)| route.name == name || route.name == bare)
        .map(|(id, _)| id)
        .or_else(alias)
}
