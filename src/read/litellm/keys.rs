//! Keys that are unknown, misplaced, doubled, or hold what stops the start.

use crate::read::checks::{duplicate_keys, remark};
use crate::source::{Edit, Entry, Node};
use crate::system::{Dialect, Remark, RemarkKind, System, nearest};

use super::config::Config;
use super::known;

const LITELLM: Dialect = Dialect::Litellm;

/// The three sections with what they know, in the order in which a misplaced key is looked up.
const SECTIONS: [(&str, &[&str]); 3] = [
    ("router_settings", known::ROUTER),
    ("litellm_settings", known::LITELLM),
    ("general_settings", known::GENERAL),
];

/// Keys that a section holds by name and that act elsewhere only: to the loader `timeout` under
/// `litellm_settings` is an attribute that nothing reads.
const INERT: &[(&str, &str, &str)] = &[
    ("litellm_settings", "timeout", "litellm_settings.request_timeout"),
    ("litellm_settings", "cooldown_time", "router_settings.cooldown_time"),
    ("litellm_settings", "retry_policy", "router_settings.retry_policy"),
    ("litellm_settings", "master_key", "general_settings.master_key"),
    (
        "general_settings",
        "request_timeout",
        "litellm_settings.request_timeout",
    ),
    ("general_settings", "num_retries", "litellm_settings.num_retries"),
    ("general_settings", "fallbacks", "router_settings.fallbacks"),
    ("general_settings", "timeout", "router_settings.timeout"),
    (
        "general_settings",
        "routing_strategy",
        "router_settings.routing_strategy",
    ),
    ("general_settings", "set_verbose", "litellm_settings.set_verbose"),
    ("general_settings", "drop_params", "litellm_settings.drop_params"),
    ("general_settings", "max_budget", "litellm_settings.max_budget"),
    (
        "general_settings",
        "budget_duration",
        "litellm_settings.budget_duration",
    ),
    ("router_settings", "drop_params", "litellm_settings.drop_params"),
    ("router_settings", "request_timeout", "router_settings.timeout"),
    ("router_settings", "cache", "litellm_settings.cache"),
    ("router_settings", "max_budget", "litellm_settings.max_budget"),
    (
        "router_settings",
        "success_callback",
        "litellm_settings.success_callback",
    ),
];

/// Top-level blocks that are a slip of the pen for one of ours, and are read by nothing.
pub(super) fn check(config: &Config<'_>, system: &mut System) {
    for root in &config.roots {
        duplicate_keys(root, LITELLM, system);
        top_level(root, system);
        for (section, known) in SECTIONS {
            for entry in root.get(section).into_iter().flat_map(Node::entries) {
                section_key(section, known, entry, system);
            }
        }
    }
    for item in &config.models {
        model(item, system);
    }
}

/// A top-level block that nothing reads: a setting at the wrong depth, or a slip of the pen.
fn top_level(root: &Node, system: &mut System) {
    for entry in root
        .entries()
        .filter(|entry| !known::TOP.contains(&entry.key.text.as_str()))
    {
        let key = entry.key.text.as_str();
        // `x-…` and anchors' blocks are how people keep YAML short.
        if key.starts_with("x-") || key.starts_with('.') || key.starts_with('_') || key == "<<" {
            continue;
        }
        let home = SECTIONS.iter().find(|(_, known)| known.contains(&key));
        if let Some((section, _)) = home {
            misplaced(entry, &format!("{section}.{key}"), "the top level", system);
        } else if let Some(near) = nearest(key, known::TOP.iter().copied()) {
            unknown(entry, "the top level", Some(near), system);
        }
    }
}

