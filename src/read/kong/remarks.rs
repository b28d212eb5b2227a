//! Keys that are unknown, and values that stop the start or mean something else than was meant.

use crate::read::checks::{duplicate_keys, literal_secret, misspelt_keys, plaintext_endpoint, remark};
use crate::source::Node;
use crate::system::{RemarkKind, System, nearest};

use super::plugins::{Plugin, Plugins};
use super::{KONG, targets};

/// What an unknown key does: every schema of Kong's refuses it.
const REFUSED: &str = "so it refuses the configuration";

/// `config` of the two plugins, with the keys of one target, which `ai-proxy` holds there.
const CONFIG: &[&str] = &[
    "balancer",
    "embeddings",
    "genai_category",
    "llm_format",
    "max_request_body_size",
    "model_name_header",
    "response_streaming",
    "targets",
    "vectordb",
];
const TARGET: &[&str] = &[
    "auth",
    "description",
    "logging",
    "metadata",
    "model",
    "route_type",
    "weight",
];
const MODEL: &[&str] = &["model_alias", "name", "options", "provider", "route_type"];
const BALANCER: &[&str] = &[
    "algorithm",
    "connect_timeout",
    "fail_timeout",
    "failover_criteria",
    "hash_on_header",
    "latency_strategy",
    "max_fails",
    "read_timeout",
    "retries",
    "slots",
    "tokens_count_strategy",
    "write_timeout",
];
const ALGORITHMS: &[&str] = &[
    "consistent-hashing",
    "least-connections",
    "lowest-latency",
    "lowest-usage",
    "priority",
    "round-robin",
    "semantic",
];
const CRITERIA: &[&str] = &[
    "error",
    "http_403",
    "http_404",
    "http_429",
    "http_500",
    "http_502",
    "http_503",
    "http_504",
    "invalid_header",
    "non_idempotent",
    "timeout",
];
const SECRETS: &[&str] = &[
    "header_value",
    "param_value",
    "aws_secret_access_key",
    "azure_client_secret",
    "gcp_service_account_json",
];

pub(super) fn check(root: &Node, plugins: &Plugins<'_>, system: &mut System) {
    duplicate_keys(root, KONG, system);
    for plugin in plugins.ai() {
        let Some(config) = plugin.node.get("config") else {
            continue;
        };
        let known: Vec<&str> = CONFIG.iter().chain(TARGET).copied().collect();
        keys(Some(config), &known, "`config`", system);
        if let Some(block) = config.get("balancer") {
            balancer(block, system);
        }
        if plugin.name == "ai-proxy"
            && let Some(service) = plugin.service_node
        {
            times(service, system);
        }
        of_targets(plugin, config, system);
    }
    root.walk(&mut |node| secrets(node, system));
}

fn keys(node: Option<&Node>, known: &[&str], here: &str, system: &mut System) {
    misspelt_keys(node, known, here, KONG, REFUSED, system);
}

fn balancer(block: &Node, system: &mut System) {
    keys(Some(block), BALANCER, "`balancer`", system);
    times(block, system);
    if let Some(node) = block.get("algorithm") {
        word(node, ALGORITHMS, "algorithm", system);
    }
    let Some(list) = block.get("failover_criteria") else {
        return;
    };
    for item in list.items() {
        word(item, CRITERIA, "failover criterion", system);
    }
    let passes_on = list.items().any(|item| item.as_str() == Some("non_idempotent"));
    let status = list
        .items()
        .find(|item| item.as_str().is_some_and(|text| text.starts_with("http_")));
    // Under `priority` the targets that are never reached tell it.
    let told = block.get("algorithm").and_then(Node::as_str) == Some("priority") && block.get("max_fails").is_none();
    if let Some(node) = status.filter(|_| !passes_on && !told) {
        let message = format!(
            "`{}` does nothing for prompts: they are POST requests, and without `non_idempotent` nginx passes none \
             on to another target once it was sent",
            node.as_str().unwrap_or_default()
        );
        let mut found = remark(RemarkKind::MisplacedKey, KONG, &node.place, message);
        found.help = Some("add `non_idempotent` to `failover_criteria`".to_owned());
        system.remarks.push(found);
    }
}

/// A word that is none of those that a schema allows.
fn word(node: &Node, known: &[&str], what: &str, system: &mut System) {
    let Some(text) = node.as_str().filter(|text| !known.contains(text)) else {
        return;
    };
    let message = format!("Kong knows no {what} `{text}`, {REFUSED}");
    let near = nearest(text, known.iter().copied());
    let mut found = remark(RemarkKind::InvalidValue, KONG, &node.place, message);
    found.help = near.map(|near| format!("write `{near}`"));
    // A later release may know it.
    found.sure = near.is_some();
    system.remarks.push(found);
}

