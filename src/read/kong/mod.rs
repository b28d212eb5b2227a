//! Kong configurations (decK files) with the plugins `ai-proxy` and `ai-proxy-advanced`, as Kong
//! Gateway 3.10 acts on them.
//!
//! `plugins.rs` finds plugins and what they cover, `targets.rs` reads targets, `routes.rs` compiles a
//! balancer into a plan, `limits.rs` rate limits and the semantic cache, `remarks.rs` what is wrong
//! where it stands. Defaults are those of the plugins' pages (docs.konghq.com, `ai-proxy-advanced`,
//! "Configuration"; developer.konghq.com/ai-gateway/load-balancing, minimum version 3.10) and of the
//! `services` entity; what `failover_criteria` do is nginx's `proxy_next_upstream`, to which that page
//! refers.

mod limits;
mod plugins;
mod remarks;
mod routes;
mod targets;

#[cfg(test)]
mod tests;

use crate::source::Node;
use crate::system::{Auth, Dialect, Gateway, Scope, Setting, System};

use super::{Document, Reader};
use plugins::Plugins;

/// The dialect of everything in this room.
const KONG: Dialect = Dialect::Kong;

/// The reader.
pub const READER: Reader = Reader {
    dialect: KONG,
    recognises,
    read,
};

/// Plugins that ask callers who they are.
const AUTH: &[&str] = &[
    "basic-auth",
    "hmac-auth",
    "jwt",
    "key-auth",
    "key-auth-enc",
    "ldap-auth",
    "ldap-auth-advanced",
    "mtls-auth",
    "oauth2",
    "oauth2-introspection",
    "openid-connect",
];

/// Plugins that tell somebody what happened.
const TRACES: &[&str] = &[
    "datadog",
    "file-log",
    "http-log",
    "kafka-log",
    "opentelemetry",
    "prometheus",
    "statsd",
    "statsd-advanced",
    "syslog",
    "tcp-log",
    "udp-log",
    "zipkin",
];

fn recognises(document: &Document<'_>) -> bool {
    document
        .root()
        .is_some_and(|root| root.get("_format_version").is_some() && Plugins::new(root).ai().next().is_some())
}

fn read(document: &Document<'_>) -> System {
    let mut system = System::default();
    let Some(root) = document.root() else { return system };
    let plugins = Plugins::new(root);
    let gateway = gateway(root, &plugins);
    let id = system.add_gateway(gateway);
    routes::read(&plugins, id, document.prices, &mut system);
    let limited = system
        .routes
        .iter()
        .flat_map(|route| &route.policy.limits)
        .find(|limit| limit.scope >= Scope::Tenant)
        .map(|limit| limit.amount.clone().map(|_| true));
    if let Some(limited) = limited {
        system.gateways[id.0].per_user_limits = limited;
    }
    remarks::check(root, &plugins, &mut system);
    system
}

fn gateway(root: &Node, plugins: &Plugins<'_>) -> Gateway {
    let first = |names: &[&str]| plugins.all().find(|plugin| names.contains(&plugin.name));
    let payloads = plugins
        .ai()
        .flat_map(|plugin| targets::targets(plugin.node))
        .find_map(|target| {
            target
                .at(&["logging", "log_payloads"])
                .filter(|node| node.as_bool() == Some(true))
        });
    let redis = plugins.all().find_map(|plugin| {
        let config = plugin.node.get("config")?;
        let host = config.at(&["redis", "host"])?;
        let shared = matches!(
            plugin.name,
            "ai-rate-limiting-advanced" | "rate-limiting" | "rate-limiting-advanced"
        );
        Some(host).filter(|_| shared)
    });
    Gateway {
        dialect: KONG,
        place: root
            .entries()
            .next()
            .map_or_else(|| root.place.first_line(), |entry| entry.key.place.clone()),
        auth: first(AUTH).map_or(Auth::Missing(None), |plugin| Auth::Key(plugin.place())),
        traces: first(TRACES).map_or_else(
            || Setting::default_of(false, KONG),
            |plugin| Setting::written(true, plugin.place()),
        ),
        alerting: Setting::default_of(false, KONG),
        prompts_logged: payloads.map(|node| node.place.clone()),
        debug: None,
        shared_state: redis.and_then(|node| Some(Setting::written(node.as_str()?.to_owned(), node.place.clone()))),
        database: None,
        path_services: Vec::new(),
        // nginx closes the connection to the upstream when the caller has gone (`proxy_ignore_client_abort`).
        cancels_on_disconnect: Some(Setting::default_of(true, KONG)),
        run_by: Vec::new(),
        addresses: Vec::new(),
        judged: Setting::default_of(false, KONG),
        per_user_limits: Setting::default_of(false, KONG),
    }
}
