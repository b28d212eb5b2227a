//! Keys that are unknown, names that lead nowhere, and values that mean something else than was meant.

use std::collections::HashSet;

use crate::read::checks::{literal_secret, misspelt_keys, nearest_of, plaintext_endpoint, remark};
use crate::source::{Edit, Entry, Node};
use crate::system::{RemarkKind, System, nearest, secrets};

use super::timeouts::milliseconds;
use super::{TENSORZERO, known, limits, locations, providers, tables};

/// What an unknown key does: every table denies them (`#[serde(deny_unknown_fields)]`, 7a6159a).
const REFUSED: &str = "so TensorZero does not start";

/// Keys whose values are milliseconds.
const MILLISECONDS: &[&str] = &["total_ms", "ttft_ms", "timeout_ms", "global_outbound_http_timeout_ms"];

/// Keys whose values are places of credentials.
const LOCATIONS: &[&str] = &[
    "api_key_location",
    "credential_location",
    "access_key_id",
    "secret_access_key",
    "session_token",
];

pub(super) fn check(root: &Node, system: &mut System) {
    keys(root, system);
    for table in ["models", "embedding_models"] {
        for (key, model) in tables(root, table) {
            routing(&key.text, model, system);
        }
    }
    let models: HashSet<&str> = tables(root, "models").map(|(key, _)| key.text.as_str()).collect();
    for (key, function) in tables(root, "functions") {
        variants(&models, &key.text, function, system);
    }
    times(root, system);
    root.walk(&mut |node| node.entries().for_each(|entry| values(entry, system)));
}

/// Every key of every table that is known whole.
fn keys(root: &Node, system: &mut System) {
    let mut table = |node: Option<&Node>, known: &[&str], here: &str| {
        misspelt_keys(node, known, here, TENSORZERO, REFUSED, system);
    };
    table(Some(root), known::TOP, "the top level");
    table(root.get("gateway"), known::GATEWAY, "`[gateway]`");
    table(
        root.at(&["gateway", "observability"]),
        known::OBSERVABILITY,
        "`[gateway.observability]`",
    );
    table(root.get("rate_limiting"), known::RATE_LIMITING, "`[rate_limiting]`");
    let mut times = |node: &Node| {
        let timeouts = node.get("timeouts");
        table(timeouts, known::TIMEOUTS, "`timeouts`");
        for part in known::TIMEOUTS {
            table(
                timeouts.and_then(|it| it.get(part)),
                known::TIMES,
                &format!("`timeouts.{part}`"),
            );
        }
    };
    let mut rest: Vec<(&Node, &[&str], &str)> = Vec::new();
    for name in ["models", "embedding_models"] {
        for (_, model) in tables(root, name) {
            rest.push((model, known::MODEL, "a model"));
            times(model);
            for (_, provider) in tables(model, "providers") {
                rest.push((provider, known::PROVIDER, "a provider"));
                times(provider);
            }
        }
    }
    for (_, function) in tables(root, "functions") {
        rest.push((function, known::FUNCTION, "a function"));
        if let Some(experiment) = function.get("experimentation") {
            rest.push((experiment, known::EXPERIMENT, "`experimentation`"));
        }
        for (_, variant) in tables(function, "variants") {
            rest.push((variant, known::VARIANT, "a variant"));
            times(variant);
            if let Some(retries) = variant.get("retries") {
                rest.push((retries, known::RETRIES, "`retries`"));
            }
        }
    }
    for (node, known, here) in rest {
        table(Some(node), known, here);
    }
    let counted: Vec<String> = known::COUNTED
        .iter()
        .flat_map(|what| {
            limits::PERIODS
                .iter()
                .map(move |(period, _)| format!("{what}_per_{period}"))
        })
        .chain(known::RULE.iter().map(ToString::to_string))
        .collect();
    let counted: Vec<&str> = counted.iter().map(String::as_str).collect();
    for rule in limits::rules(root) {
        table(Some(rule), &counted, "a rate limiting rule");
    }
}

