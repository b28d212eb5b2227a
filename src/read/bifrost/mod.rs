//! Bifrost configurations (`config.json`), as commit 003ecc6 acts on them.
//!
//! A provider with its keys is a route: whoever names one of its models reaches it. Fallbacks are in
//! the requests and not in the file. `provider.rs` reads providers, `governance.rs` budgets and
//! limits. Defaults are those of `core/schemas/provider.go` (00a7649).

mod governance;
mod provider;

#[cfg(test)]
mod tests;

use crate::source::Node;
use crate::system::{Auth, Dialect, Gateway, RemarkKind, Setting, System, nearest};

use super::checks::{duplicate_keys, remark};
use super::{Document, Reader};

/// The dialect of everything in this room.
const BIFROST: Dialect = Dialect::Bifrost;

/// The reader.
pub const READER: Reader = Reader {
    dialect: BIFROST,
    recognises,
    read,
};

/// Keys at the top (`transports/config.schema.json`).
const TOP: &[&str] = &[
    "$schema",
    "audit_logs",
    "auth_config",
    "client",
    "cluster_config",
    "config_store",
    "encryption_key",
    "framework",
    "governance",
    "guardrails_config",
    "load_balancer_config",
    "logs_store",
    "mcp",
    "plugins",
    "providers",
    "saml_config",
    "scim_config",
    "vector_store",
    "websocket",
];

fn recognises(document: &Document<'_>) -> bool {
    document.root().is_some_and(|root| {
        let providers = root.get("providers").is_some_and(|providers| {
            providers
                .entries()
                .any(|entry| entry.value.get("keys").is_some() || entry.value.get("network_config").is_some())
        });
        let ours = ["config_store", "logs_store", "governance", "client", "vector_store"]
            .iter()
            .any(|key| root.get(key).is_some());
        providers
            || (ours
                && root
                    .get("governance")
                    .is_some_and(|it| it.get("virtual_keys").is_some()))
            || (ours
                && root
                    .get("$schema")
                    .and_then(Node::as_str)
                    .is_some_and(|schema| schema.contains("bifrost")))
    })
}

fn read(document: &Document<'_>) -> System {
    let mut system = System::default();
    let Some(root) = document.root() else { return system };
    duplicate_keys(root, BIFROST, &mut system);
    for entry in root.entries().filter(|entry| !TOP.contains(&entry.key.text.as_str())) {
        let Some(near) = nearest(&entry.key.text, TOP.iter().copied()) else {
            continue;
        };
        let message = format!("Bifrost knows no `{}` and ignores it; `{near}` is near", entry.key.text);
        let mut found = remark(RemarkKind::UnknownKey, BIFROST, &entry.key.place, message);
        found.help = Some(format!("write `{near}`"));
        system.remarks.push(found);
    }
    let client = root.get("client");
    let switch = |key: &str| client.and_then(|client| client.get(key));
    let place = root
        .entry("providers")
        .or_else(|| root.entries().next())
        .map_or_else(|| root.place.first_line(), |entry| entry.key.place.clone());
    let enforced = switch("enforce_auth_on_inference").or_else(|| switch("enforce_governance_header"));
    let logging = switch("enable_logging");
    let content_off = switch("disable_content_logging").and_then(Node::as_bool) == Some(true);
    let has_plugin = |name: &str| {
        root.get("plugins").into_iter().flat_map(Node::items).find(|plugin| {
            plugin.get("name").and_then(Node::as_str) == Some(name)
                && plugin.get("enabled").and_then(Node::as_bool) != Some(false)
        })
    };
    let traces = has_plugin("otel")
        .or_else(|| has_plugin("maxim"))
        .or_else(|| has_plugin("telemetry"));
    let virtual_keys = root
        .at(&["governance", "virtual_keys"])
        .filter(|keys| keys.items().next().is_some());
    let gateway = system.add_gateway(Gateway {
        dialect: BIFROST,
        place,
        auth: match enforced {
            Some(node) if node.as_bool() == Some(true) => Auth::Key(node.place.clone()),
            other => Auth::Missing(other.map(|node| node.place.clone())),
        },
        traces: traces.map_or_else(
            || Setting::default_of(false, BIFROST),
            |plugin| Setting::written(true, plugin.place.first_line()),
        ),
        alerting: Setting::default_of(false, BIFROST),
        prompts_logged: logging
            .filter(|node| node.as_bool() == Some(true) && !content_off)
            .map(|node| node.place.clone()),
        debug: None,
        shared_state: None,
        database: root
            .get("config_store")
            .map(|store| Setting::written("config_store".to_owned(), store.place.first_line())),
        path_services: Vec::new(),
        cancels_on_disconnect: None,
        run_by: Vec::new(),
        addresses: Vec::new(),
        judged: Setting::default_of(false, BIFROST),
        per_user_limits: virtual_keys.map_or_else(
            || Setting::default_of(false, BIFROST),
            |keys| Setting::written(true, keys.place.first_line()),
        ),
    });
    let governance = governance::Governance::read(root);
    let bytes = switch("max_request_body_size_mb").and_then(|node| {
        let bytes = node.as_u64()?.saturating_mul(1_048_576);
        Some(Setting::written(bytes, node.place.clone()))
    });
    for entry in root.get("providers").into_iter().flat_map(Node::entries) {
        provider::read(
            entry,
            gateway,
            &governance,
            bytes.as_ref(),
            document.prices,
            &mut system,
        );
    }
    system
}
