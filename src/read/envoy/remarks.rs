//! Keys that are unknown, names that lead nowhere, and values that mean something else than was meant.

use std::collections::HashSet;

use crate::read::checks::{duplicate_keys, literal_secret, misspelt_keys, nearest_of, plaintext_endpoint, remark};
use crate::source::Node;
use crate::system::{RemarkKind, System, nearest, units};

use super::ENVOY;
use super::backends;
use super::resources::{self, Resources};

/// What an unknown key does: the API server prunes it, and `kubectl apply` refuses it.
const REFUSED: &str = "so the cluster refuses or drops it";

/// The keys of the resources that are known whole (`api/v1alpha1`, `api/v1beta1`, c217da8).
const ROUTE: &[&str] = &[
    "filterConfig",
    "hostnames",
    "llmRequestCosts",
    "parentRefs",
    "rules",
    "targetRefs",
    "schema",
];
const RULE: &[&str] = &[
    "backendRefs",
    "matches",
    "modelsCreatedAt",
    "modelsOwnedBy",
    "name",
    "streamIdleTimeout",
    "timeouts",
];
const REFERENCE: &[&str] = &[
    "bodyMutation",
    "group",
    "headerMutation",
    "kind",
    "modelNameOverride",
    "name",
    "namespace",
    "priority",
    "weight",
];
const TIMEOUTS: &[&str] = &["backendRequest", "request"];
const RETRY: &[&str] = &["numAttemptsPerPriority", "numRetries", "perRetry", "retryOn"];
const RETRY_ON: &[&str] = &["httpStatusCodes", "triggers"];
const PER_RETRY: &[&str] = &["backOff", "timeout"];

/// Keys whose values are durations with a unit.
const DURATIONS: &[&str] = &[
    "request",
    "backendRequest",
    "streamIdleTimeout",
    "timeout",
    "baseInterval",
    "maxInterval",
    "baseEjectionTime",
    "requestTimeout",
];

pub(super) fn check(resources: &Resources<'_>, system: &mut System) {
    for kind in [
        "AIGatewayRoute",
        "AIServiceBackend",
        "BackendSecurityPolicy",
        "BackendTrafficPolicy",
    ] {
        for resource in resources.own(kind) {
            duplicate_keys(resource, ENVOY, system);
        }
    }
    let defined: HashSet<&str> = resources.all("AIServiceBackend").map(resources::name).collect();
    for route in resources.own("AIGatewayRoute") {
        of_route(&defined, route, system);
    }
    for policy in resources.own("BackendTrafficPolicy") {
        of_traffic(policy, system);
    }
    let used = used(resources);
    for backend in resources.own("AIServiceBackend") {
        schema(backend, system);
        // Routes out of sight may use it; only where this file holds routes is one unused.
        if !used.is_empty() && !used.contains(&(resources::namespace(backend), resources::name(backend))) {
            let message = format!("no rule sends requests to the backend `{}`", resources::name(backend));
            let mut found = remark(RemarkKind::Unused, ENVOY, &resources::place(backend), message);
            found.help = Some("name it in `backendRefs`, or remove it".to_owned());
            system.remarks.push(found);
        }
    }
    for backend in resources.own("Backend") {
        if let Some(host) = backends::plaintext(resources, backend) {
            let url = format!("http://{}", host.as_str().unwrap_or_default());
            plaintext_endpoint(&url, &host.place, ENVOY, system);
        }
    }
    secrets(resources, system);
}

fn keys(node: Option<&Node>, known: &[&str], here: &str, system: &mut System) {
    misspelt_keys(node, known, here, ENVOY, REFUSED, system);
}

fn of_route(defined: &HashSet<&str>, route: &Node, system: &mut System) {
    keys(route.get("spec"), ROUTE, "`spec`", system);
    for rule in route.at(&["spec", "rules"]).into_iter().flat_map(Node::items) {
        keys(Some(rule), RULE, "a rule", system);
        let timeouts = rule.get("timeouts");
        keys(timeouts, TIMEOUTS, "`timeouts`", system);
        for node in timeouts.into_iter().chain([rule]) {
            durations(node, system);
        }
        let references: Vec<&Node> = rule.get("backendRefs").into_iter().flat_map(Node::items).collect();
        for reference in &references {
            keys(Some(reference), REFERENCE, "`backendRefs`", system);
            let named = reference.get("name").and_then(|node| Some((node, node.as_str()?)));
            let foreign = reference.get("kind").is_some() || reference.get("namespace").is_some();
            let Some((node, name)) = named.filter(|(_, name)| !foreign && !defined.contains(*name)) else {
                continue;
            };
            // Backends may stand in a folder out of sight; a near name in this one says that none does.
            if let Some(near) = nearest_of(name, defined) {
                let message = format!("no `AIServiceBackend` is called `{name}`: requests of this rule fail");
                let mut found = remark(RemarkKind::InvalidValue, ENVOY, &node.place, message);
                found.help = Some(format!("write `{near}`"));
                system.remarks.push(found);
            }
        }
        let weights: Vec<&Node> = references
            .iter()
            .filter_map(|reference| reference.get("weight"))
            .collect();
        if let Some(first) = weights.first()
            && weights.len() == references.len()
            && weights.iter().all(|weight| weight.as_f64() == Some(0.0))
        {
            let message = "all weights of this rule are 0: no backend gets a request";
            let mut found = remark(RemarkKind::InvalidValue, ENVOY, &first.place, message);
            found.help = Some("give the backend that should answer a weight above 0".to_owned());
            system.remarks.push(found);
        }
    }
}

