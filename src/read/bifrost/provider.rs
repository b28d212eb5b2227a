//! One provider with its keys: a route whose keys take turns.

use std::time::Duration;

use crate::read::checks::{literal_secret, plaintext_endpoint, remark};
use crate::source::{Edit, Entry, Node};
use crate::system::prices::Prices;
use crate::system::{
    Account, Attempt, Backoff, Deployment, GatewayId, Mode, Origin, Plan, Policy, ProductDefault, RemarkKind, Retry,
    Route, Setting, System, providers, secrets, units,
};

use super::BIFROST;
use super::governance::Governance;

/// `DefaultRequestTimeoutInSeconds`.
const TIMEOUT: Duration = Duration::from_secs(30);
/// `DefaultStreamIdleTimeoutInSeconds`.
const STREAM_IDLE: Duration = Duration::from_secs(60);
/// `DefaultRetryBackoffInitial` and `…Max`.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(5));

pub(super) fn read(
    entry: &Entry,
    gateway: GatewayId,
    governance: &Governance,
    bytes: Option<&Setting<u64>>,
    prices: &Prices,
    system: &mut System,
) {
    let node = &entry.value;
    let network = node.get("network_config");
    let seconds = |key: &str, default: Duration| {
        network
            .and_then(|network| network.get(key))
            .and_then(|node| {
                Some(Setting::written(
                    units::seconds_to_duration(node.as_f64()?)?,
                    node.place.clone(),
                ))
            })
            .unwrap_or_else(|| Setting::default_of(default, BIFROST))
            .map(Some)
    };
    let timeout = seconds("default_request_timeout_in_seconds", TIMEOUT);
    let idle = seconds("stream_idle_timeout_in_seconds", STREAM_IDLE);
    unit(network, system);
    let endpoint = network
        .and_then(|network| network.get("base_url"))
        .and_then(|node| Some(Setting::written(node.scalar_text()?, node.place.clone())));
    if let Some(endpoint) = &endpoint
        && let Some(place) = endpoint.place()
    {
        plaintext_endpoint(&endpoint.value, place, BIFROST, system);
    }
    let keys: Vec<&Node> = node.get("keys").into_iter().flat_map(Node::items).collect();
    let mut branches = Vec::new();
    // A provider without keys (Ollama, a local server) is reached without one.
    let none = [None];
    let each: Vec<Option<&Node>> = if keys.is_empty() {
        none.to_vec()
    } else {
        keys.into_iter().map(Some).collect()
    };
    for key in each {
        let weight = key.and_then(|key| key.get("weight"));
        let deployment = deployment(entry, key, endpoint.as_ref(), prices, system);
        let id = system.add_deployment(deployment);
        branches.push((
            weight.and_then(Node::as_f64).unwrap_or(1.0),
            Plan::Try(Attempt {
                deployment: id,
                timeout: timeout.clone(),
                first_token: timeout.clone(),
                idle: idle.clone(),
                max_output_tokens: None,
            }),
        ));
    }
    let plan = if branches.len() == 1 {
        branches.remove(0).1
    } else {
        // A retry picks another key (`core/bifrost.go`).
        Plan::Pick { branches, ejects: true }
    };
    let members = plan.deployments();
    let plan = Plan::Retry(Box::new(retry(network, plan)));
    system.add_route(Route {
        name: entry.key.text.clone(),
        dialect: BIFROST,
        places: vec![entry.key.place.clone()],
        gateway: Some(gateway),
        call: None,
        mode: Mode::Chat,
        wildcard: false,
        catch_all: false,
        members,
        fallbacks: Vec::new(),
        plan,
        policy: Policy {
            budgets: governance.budgets.clone(),
            limits: governance.limits.clone(),
            max_request_bytes: bytes.cloned(),
            ..Policy::bare(BIFROST)
        },
    });
}

/// `default_request_timeout_in_seconds` counts seconds, whatever other gateways do.
fn unit(network: Option<&Node>, system: &mut System) {
    let Some(node) = network.and_then(|network| network.get("default_request_timeout_in_seconds")) else {
        return;
    };
    if let Some(seconds) = node.as_f64().filter(|seconds| *seconds >= 5_000.0) {
        let message = format!("this counts seconds: {}", units::show_seconds(seconds));
        let mut found = remark(RemarkKind::UnitMistake, BIFROST, &node.place, message);
        found.help = Some(format!("{seconds} ms are {}", units::trim(seconds / 1_000.0)));
        system.remarks.push(found);
    }
}

