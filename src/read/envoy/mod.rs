//! Envoy AI Gateway resources, as Envoy AI Gateway c217da8 and the Envoy Gateway below it act on them.
//!
//! `resources.rs` finds a file's resources and those that stand beside it, `backends.rs` reads what a
//! rule refers to, `traffic.rs` retries, health checks and rate limits, `routes.rs` compiles rules into
//! plans, `remarks.rs` what is wrong where it stands. Behaviour was read in `api/v1alpha1/*.go`,
//! `api/v1beta1/*.go` and `examples/provider_fallback/` of the AI Gateway and in
//! `api/v1alpha1/retry_types.go` and `internal/xds/translator/route.go` of Envoy Gateway.

mod backends;
mod limits;
mod remarks;
mod resources;
mod routes;
mod traffic;

#[cfg(test)]
mod tests;

use crate::source::Node;
use crate::system::{Auth, Dialect, Gateway, Setting, System};

use super::{Document, Reader};
use resources::Resources;

/// The dialect of everything in this room.
const ENVOY: Dialect = Dialect::Envoy;

/// The reader.
pub const READER: Reader = Reader {
    dialect: ENVOY,
    recognises,
    read,
};

fn recognises(document: &Document<'_>) -> bool {
    document.roots.iter().any(resources::is_ai_gateway)
}

fn read(document: &Document<'_>) -> System {
    let mut system = System::default();
    let beside = resources::beside(document);
    let resources = Resources::new(&document.roots, &beside);
    remarks::check(&resources, &mut system);
    let Some(first) = resources.own("AIGatewayRoute").next() else {
        return system;
    };
    let gateway = gateway(&resources, first);
    let id = system.add_gateway(gateway);
    routes::read(&resources, id, document.prices, &mut system);
    let limited = system
        .routes
        .iter()
        .flat_map(|route| &route.policy.limits)
        .find(|limit| limit.scope >= crate::system::Scope::Tenant)
        .map(|limit| limit.amount.clone().map(|_| true));
    if let Some(limited) = limited {
        system.gateways[id.0].per_user_limits = limited;
    }
    system
}

fn gateway(resources: &Resources<'_>, first: &Node) -> Gateway {
    let keys = ["apiKeyAuth", "jwt", "oidc", "basicAuth", "extAuth", "mTLS"];
    let auth = resources
        .all("SecurityPolicy")
        .find_map(|policy| keys.iter().find_map(|key| policy.get("spec")?.entry(key)));
    let telemetry = resources.all("EnvoyProxy").find_map(|proxy| {
        let telemetry = proxy.at(&["spec", "telemetry"])?;
        ["tracing", "accessLog"].iter().find_map(|key| telemetry.entry(key))
    });
    Gateway {
        dialect: ENVOY,
        place: resources::place(first),
        auth: auth.map_or(Auth::Elsewhere, |entry| Auth::Key(entry.key.place.clone())),
        traces: telemetry.map_or_else(
            || Setting::default_of(false, ENVOY),
            |entry| Setting::written(true, entry.key.place.clone()),
        ),
        alerting: Setting::default_of(false, ENVOY),
        prompts_logged: None,
        debug: None,
        shared_state: None,
        database: None,
        path_services: Vec::new(),
        // Envoy's router resets the call to the backend when the caller's stream is reset.
        cancels_on_disconnect: Some(Setting::default_of(true, ENVOY)),
        run_by: Vec::new(),
        addresses: Vec::new(),
        judged: Setting::default_of(false, ENVOY),
        per_user_limits: Setting::default_of(false, ENVOY),
    }
}
