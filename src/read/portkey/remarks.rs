//! What is wrong where it stands.

use crate::read::checks::remark;
use crate::source::{Edit, Node};
use crate::system::{RemarkKind, System, nearest};

use super::PORTKEY;

/// The keys of a config or target (`schema/config.ts`, 669825c), as they are written in JSON.
const KEYS: &[&str] = &[
    "after_request_hooks",
    "anthropic_beta",
    "anthropic_version",
    "api_key",
    "aws_access_key_id",
    "aws_region",
    "aws_role_arn",
    "aws_secret_access_key",
    "aws_session_token",
    "azure_api_version",
    "azure_auth_mode",
    "azure_deployment_id",
    "azure_endpoint_name",
    "azure_model_name",
    "azure_region",
    "azure_resource_name",
    "before_request_hooks",
    "cache",
    "custom_host",
    "default_input_guardrails",
    "default_output_guardrails",
    "deployment_id",
    "forward_headers",
    "id",
    "index",
    "input_guardrails",
    "name",
    "on_status_codes",
    "openai_organization",
    "openai_project",
    "output_guardrails",
    "override_params",
    "passthrough",
    "prompt_id",
    "provider",
    "request_timeout",
    "resource_name",
    "retry",
    "slug",
    "strategy",
    "strict_open_ai_compliance",
    "targets",
    "vertex_project_id",
    "vertex_region",
    "vertex_service_account_json",
    "virtual_key",
    "weight",
];

const MODES: &[&str] = &["single", "loadbalance", "fallback", "conditional"];

/// Remarks on a tree.
pub(super) fn check(root: &Node, system: &mut System) {
    root.walk(&mut |node| {
        let is_config =
            node.get("targets").is_some() || node.get("provider").is_some() || node.get("virtual_key").is_some();
        if is_config {
            keys(node, system);
            mode(node, system);
            timeout(node, system);
            weights(node, system);
        }
    });
}

fn keys(node: &Node, system: &mut System) {
    for entry in node.entries() {
        // The loader turns snake_case into camelCase, so both are taken.
        let snake: String = entry.key.text.chars().fold(String::new(), |mut text, c| {
            if c.is_ascii_uppercase() {
                text.push('_');
            }
            text.push(c.to_ascii_lowercase());
            text
        });
        if KEYS.contains(&snake.as_str()) {
            continue;
        }
        let Some(near) = nearest(&snake, KEYS.iter().copied()) else {
            continue;
        };
        let message = format!(
            "Portkey knows no `{}` here and ignores it; `{near}` is near",
            entry.key.text
        );
        let mut found = remark(RemarkKind::UnknownKey, PORTKEY, &entry.key.place, message);
        found.help = Some(format!("write `{near}`"));
        if entry.key.place.text().trim_matches('"') == entry.key.text {
            found.edits = vec![Edit {
                place: entry.key.place.clone(),
                text: format!("\"{near}\""),
            }];
        }
        system.remarks.push(found);
    }
    for key in ["on_status_codes", "attempts"] {
        if let Some(entry) = node.entry(key) {
            let home = if key == "attempts" {
                "retry.attempts"
            } else {
                "strategy.on_status_codes"
            };
            let message = format!("`{key}` does nothing here: Portkey reads `{home}`");
            system
                .remarks
                .push(remark(RemarkKind::MisplacedKey, PORTKEY, &entry.key.place, message));
        }
    }
}

fn mode(node: &Node, system: &mut System) {
    let Some(mode) = node.at(&["strategy", "mode"]) else {
        return;
    };
    let text = mode.scalar_text().unwrap_or_default();
    if MODES.contains(&text.as_str()) {
        return;
    }
    let near = nearest(&text, MODES.iter().copied());
    let mut found = remark(
        RemarkKind::InvalidValue,
        PORTKEY,
        &mode.place,
        format!(
            "Portkey knows no mode `{text}` and refuses the config: {}",
            MODES.join(", ")
        ),
    );
    if let Some(near) = near {
        found.help = Some(format!("write `{near}`"));
        found.edits = vec![Edit {
            place: mode.place.clone(),
            text: format!("\"{near}\""),
        }];
    }
    system.remarks.push(found);
}

/// Below this many milliseconds no model answers: seconds were meant.
const SECONDS_BELOW: f64 = 600.0;

fn timeout(node: &Node, system: &mut System) {
    let found = node.get("request_timeout").or_else(|| node.get("requestTimeout"));
    let Some((node, value)) = found.and_then(|node| Some((node, node.as_f64()?))) else {
        return;
    };
    if value > 0.0 && value < SECONDS_BELOW {
        let message =
            format!("`request_timeout` counts milliseconds: {value} ms ends every call before it is answered");
        let mut found = remark(RemarkKind::UnitMistake, PORTKEY, &node.place, message);
        found.help = Some(format!("{value} s are {}", value * 1_000.0));
        system.remarks.push(found);
    }
}

fn weights(node: &Node, system: &mut System) {
    if node.at(&["strategy", "mode"]).and_then(Node::as_str) != Some("loadbalance") {
        return;
    }
    let weights: Vec<&Node> = node
        .get("targets")
        .into_iter()
        .flat_map(Node::items)
        .filter_map(|target| target.get("weight"))
        .collect();
    let targets = node.get("targets").map_or(0, |targets| targets.items().count());
    let all_zero =
        !weights.is_empty() && weights.len() == targets && weights.iter().all(|weight| weight.as_f64() == Some(0.0));
    if all_zero {
        system.remarks.push(remark(
            RemarkKind::InvalidValue,
            PORTKEY,
            &weights[0].place,
            "all weights are 0: Portkey picks no target and each request fails",
        ));
    }
}
