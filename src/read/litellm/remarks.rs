//! Values that LiteLLM reads otherwise than their author meant, or not at all.

use crate::read::checks::{literal_secret, plaintext_endpoint, remark};
use crate::source::{Data, Node};
use crate::system::{Dialect, Remark, RemarkKind, System, nearest};

use super::config::Config;

const LITELLM: Dialect = Dialect::Litellm;

/// The values of `routing_strategy` (`types/router.py`, LiteLLM 1.109.1).
const STRATEGIES: &[&str] = &[
    "simple-shuffle",
    "least-busy",
    "latency-based-routing",
    "cost-based-routing",
    "usage-based-routing",
    "usage-based-routing-v2",
    "provider-budget-routing",
];

/// A time limit above this is milliseconds: nobody waits three hours for an answer on purpose, and
/// 10,000 and up are the usual round figures in milliseconds.
const SECONDS_AT_MOST: f64 = 10_000.0;

/// Keys that hold a secret, wherever they stand.
const SECRET_KEYS: &[&str] = &[
    "api_key",
    "aws_secret_access_key",
    "aws_session_token",
    "azure_ad_token",
    "client_secret",
    "azure_password",
    "master_key",
    "password",
    "redis_password",
    "qdrant_api_key",
];

pub(super) fn check(config: &Config<'_>, system: &mut System) {
    for root in &config.roots {
        root.walk(&mut |node| values(node, system));
    }
    units(config, system);
    enums(config, system);
    fallback_shapes(config, system);
    unused_credentials(config, system);
}

/// Checks that need no more than a key and its value.
fn values(node: &Node, system: &mut System) {
    for entry in node.entries() {
        let Some(text) = entry.value.as_str() else { continue };
        let (key, place) = (entry.key.text.as_str(), &entry.value.place);
        if SECRET_KEYS.contains(&key) {
            literal_secret(
                &format!("`{key}`"),
                text,
                place,
                LITELLM,
                "write `os.environ/NAME` and set NAME in the environment",
                system,
            );
        }
        if matches!(key, "api_base" | "base_url") {
            plaintext_endpoint(text, place, LITELLM, system);
        }
        not_expanded(node, key, text, place, system);
        if text.starts_with("os.environ/") && key != "os.environ" && !is_noted(key) {
            system
                .variables
                .need(text.trim_start_matches("os.environ/"), place.clone());
        }
    }
}

/// Whether the readers of deployments and of the gateway have noted the need already.
fn is_noted(key: &str) -> bool {
    matches!(
        key,
        "api_key"
            | "aws_access_key_id"
            | "aws_role_name"
            | "aws_profile_name"
            | "vertex_project"
            | "vertex_credentials"
            | "azure_ad_token"
            | "client_id"
            | "timeout"
            | "stream_timeout"
            | "request_timeout"
            | "master_key"
            | "database_url"
            | "redis_host"
            | "redis_url"
    )
}

/// `${VAR}` and `$VAR` where LiteLLM only knows `os.environ/VAR`.
fn not_expanded(parent: &Node, key: &str, text: &str, place: &crate::source::Place, system: &mut System) {
    let inner = text
        .strip_prefix("${")
        .and_then(|rest| rest.strip_suffix('}'))
        .or_else(|| text.strip_prefix('$').filter(|rest| !rest.starts_with('{')));
    let Some(inner) = inner else { return };
    let name = inner.split([':', '-', '?']).next().unwrap_or(inner);
    let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    // Text for people (a guardrail's message, a prompt) may hold a dollar sign.
    let expands = parent.get("model").is_some()
        || SECRET_KEYS.contains(&key)
        || key.ends_with("_url")
        || key.ends_with("_key")
        || key.ends_with("host")
        || key == "api_base"
        || key == "password";
    if !is_name || !expands {
        return;
    }
    let message = format!("LiteLLM does not expand `{text}`: it sends these characters as they are");
    let mut found = remark(RemarkKind::NotExpanded, LITELLM, place, message);
    found.help = Some(format!("write `os.environ/{name}`"));
    // A default inside the braces would be lost, so only the plain form is mended by itself.
    if name == inner {
        found.edits = vec![crate::source::Edit {
            place: place.clone(),
            text: format!("os.environ/{name}"),
        }];
    }
    system.remarks.push(found);
}

/// Milliseconds where LiteLLM counts seconds.
fn units(config: &Config<'_>, system: &mut System) {
    let mut limits: Vec<(&str, &Node)> = Vec::new();
    for (key, node) in [
        ("request_timeout", config.litellm.get("request_timeout")),
        ("timeout", config.router.get("timeout")),
        ("stream_timeout", config.router.get("stream_timeout")),
        ("cooldown_time", config.router.get("cooldown_time")),
        ("retry_after", config.router.get("retry_after")),
    ] {
        limits.extend(node.map(|node| (key, node)));
    }
    for item in &config.models {
        let params = item.get("litellm_params");
        for key in ["timeout", "stream_timeout", "request_timeout"] {
            limits.extend(params.and_then(|params| params.get(key)).map(|node| (key, node)));
        }
    }
    for (key, node) in limits {
        if let Some(value) = node.as_f64().filter(|value| *value >= SECONDS_AT_MOST) {
            let seconds = value / 1_000.0;
            let message = format!(
                "`{key}: {value}` is {} hours: LiteLLM counts seconds",
                crate::system::units::trim(value / 3_600.0)
            );
            let mut found = remark(RemarkKind::UnitMistake, LITELLM, &node.place, message);
            found.help = Some(format!(
                "write `{key}: {}` if milliseconds were meant",
                crate::system::units::trim(seconds)
            ));
            found.edits = vec![crate::source::Edit {
                place: node.place.clone(),
                text: crate::system::units::trim(seconds),
            }];
            found.sure = false;
            system.remarks.push(found);
        }
    }
}