/// Providers that `routing` names and nobody defines, and the other way round.
fn routing(name: &str, model: &Node, system: &mut System) {
    let defined: HashSet<&str> = tables(model, "providers").map(|(key, _)| key.text.as_str()).collect();
    let routed: Vec<&Node> = model.get("routing").into_iter().flat_map(Node::items).collect();
    let names: HashSet<&str> = routed.iter().filter_map(|node| node.as_str()).collect();
    if routed.is_empty() {
        let message = format!("the model `{name}` has no `routing`, so TensorZero does not start");
        let place = model
            .entries()
            .next()
            .map_or_else(|| model.place.first_line(), |entry| entry.key.place.clone());
        let mut found = remark(RemarkKind::InvalidValue, TENSORZERO, &place, message);
        found.help = Some("write `routing = [\"…\"]` with the names of its providers in order".to_owned());
        system.remarks.push(found);
    }
    for node in &routed {
        let Some(text) = node.as_str().filter(|text| !defined.contains(*text)) else {
            continue;
        };
        let message = format!(
            "`routing` of `{name}` names the provider `{text}`, which is not defined under it: TensorZero does not start"
        );
        let near = nearest_of(text, &defined);
        system.remarks.push(with_name(node, message, near));
    }
    for (key, provider) in tables(model, "providers") {
        if !routed.is_empty() && !names.contains(key.text.as_str()) {
            let message = format!(
                "`routing` of `{name}` does not name the provider `{}`: it is never called",
                key.text
            );
            let mut found = remark(RemarkKind::Unused, TENSORZERO, &key.place, message);
            found.help = Some("add it to `routing`".to_owned());
            system.remarks.push(found);
        }
        let kind = provider.get("type");
        if let Some((node, text)) = kind.and_then(|node| Some((node, node.as_str()?)))
            && !providers::names().any(|known| known == text)
        {
            let message = format!("TensorZero knows no provider type `{text}`, {REFUSED}");
            let near = nearest(text, providers::names());
            system.remarks.push(with_name(node, message, near));
        }
    }
}

/// Models and variants that a function names and nobody defines, and weights that choose nothing.
fn variants(models: &HashSet<&str>, name: &str, function: &Node, system: &mut System) {
    let defined: HashSet<&str> = tables(function, "variants").map(|(key, _)| key.text.as_str()).collect();
    for (_, variant) in tables(function, "variants") {
        let of_judge = ["evaluator", "fuser"]
            .iter()
            .filter_map(|key| variant.at(&[key, "model"]));
        for node in variant.get("model").into_iter().chain(of_judge) {
            let Some(text) = node.as_str() else { continue };
            if models.contains(text) || providers::shorthand(text).is_some() {
                continue;
            }
            // Another file of the folder may define it; a near name in this one says that none does.
            let near = nearest_of(text, models);
            if models.is_empty() && near.is_none() {
                continue;
            }
            let message =
                format!("no model is called `{text}` here: unless another file defines it, TensorZero does not start");
            let mut found = with_name(node, message, near);
            found.sure = near.is_some();
            system.remarks.push(found);
        }
    }
    let block = function.get("experimentation");
    let lists = [
        block.and_then(|block| block.get("candidate_variants")),
        block.and_then(|block| block.get("fallback_variants")),
    ];
    let candidates = tables(function, "variants").filter_map(|(_, variant)| variant.get("candidates"));
    for list in lists.into_iter().flatten().chain(candidates) {
        let named = list.items().filter_map(|item| Some((&item.place, item.as_str()?)));
        let keyed = list.entries().map(|entry| (&entry.key.place, entry.key.text.as_str()));
        for (place, text) in named.chain(keyed) {
            if !defined.contains(text) && !defined.is_empty() {
                let message = format!("the function `{name}` has no variant `{text}`, {REFUSED}");
                let mut found = remark(RemarkKind::InvalidValue, TENSORZERO, place, message);
                found.help = nearest_of(text, &defined).map(|near| format!("write `{near}`"));
                system.remarks.push(found);
            }
        }
    }
    weights(name, function, system);
}

/// Weights that are all zero choose nothing, so every variant is sampled alike.
fn weights(name: &str, function: &Node, system: &mut System) {
    let experiment = function.at(&["experimentation", "candidate_variants"]);
    let of_experiment = experiment.into_iter().flat_map(Node::entries).map(|entry| &entry.value);
    let of_variants = tables(function, "variants").filter_map(|(_, variant)| variant.get("weight"));
    let all: Vec<&Node> = of_experiment.chain(of_variants).collect();
    if let Some(first) = all.first()
        && all.iter().all(|node| node.as_f64() == Some(0.0))
    {
        let message = format!("all weights of `{name}` are 0: they choose nothing");
        let mut found = remark(RemarkKind::InvalidValue, TENSORZERO, &first.place, message);
        found.help = Some("give the variant that should answer a weight above 0".to_owned());
        system.remarks.push(found);
    }
}