fn deployment(
    entry: &Entry,
    key: Option<&Node>,
    endpoint: Option<&Setting<String>>,
    prices: &Prices,
    system: &mut System,
) -> Deployment {
    let name = entry.key.text.as_str();
    let provider = match name {
        "vertex" => "vertex_ai",
        "ollama" | "vllm" | "sgl" | "bedrock" | "azure" => name,
        other => other,
    };
    let host = endpoint.and_then(|endpoint| {
        Some(Setting {
            value: providers::host_of(&endpoint.value)?,
            origin: endpoint.origin.clone(),
        })
    });
    let bare = host
        .as_ref()
        .map(|host| host.value.split(':').next().unwrap_or_default().to_owned());
    let self_hosted = bare.as_deref().is_some_and(providers::is_local_host) || providers::is_self_hosted(provider);
    let models: Vec<&Node> = key
        .and_then(|key| key.get("models"))
        .into_iter()
        .flat_map(Node::items)
        .collect();
    let model = match models.as_slice() {
        [only] if only.as_str() != Some("*") => {
            Setting::written(only.scalar_text().unwrap_or_default(), only.place.clone())
        }
        _ => Setting::derived("the request's model".to_owned(), "the key serves several models"),
    };
    let shown = key
        .and_then(|key| key.get("name"))
        .and_then(Node::scalar_text)
        .map_or_else(|| name.to_owned(), |key| format!("{name} ({key})"));
    Deployment {
        name: shown,
        dialect: BIFROST,
        place: key.unwrap_or(&entry.value).place.first_line(),
        facts: prices.find(provider, &model.value, None),
        provider: Setting::written(provider.to_owned(), entry.key.place.clone()),
        model,
        base_model: None,
        region: key
            .and_then(|key| {
                key.at(&["bedrock_key_config", "region"])
                    .or_else(|| key.at(&["vertex_key_config", "region"]))
            })
            .and_then(|node| Some(Setting::written(node.scalar_text()?, node.place.clone()))),
        account: key.and_then(|key| account(key, system)),
        host: host.filter(|_| self_hosted),
        endpoint: endpoint.cloned(),
        self_hosted,
        limits: Vec::new(),
        max_output_tokens: None,
        weight: key
            .and_then(|key| key.get("weight"))
            .and_then(|weight| Some(Setting::written(weight.as_f64()?, weight.place.clone()))),
        mock: None,
    }
}

/// `env.NAME`, `{value, env_var, from_env}`, or the key itself.
fn account(key: &Node, system: &mut System) -> Option<Account> {
    let value = key.get("value")?;
    let named = value.get("env_var").and_then(Node::scalar_text);
    let node = value.get("value").unwrap_or(value);
    let text = named.clone().or_else(|| node.scalar_text())?;
    let place = node.place.clone();
    if let Some(name) = text.strip_prefix("env.").or(named.as_deref()) {
        system.variables.need(name, place.clone());
        return Some(Account {
            id: name.to_owned(),
            place: Some(place),
            literal: false,
            variable: Some(name.to_owned()),
        });
    }
    if let Some(name) = text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')) {
        let message = format!("Bifrost does not expand `{text}`: it sends these characters as they are");
        let mut found = remark(RemarkKind::NotExpanded, BIFROST, &place, message);
        found.help = Some(format!("write `env.{name}`"));
        found.edits = vec![Edit {
            place: place.clone(),
            text: format!("\"env.{name}\""),
        }];
        system.remarks.push(found);
    }
    literal_secret("the key", &text, &place, BIFROST, "write `env.NAME`", system);
    let literal = secrets::is_secret(&text);
    Some(Account {
        id: if literal { secrets::account_of(&text) } else { text },
        place: Some(place),
        literal,
        variable: None,
    })
}

/// Retries: none unless written; 0.5 s doubling to 5 s with jitter. A whole number counts
/// milliseconds, text is a Go duration.
fn retry(network: Option<&Node>, plan: Plan) -> Retry {
    let get = |key: &str| network.and_then(|network| network.get(key));
    let pause = |key: &str, default: Duration| {
        get(key)
            .and_then(|node| {
                node.as_str()
                    .and_then(units::duration)
                    .or_else(|| node.as_u64().map(Duration::from_millis))
            })
            .unwrap_or(default)
    };
    Retry {
        plan,
        retries: get("max_retries")
            .and_then(|node| {
                Some(Setting::written(
                    u32::try_from(node.as_u64()?).ok()?,
                    node.place.clone(),
                ))
            })
            .unwrap_or_else(|| Setting::default_of(0, BIFROST)),
        backoff: Backoff {
            initial: pause("retry_backoff_initial", BACKOFF.0),
            factor: 2.0,
            floor: Duration::ZERO,
            max: pause("retry_backoff_max", BACKOFF.1),
            jitter: Duration::ZERO,
            jittered: true,
            after_last: false,
            retry_after: None,
            origin: Origin::Default(ProductDefault::of(BIFROST)),
        },
        on_timeout: true,
        statuses: None,
        layer: "Bifrost",
    }
}
