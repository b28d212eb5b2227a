//! The gateway itself, and the evaluations that its configuration declares.

use crate::read::Document;
use crate::read::checks::plaintext_endpoint;
use crate::source::{Node, Place};
use crate::system::{Auth, Evaluation, Gateway, GatewayId, Scope, Setting, System, providers};

use super::{TENSORZERO, limits, locations, tables};

/// Reads `[gateway]` and what stands beside it.
pub(super) fn read(document: &Document<'_>, root: &Node, system: &mut System) -> GatewayId {
    evaluations(root, system);
    let at = |path: &[&str]| root.at(&[&["gateway"], path].concat());
    let on = |path: &[&str]| at(path).filter(|node| node.as_bool() == Some(true));
    let auth_on = on(&["auth", "enabled"]);
    let stored = on(&["observability", "enabled"]);
    if let Some(node) = auth_on.or_else(|| {
        root.at(&["postgres", "enabled"])
            .filter(|it| it.as_bool() == Some(true))
    }) {
        system.variables.need("TENSORZERO_POSTGRES_URL", node.place.clone());
    }
    if let Some(node) = stored {
        system.variables.need("TENSORZERO_CLICKHOUSE_URL", node.place.clone());
    }
    let gateway = Gateway {
        dialect: TENSORZERO,
        place: place(root),
        auth: auth(document, root),
        traces: traces(root),
        alerting: Setting::default_of(false, TENSORZERO),
        prompts_logged: stored.map(|node| node.place.clone()),
        debug: on(&["debug"]).map(|node| node.place.clone()),
        shared_state: None,
        database: root
            .entry("postgres")
            .filter(|entry| entry.value.get("enabled").and_then(Node::as_bool) != Some(false))
            .map(|entry| Setting::written("postgres".to_owned(), entry.key.place.clone())),
        path_services: relay(root, system).into_iter().collect(),
        cancels_on_disconnect: None,
        run_by: Vec::new(),
        addresses: Vec::new(),
        judged: Setting::default_of(false, TENSORZERO),
        per_user_limits: limits::rules(root)
            .find(|rule| matches!(limits::scope(rule), Scope::User | Scope::Key | Scope::Tenant))
            .map_or_else(
                || Setting::default_of(false, TENSORZERO),
                |rule| Setting::written(true, rule.place.clone()),
            ),
    };
    system.add_gateway(gateway)
}

/// Where findings about something that is nowhere written are shown: `[gateway]`, else the first key.
fn place(root: &Node) -> Place {
    root.entry("gateway")
        .or_else(|| root.entries().next())
        .map_or_else(|| root.place.first_line(), |entry| entry.key.place.clone())
}

/// Off unless `gateway.auth.enabled = true`. A file without `[gateway]` that is not called
/// `tensorzero.toml` is one of several, and another one may say it.
fn auth(document: &Document<'_>, root: &Node) -> Auth {
    match root.at(&["gateway", "auth", "enabled"]) {
        Some(node) if node.as_bool() == Some(true) => Auth::Key(node.place.clone()),
        Some(node) => Auth::Missing(Some(node.place.clone())),
        None => {
            let whole = document
                .file
                .path()
                .file_name()
                .is_none_or(|name| name == "tensorzero.toml");
            if whole || root.get("gateway").is_some() {
                Auth::Missing(None)
            } else {
                Auth::Elsewhere
            }
        }
    }
}

/// Every inference is stored wherever `ClickHouse` is in reach, unless observability is off; traces go
/// elsewhere only when their export is on.
fn traces(root: &Node) -> Setting<bool> {
    let exported = root
        .at(&["gateway", "export", "otlp", "traces", "enabled"])
        .filter(|node| node.as_bool() == Some(true));
    if let Some(node) = exported {
        return Setting::written(true, node.place.clone());
    }
    match root.at(&["gateway", "observability", "enabled"]) {
        Some(node) => Setting::written(node.as_bool() != Some(false), node.place.clone()),
        None => Setting::default_of(true, TENSORZERO),
    }
}

/// The gateway behind this one, which every call passes.
fn relay(root: &Node, system: &mut System) -> Option<Setting<String>> {
    let relay = root.at(&["gateway", "relay"])?;
    if let Some(key) = relay.get("api_key_location") {
        locations::account(key, system);
    }
    let url = relay.get("gateway_url")?;
    let text = url.as_str()?;
    plaintext_endpoint(text, &url.place, TENSORZERO, system);
    Some(Setting::written(providers::host_of(text)?, url.place.clone()))
}

/// `[evaluations]`, and evaluators of functions.
fn evaluations(root: &Node, system: &mut System) {
    for (key, table) in tables(root, "evaluations") {
        let subject = table.get("function_name").and_then(Node::as_str).unwrap_or_default();
        system.evaluations.push(Evaluation {
            place: key.place.clone(),
            tool: "TensorZero evaluations",
            subjects: vec![subject.to_owned()],
            judge: judge(table),
        });
    }
    for (key, table) in tables(root, "functions") {
        if let Some(entry) = table.entry("evaluators") {
            system.evaluations.push(Evaluation {
                place: entry.key.place.clone(),
                tool: "TensorZero evaluations",
                subjects: vec![key.text.clone()],
                judge: judge(table),
            });
        }
    }
}

/// The model of the first judge: of its active variant, else of its first one.
fn judge(table: &Node) -> Option<Setting<String>> {
    let judges = || tables(table, "evaluators").flat_map(|(_, evaluator)| tables(evaluator, "variants"));
    let active = judges().find(|(_, variant)| variant.get("active").and_then(Node::as_bool) == Some(true));
    let model = active
        .into_iter()
        .chain(judges())
        .find_map(|(_, variant)| variant.get("model"))?;
    Some(Setting::written(model.as_str()?.to_owned(), model.place.clone()))
}