/// A limit above the one on everything that leaves the gateway stops the start
/// (`configuration-reference.mdx`, `global_outbound_http_timeout_ms`).
fn times(root: &Node, system: &mut System) {
    let written = root.at(&["gateway", "global_outbound_http_timeout_ms"]);
    let global = written
        .and_then(milliseconds)
        .unwrap_or(std::time::Duration::from_secs(900));
    root.walk(&mut |node| {
        for entry in node.entries() {
            let key = entry.key.text.as_str();
            let inner = MILLISECONDS.contains(&key) && key != "global_outbound_http_timeout_ms";
            if inner && milliseconds(&entry.value).is_some_and(|limit| limit > global) {
                let message = format!(
                    "`{key}` is above the {} ms after which every outbound request ends, {REFUSED}",
                    global.as_millis()
                );
                let mut found = remark(RemarkKind::InvalidValue, TENSORZERO, &entry.value.place, message);
                found.help = Some("lower it, or raise `gateway.global_outbound_http_timeout_ms`".to_owned());
                system.remarks.push(found);
            }
        }
    });
}

/// Checks that need no more than a key and its value.
fn values(entry: &Entry, system: &mut System) {
    let (key, value) = (entry.key.text.as_str(), &entry.value);
    if LOCATIONS.contains(&key) {
        for part in locations::parts(value) {
            location(key, part, system);
        }
        return;
    }
    if MILLISECONDS.contains(&key)
        && let Some(number) = value.as_f64()
        && !(100.0..=3_600_000.0).contains(&number)
    {
        let message = if number < 100.0 {
            format!("`{key}` is in milliseconds: {number} ends every request before a model can answer")
        } else {
            format!("`{key}` is in milliseconds: {number} is more than an hour")
        };
        let mut found = remark(RemarkKind::UnitMistake, TENSORZERO, &value.place, message);
        if (1.0..100.0).contains(&number) {
            found.help = Some(format!("{number} seconds are `{}`", number * 1000.0));
        }
        found.sure = number < 100.0;
        system.remarks.push(found);
    }
    if let Some(text) = value.as_str()
        && matches!(key, "api_base" | "endpoint" | "endpoint_url" | "region" | "location")
    {
        plaintext_endpoint(text, &value.place, TENSORZERO, system);
        if let Some(name) = foreign_reference(text) {
            not_expanded(value, text, name, system);
        }
    }
}

/// A credential that is no location: the key itself, another product's reference, or a slip.
fn location(key: &str, node: &Node, system: &mut System) {
    let Some(text) = node.as_str() else { return };
    if locations::PREFIXES.iter().any(|prefix| text.starts_with(prefix)) || locations::WORDS.contains(&text) {
        return;
    }
    if let Some(name) = foreign_reference(text) {
        not_expanded(node, text, name, system);
        return;
    }
    let before = system.remarks.len();
    let help = "write `env::NAME` and set NAME in the environment";
    literal_secret(&format!("`{key}`"), text, &node.place, TENSORZERO, help, system);
    if system.remarks.len() > before {
        return;
    }
    let shown = secrets::redact(text);
    let message = format!("`{key}` names no location of a key ({shown}), {REFUSED}");
    let mut found = remark(RemarkKind::InvalidValue, TENSORZERO, &node.place, message);
    found.help = Some("write `env::NAME`, `path::FILE`, `dynamic::NAME`, `sdk` or `none`".to_owned());
    system.remarks.push(found);
}

/// The variable that another product's syntax names: `${X}`, `$X`, `os.environ/X`, `env:X`, `env.X`.
fn foreign_reference(text: &str) -> Option<&str> {
    let inner = text
        .strip_prefix("${")
        .and_then(|rest| rest.strip_suffix('}'))
        .or_else(|| {
            ["$", "os.environ/", "env:", "env."]
                .iter()
                .find_map(|prefix| text.strip_prefix(prefix))
        })?;
    let is_name = !inner.is_empty() && inner.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    is_name.then_some(inner)
}

fn not_expanded(node: &Node, text: &str, name: &str, system: &mut System) {
    let message = format!("TensorZero does not expand `{text}`: it takes these characters as they are");
    let mut found = remark(RemarkKind::NotExpanded, TENSORZERO, &node.place, message);
    found.help = Some(format!("write `env::{name}`"));
    found.edits = vec![Edit {
        place: node.place.clone(),
        text: format!("\"env::{name}\""),
    }];
    system.remarks.push(found);
}

/// A remark on a name that leads nowhere, with the name that was meant when one is near.
fn with_name(node: &Node, message: String, near: Option<&str>) -> crate::system::Remark {
    let mut found = remark(RemarkKind::InvalidValue, TENSORZERO, &node.place, message);
    if let Some(near) = near {
        found.help = Some(format!("write `{near}`"));
    }
    found
}