fn section_key(section: &str, known: &[&str], entry: &Entry, system: &mut System) {
    let key = entry.key.text.as_str();
    if section == "router_settings" && matches!(key, "health_check_interval" | "health_check_concurrency") {
        let message =
            format!("`{key}` under `router_settings` stops LiteLLM's start: it belongs under `general_settings`");
        let mut found = remark(RemarkKind::InvalidValue, LITELLM, &entry.key.place, message);
        found.help = Some(format!("move it to `general_settings.{key}`"));
        system.remarks.push(found);
        return;
    }
    if let Some((_, _, home)) = INERT.iter().find(|(of, name, _)| *of == section && *name == key) {
        misplaced(entry, home, &format!("`{section}`"), system);
        return;
    }
    if known.contains(&key) || key == "<<" {
        return;
    }
    let elsewhere = SECTIONS
        .iter()
        .find(|(other, known)| *other != section && known.contains(&key));
    match elsewhere {
        Some((home, _)) => misplaced(entry, &format!("{home}.{key}"), &format!("`{section}`"), system),
        None => unknown(
            entry,
            &format!("`{section}`"),
            nearest(key, known.iter().copied()),
            system,
        ),
    }
}

fn misplaced(entry: &Entry, home: &str, here: &str, system: &mut System) {
    let message = format!("`{}` does nothing under {here}: LiteLLM reads `{home}`", entry.key.text);
    let mut found = remark(RemarkKind::MisplacedKey, LITELLM, &entry.key.place, message);
    found.help = Some(format!("move it to `{home}`"));
    system.remarks.push(found);
}

fn unknown(entry: &Entry, here: &str, near: Option<&str>, system: &mut System) {
    let place = &entry.key.place;
    let mut found: Remark = match near {
        Some(near) => {
            let message = format!(
                "LiteLLM knows no `{}` under {here} and ignores it; `{near}` is near",
                entry.key.text
            );
            let mut found = remark(RemarkKind::UnknownKey, LITELLM, place, message);
            found.help = Some(format!("write `{near}`"));
            if place.text() == entry.key.text {
                found.edits = vec![Edit {
                    place: place.clone(),
                    text: near.to_owned(),
                }];
            }
            found
        }
        None => remark(
            RemarkKind::UnknownKey,
            LITELLM,
            place,
            format!("LiteLLM knows no `{}` under {here} and ignores it", entry.key.text),
        ),
    };
    // A later release may know it; without a near name it may be the author's own note.
    found.sure = near.is_some();
    system.remarks.push(found);
}

/// One entry of `model_list`: what must be there, and slips of the pen in `litellm_params`.
fn model(item: &Node, system: &mut System) {
    let missing = [
        ("model_name", item.get("model_name")),
        ("litellm_params", item.get("litellm_params")),
    ];
    for (key, found) in missing {
        if found.is_none() {
            let message = format!("an entry of `model_list` has no `{key}`, so LiteLLM cannot use it");
            system.remarks.push(remark(
                RemarkKind::InvalidValue,
                LITELLM,
                &item.place.first_line(),
                message,
            ));
        }
    }
    let Some(params) = item.get("litellm_params") else {
        return;
    };
    if params.get("model").is_none_or(|model| model.as_str().is_none()) {
        let message = "`litellm_params` has no `model`, so LiteLLM cannot use this entry";
        system.remarks.push(remark(
            RemarkKind::InvalidValue,
            LITELLM,
            &params.place.first_line(),
            message,
        ));
    }
    for entry in params
        .entries()
        .filter(|entry| !known::PARAMS.contains(&entry.key.text.as_str()))
    {
        // Unknown parameters are the provider's business; only a near miss of a known one is told.
        if let Some(near) = near_parameter(&entry.key.text) {
            unknown(entry, "`litellm_params`", Some(near), system);
        }
    }
    for entry in item.entries() {
        let key = entry.key.text.as_str();
        if matches!(
            key,
            "rpm"
                | "tpm"
                | "timeout"
                | "api_key"
                | "api_base"
                | "max_tokens"
                | "weight"
                | "stream_timeout"
                | "max_retries"
                | "order"
        ) {
            misplaced(
                entry,
                &format!("litellm_params.{key}"),
                "an entry of `model_list`",
                system,
            );
        }
    }
}

/// The known parameter that a key was meant to be, when only a slip tells them apart.
fn near_parameter(key: &str) -> Option<&'static str> {
    let near = nearest(key, known::PARAMS.iter().copied())?;
    let slip = strsim::damerau_levenshtein(key, near) <= 1 && key.len() >= 5;
    let same_letters = key.replace(['-', '_'], "").eq_ignore_ascii_case(&near.replace('_', ""));
    (slip || same_letters).then_some(near)
}