/// Words that LiteLLM does not know, and numbers that are none.
fn enums(config: &Config<'_>, system: &mut System) {
    if let Some(node) = config.router.get("routing_strategy") {
        let text = node.scalar_text().unwrap_or_default();
        if !STRATEGIES.contains(&text.as_str()) {
            let message = format!("LiteLLM knows no routing strategy `{text}` and does not start with it");
            let near = nearest(&text, STRATEGIES.iter().copied());
            system.remarks.push(invalid(node, message, near));
        }
    }
    let numbers = [
        (
            config.router.node(),
            [
                "num_retries",
                "timeout",
                "stream_timeout",
                "cooldown_time",
                "allowed_fails",
                "max_fallbacks",
                "retry_after",
            ]
            .as_slice(),
        ),
        (
            config.litellm.node(),
            [
                "num_retries",
                "request_timeout",
                "allowed_fails",
                "max_budget",
                "max_fallbacks",
            ]
            .as_slice(),
        ),
    ];
    for (section, keys) in numbers {
        for key in keys {
            let Some(node) = section.and_then(|section| section.get(key)) else {
                continue;
            };
            let reference = node.as_str().is_some_and(|text| text.starts_with("os.environ/"));
            let number = node.as_f64().or_else(|| node.as_str()?.trim().parse().ok());
            if number.is_none() && !reference {
                system.remarks.push(invalid(
                    node,
                    format!("`{key}` must be a number, and this is {}", node.kind()),
                    None,
                ));
            } else if number.is_some_and(|number| number < 0.0) {
                system
                    .remarks
                    .push(invalid(node, format!("`{key}` must not be negative"), None));
            }
        }
    }
}

fn invalid(node: &Node, message: String, near: Option<&str>) -> Remark {
    let mut found = remark(RemarkKind::InvalidValue, LITELLM, &node.place, message);
    if let Some(near) = near {
        found.help = Some(format!("write `{near}`"));
        found.edits = vec![crate::source::Edit {
            place: node.place.clone(),
            text: near.to_owned(),
        }];
    }
    found
}

/// Fallback lists in a shape that stops the start.
fn fallback_shapes(config: &Config<'_>, system: &mut System) {
    for key in ["fallbacks", "context_window_fallbacks", "content_policy_fallbacks"] {
        for node in [config.router.get(key), config.litellm.get(key)].into_iter().flatten() {
            let Data::Seq(items) = &node.data else {
                let message = format!(
                    "`{key}` must be a list of one-key mappings, and this is {}: LiteLLM does not start",
                    node.kind()
                );
                system.remarks.push(invalid(
                    &Node {
                        place: node.place.first_line(),
                        ..node.clone()
                    },
                    message,
                    None,
                ));
                continue;
            };
            for item in items {
                fallback_item(key, item, system);
            }
        }
    }
}

fn fallback_item(key: &str, item: &Node, system: &mut System) {
    let Data::Map(map) = &item.data else {
        let message = format!(
            "an item of `{key}` must be a mapping `route: [fallback]`, and this is {}",
            item.kind()
        );
        system
            .remarks
            .push(remark(RemarkKind::InvalidValue, LITELLM, &item.place, message));
        return;
    };
    if let [first, second, ..] = map.entries.as_slice() {
        let message = format!(
            "one item of `{key}` holds `{}` and `{}`: LiteLLM 1.109.1 wants one route in each item and does not start",
            first.key.text, second.key.text
        );
        let mut found = remark(RemarkKind::InvalidValue, LITELLM, &second.key.place, message);
        found.help = Some(format!("begin a new item: `- {}: …`", second.key.text));
        system.remarks.push(found);
    }
    for entry in &map.entries {
        if let Data::Str(text) = &entry.value.data {
            let message = format!(
                "the fallback of `{}` is text and no list: LiteLLM 1.109.1 does not start, and 1.106.2 walks its letters",
                entry.key.text
            );
            let mut found = remark(RemarkKind::InvalidValue, LITELLM, &entry.value.place, message);
            found.help = Some(format!("write `[{text}]`"));
            // Text with marks of a list in it is no one name: a person must see what was meant.
            let written = entry.value.place.text();
            if !written.contains(['[', ']', '{', '}', ',', '#', '\n']) {
                found.edits = vec![crate::source::Edit {
                    place: entry.value.place.clone(),
                    text: format!("[{written}]"),
                }];
            }
            system.remarks.push(found);
        }
    }
}

/// Credentials that no deployment names.
fn unused_credentials(config: &Config<'_>, system: &mut System) {
    for item in config.top("credential_list").into_iter().flat_map(Node::items) {
        let Some(name) = item.get("credential_name").filter(|name| name.as_str().is_some()) else {
            continue;
        };
        let used = config.models.iter().any(|model| {
            model
                .at(&["litellm_params", "litellm_credential_name"])
                .and_then(Node::as_str)
                == name.as_str()
        });
        if !used {
            let message = format!(
                "no deployment names the credential `{}`",
                name.as_str().unwrap_or_default()
            );
            system
                .remarks
                .push(remark(RemarkKind::Unused, LITELLM, &name.place, message));
        }
    }
}