fn of_traffic(policy: &Node, system: &mut System) {
    let Some(spec) = policy.get("spec") else { return };
    let retry = spec.get("retry");
    keys(retry, RETRY, "`retry`", system);
    let per_retry = retry.and_then(|retry| retry.get("perRetry"));
    keys(per_retry, PER_RETRY, "`perRetry`", system);
    let on = retry.and_then(|retry| retry.get("retryOn"));
    keys(on, RETRY_ON, "`retryOn`", system);
    let blocks = [
        per_retry,
        per_retry.and_then(|node| node.get("backOff")),
        spec.at(&["healthCheck", "passive"]),
        spec.at(&["timeout", "http"]),
    ];
    for block in blocks.into_iter().flatten() {
        durations(block, system);
    }
    let statuses = on.and_then(|on| on.entry("httpStatusCodes"));
    let triggers = on.and_then(|on| on.get("triggers"));
    let named = |name: &str| triggers.is_some_and(|list| list.items().any(|item| item.as_str() == Some(name)));
    if let Some(entry) = statuses.filter(|_| !named("retriable-status-codes")) {
        let message = "`httpStatusCodes` do nothing without the trigger `retriable-status-codes`";
        let mut found = remark(RemarkKind::MisplacedKey, ENVOY, &entry.key.place, message);
        found.help = Some("add `retriable-status-codes` to `retryOn.triggers`".to_owned());
        system.remarks.push(found);
    }
}

/// Durations without a unit, which the cluster refuses, and ones that are no time to answer in.
fn durations(block: &Node, system: &mut System) {
    for entry in block
        .entries()
        .filter(|entry| DURATIONS.contains(&entry.key.text.as_str()))
    {
        let (key, value) = (&entry.key.text, &entry.value);
        let Some(text) = value.scalar_text() else { continue };
        match units::duration(&text) {
            None => {
                let message = format!("`{key}: {text}` has no unit that the cluster knows, so it refuses the resource");
                let mut found = remark(RemarkKind::UnitMistake, ENVOY, &value.place, message);
                found.help = Some("write a number with its unit: `30s`, `500ms`, `2m`".to_owned());
                system.remarks.push(found);
            }
            Some(limit) => {
                let whole = matches!(
                    key.as_str(),
                    "request" | "backendRequest" | "timeout" | "requestTimeout"
                );
                if whole && !limit.is_zero() && limit.as_millis() < 100 {
                    let message = format!("`{key}: {text}` ends every request before a model can answer");
                    let mut found = remark(RemarkKind::UnitMistake, ENVOY, &value.place, message);
                    found.help = Some("`ms` are milliseconds; write seconds as `s`".to_owned());
                    system.remarks.push(found);
                }
            }
        }
    }
}

fn schema(backend: &Node, system: &mut System) {
    let Some(schema) = backend.at(&["spec", "schema", "name"]) else {
        return;
    };
    let Some(text) = schema
        .as_str()
        .filter(|text| !backends::schemas().any(|known| known == *text))
    else {
        return;
    };
    let near = nearest(text, backends::schemas());
    let message = format!("Envoy AI Gateway knows no schema `{text}`");
    let mut found = remark(RemarkKind::InvalidValue, ENVOY, &schema.place, message);
    found.help = near.map(|near| format!("write `{near}`"));
    // A later release may know it.
    found.sure = near.is_some();
    system.remarks.push(found);
}

/// Namespace and name of every backend that a rule in view sends requests to; none where the file itself
/// holds no routes.
fn used<'a>(resources: &Resources<'a>) -> HashSet<(&'a str, &'a str)> {
    let mut used = HashSet::new();
    if resources.own("AIGatewayRoute").next().is_none() {
        return used;
    }
    for route in resources.all("AIGatewayRoute") {
        for rule in route.at(&["spec", "rules"]).into_iter().flat_map(Node::items) {
            for reference in rule.get("backendRefs").into_iter().flat_map(Node::items) {
                let namespace = reference.get("namespace").and_then(Node::as_str);
                let name = reference.get("name").and_then(Node::as_str).unwrap_or_default();
                used.insert((namespace.unwrap_or_else(|| resources::namespace(route)), name));
            }
        }
    }
    used
}

/// Keys that stand in the file's secrets.
fn secrets(resources: &Resources<'_>, system: &mut System) {
    for secret in resources.own("Secret") {
        for (key, value) in backends::literals(secret) {
            literal_secret(
                &format!("`{key}` of the secret `{}`", resources::name(secret)),
                value.as_str().unwrap_or_default(),
                &value.place,
                ENVOY,
                "create the secret outside of the repository",
                system,
            );
        }
    }
}