/// Timeouts are milliseconds.
fn times(block: &Node, system: &mut System) {
    for key in ["connect_timeout", "read_timeout", "write_timeout", "fail_timeout"] {
        let Some((node, number)) = block.get(key).and_then(|node| Some((node, node.as_f64()?))) else {
            continue;
        };
        if (100.0..=3_600_000.0).contains(&number) {
            continue;
        }
        let message = if number < 100.0 {
            format!("`{key}` is in milliseconds: {number} is over before a model can answer")
        } else {
            format!("`{key}` is in milliseconds: {number} is more than an hour")
        };
        let mut found = remark(RemarkKind::UnitMistake, KONG, &node.place, message);
        if (1.0..100.0).contains(&number) {
            found.help = Some(format!("{number} seconds are `{}`", number * 1000.0));
        }
        found.sure = number < 100.0;
        system.remarks.push(found);
    }
}

fn of_targets(plugin: &Plugin<'_>, config: &Node, system: &mut System) {
    let all = targets::targets(plugin.node);
    if all.is_empty() {
        let message = format!("the plugin `{}` has no target, {REFUSED}", plugin.name);
        system
            .remarks
            .push(remark(RemarkKind::InvalidValue, KONG, &plugin.place(), message));
    }
    let listed = config.get("targets").is_some();
    let mut first_type: Option<&str> = None;
    for target in all {
        if listed {
            keys(Some(target), TARGET, "a target", system);
        }
        keys(target.get("model"), MODEL, "`model`", system);
        if let Some((node, text)) = target.get("route_type").and_then(|node| Some((node, node.as_str()?)))
            && *first_type.get_or_insert(text) != text
        {
            let message = format!("targets of one plugin have different route types, {REFUSED}");
            system
                .remarks
                .push(remark(RemarkKind::InvalidValue, KONG, &node.place, message));
        }
        if let Some((node, text)) = target
            .at(&["model", "provider"])
            .and_then(|node| Some((node, node.as_str()?)))
            && !targets::known().any(|known| known == text)
        {
            let message = format!("Kong knows no provider `{text}`, {REFUSED}");
            let near = nearest(text, targets::known());
            let mut found = remark(RemarkKind::InvalidValue, KONG, &node.place, message);
            found.help = near.map(|near| format!("write `{near}`"));
            found.sure = near.is_some();
            system.remarks.push(found);
        }
        if let Some(weight) = target.get("weight")
            && weight
                .as_f64()
                .is_some_and(|weight| !(1.0..=65_535.0).contains(&weight))
        {
            let message = format!("a weight is a number from 1 to 65535, {REFUSED}");
            system
                .remarks
                .push(remark(RemarkKind::InvalidValue, KONG, &weight.place, message));
        }
        if let Some((node, text)) = target
            .at(&["model", "options", "upstream_url"])
            .and_then(|node| Some((node, node.as_str()?)))
        {
            plaintext_endpoint(text, &node.place, KONG, system);
        }
    }
}

/// Keys that stand in the file, and references in the syntax of another product.
fn secrets(node: &Node, system: &mut System) {
    for entry in node
        .entries()
        .filter(|entry| SECRETS.contains(&entry.key.text.as_str()))
    {
        let Some(text) = entry.value.as_str() else { continue };
        let key = targets::bare(text);
        if targets::variable(key).is_some() || key.starts_with("{vault://") {
            continue;
        }
        if let Some(name) = foreign_reference(key) {
            let message = format!("Kong does not expand `{key}`: it sends these characters as they are");
            let mut found = remark(RemarkKind::NotExpanded, KONG, &entry.value.place, message);
            found.help = Some(format!("write `${{{{ env \"DECK_{name}\" }}}}` or `{{vault://env/…}}`"));
            system.remarks.push(found);
            continue;
        }
        literal_secret(
            &format!("`{}`", entry.key.text),
            key,
            &entry.value.place,
            KONG,
            "write `${{ env \"DECK_NAME\" }}`, or a vault reference `{vault://env/name}`",
            system,
        );
    }
}

/// The variable that another product's syntax names: `${X}`, `$X`, `env::X`, `os.environ/X`.
fn foreign_reference(text: &str) -> Option<&str> {
    let inner = text
        .strip_prefix("${")
        .and_then(|rest| rest.strip_suffix('}'))
        .or_else(|| {
            ["$", "env::", "os.environ/"]
                .iter()
                .find_map(|prefix| text.strip_prefix(prefix))
        })?;
    let is_name = !inner.is_empty() && inner.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    is_name.then_some(inner)
}
