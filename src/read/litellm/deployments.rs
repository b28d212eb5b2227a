//! The entries of `model_list`: one deployment each.

use std::time::Duration;

use crate::source::Node;
use crate::system::prices::{ModelFacts, Prices};
use crate::system::{
    Account, Deployment, DeploymentId, Dialect, Limit, LimitKind, Mode, Scope, Setting, System, providers, secrets,
};

use super::config::Config;
use super::providers::{Reached, reached};

/// A deployment with the block that it was read from.
pub(super) struct Entry<'a> {
    /// Its id.
    pub id: DeploymentId,
    /// The route's name, with its place.
    pub name: &'a Node,
    /// `litellm_params`.
    pub params: &'a Node,
    /// What the route does, as far as this entry tells.
    pub mode: Mode,
}

/// Reads all entries; one without a name, parameters or model is no deployment (`keys.rs` says so).
pub(super) fn read<'a>(config: &Config<'a>, prices: &Prices, system: &mut System) -> Vec<Entry<'a>> {
    let mut entries = Vec::new();
    for item in &config.models {
        let (Some(name), Some(params)) = (item.get("model_name"), item.get("litellm_params")) else {
            continue;
        };
        let Some(text) = name.scalar_text() else { continue };
        let Some(reached) = reached(params, prices) else {
            continue;
        };
        let info = item.get("model_info");
        let base_model = info
            .and_then(|info| info.get("base_model"))
            .or_else(|| params.get("base_model"))
            .and_then(text_setting);
        let mut facts = prices.find(
            &reached.prefix,
            &reached.model.value,
            base_model.as_ref().map(|base| base.value.as_str()),
        );
        if facts.is_none() && reached.provider.value != reached.prefix {
            facts = prices.find(&reached.provider.value, &reached.model.value, None);
        }
        let facts = declared(facts, &reached, params, info);
        let mode = mode_of(info, facts.as_ref(), &reached.model.value);
        let deployment = Deployment {
            name: format!(
                "{text} → {}",
                params.get("model").and_then(Node::as_str).unwrap_or_default()
            ),
            dialect: Dialect::Litellm,
            place: item.place.clone(),
            region: region(&reached, params),
            account: account(&reached, params, config, system),
            limits: limits(params),
            max_output_tokens: ["max_tokens", "max_completion_tokens"].iter().find_map(|key| {
                let node = params.get(key)?;
                Some(Setting::written(node.as_u64()?, node.place.clone()))
            }),
            weight: params
                .get("weight")
                .and_then(|node| Some(Setting::written(node.as_f64()?, node.place.clone()))),
            facts,
            mock: params.get("mock_response").map(|node| node.place.clone()),
            base_model,
            provider: reached.provider,
            model: reached.model,
            host: reached.host,
            endpoint: reached.endpoint,
            self_hosted: reached.self_hosted,
        };
        let id = system.add_deployment(deployment);
        entries.push(Entry { id, name, params, mode });
    }
    entries
}

fn text_setting(node: &Node) -> Option<Setting<String>> {
    Some(Setting::written(node.as_str()?.to_owned(), node.place.clone()))
}

/// The region that a deployment names, or that its provider is known by.
fn region(reached: &Reached, params: &Node) -> Option<Setting<String>> {
    let written = [
        "aws_region_name",
        "vertex_location",
        "region_name",
        "watsonx_region_name",
    ]
    .iter()
    .find_map(|key| params.get(key));
    if let Some(node) = written {
        let text = node.as_str()?;
        return Some(Setting::written(
            text.strip_prefix("os.environ/")
                .map_or_else(|| text.to_owned(), |name| format!("${name}")),
            node.place.clone(),
        ));
    }
    // An Azure resource lives in one region, so the resource stands for the region.
    if reached.provider.value == "azure" {
        let host = reached.host.as_ref()?;
        return Some(Setting {
            value: host.value.split('.').next().unwrap_or(&host.value).to_owned(),
            origin: host.origin.clone(),
        });
    }
    None
}

/// The key or account that pays.
fn account(reached: &Reached, params: &Node, config: &Config<'_>, system: &mut System) -> Option<Account> {
    if let Some(name) = params.get("litellm_credential_name").and_then(Node::as_str) {
        let place = params.get("litellm_credential_name").map(|node| node.place.clone());
        let literal = credential(config, name).is_some_and(|key| secrets::is_secret(key.as_str().unwrap_or_default()));
        return Some(Account {
            id: format!("credential {name}"),
            place,
            literal,
            variable: None,
        });
    }
    let keys = [
        "api_key",
        "aws_access_key_id",
        "aws_role_name",
        "aws_profile_name",
        "vertex_project",
        "vertex_credentials",
        "azure_ad_token",
        "client_id",
    ];
    let Some(node) = keys.iter().find_map(|key| params.get(key)) else {
        let variable = providers::default_key(&reached.prefix).filter(|_| !reached.self_hosted)?;
        return Some(Account {
            id: variable.to_owned(),
            place: None,
            literal: false,
            variable: Some(variable.to_owned()),
        });
    };
    let text = node.as_str()?;
    if let Some(variable) = text.strip_prefix("os.environ/") {
        system.variables.need(variable, node.place.clone());
        return Some(Account {
            id: variable.to_owned(),
            place: Some(node.place.clone()),
            literal: false,
            variable: Some(variable.to_owned()),
        });
    }
    if secrets::is_secret(text) {
        return Some(Account {
            id: secrets::account_of(text),
            place: Some(node.place.clone()),
            literal: true,
            variable: None,
        });
    }
    // A project, role or profile is a name; a placeholder for a local host is no account at all.
    let named = node.place
        != params
            .get("api_key")
            .map_or_else(|| params.place.clone(), |key| key.place.clone());
    (named || !reached.self_hosted).then(|| Account {
        id: text.to_owned(),
        place: Some(node.place.clone()),
        literal: false,
        variable: None,
    })
}

fn credential<'a>(config: &Config<'a>, name: &str) -> Option<&'a Node> {
    let list = config.top("credential_list")?;
    let item = list
        .items()
        .find(|item| item.get("credential_name").and_then(Node::as_str) == Some(name))?;
    item.at(&["credential_values", "api_key"])
}

/// Limits as written. Whether anything enforces them depends on the router: `limits.rs` decides.
fn limits(params: &Node) -> Vec<Limit> {
    const MINUTE: Duration = Duration::from_secs(60);
    const DAY: Duration = Duration::from_secs(86_400);
    let kinds = [
        ("rpm", LimitKind::Requests, MINUTE),
        ("tpm", LimitKind::Tokens, MINUTE),
        ("itpm", LimitKind::InputTokens, MINUTE),
        ("otpm", LimitKind::OutputTokens, MINUTE),
        ("rpd", LimitKind::Requests, DAY),
        ("tpd", LimitKind::Tokens, DAY),
        ("max_parallel_requests", LimitKind::Parallel, Duration::ZERO),
    ];
    kinds
        .into_iter()
        .filter_map(|(key, kind, period)| {
            let node = params.get(key)?;
            let amount = Setting::written(node.as_f64()?, node.place.clone());
            Some(Limit {
                kind,
                amount,
                period,
                scope: Scope::Deployment,
                enforced: Ok(()),
            })
        })
        .collect()
}

/// What the table knows, overridden by what the entry declares.
fn declared(known: Option<ModelFacts>, reached: &Reached, params: &Node, info: Option<&Node>) -> Option<ModelFacts> {
    let either = |key: &str| params.get(key).or_else(|| info.and_then(|info| info.get(key)));
    let input_price = either("input_cost_per_token").and_then(Node::as_f64);
    let output_price = either("output_cost_per_token").and_then(Node::as_f64);
    let max_input = info
        .and_then(|info| info.get("max_input_tokens"))
        .and_then(Node::as_u64);
    let max_output = info
        .and_then(|info| info.get("max_output_tokens"))
        .and_then(Node::as_u64);
    let says_something = input_price.is_some() || output_price.is_some() || max_input.is_some() || max_output.is_some();
    if known.is_none() && !says_something {
        return None;
    }
    let mut facts = known.unwrap_or_else(|| ModelFacts {
        key: "declared".to_owned(),
        provider: reached.provider.value.clone(),
        mode: "chat".to_owned(),
        ..ModelFacts::default()
    });
    if input_price.is_some() && !facts.found.is_certain() {
        // Window and abilities are still those of the model found elsewhere; the price is now known.
        "declared".clone_into(&mut facts.key);
    }
    facts.input_price = input_price.or(facts.input_price);
    facts.output_price = output_price.or(facts.output_price);
    facts.max_input_tokens = max_input.or(facts.max_input_tokens);
    facts.max_output_tokens = max_output.or(facts.max_output_tokens);
    Some(facts)
}

/// What an entry does: declared, else by the price table, else by the model's name.
fn mode_of(info: Option<&Node>, facts: Option<&ModelFacts>, model: &str) -> Mode {
    let named = info.and_then(|info| info.get("mode")).and_then(Node::as_str);
    match named.or_else(|| facts.map(|facts| facts.mode.as_str()).filter(|mode| !mode.is_empty())) {
        Some("chat" | "completion" | "responses") => return Mode::Chat,
        Some("embedding") => return Mode::Embedding,
        Some("rerank") => return Mode::Rerank,
        Some(_) => return Mode::Other,
        None => {}
    }
    let lower = model.to_ascii_lowercase();
    let has = |parts: &[&str]| parts.iter().any(|part| lower.contains(part));
    if has(&["embed", "bge-", "/e5-", "gte-", "minilm"]) {
        Mode::Embedding
    } else if has(&["rerank"]) {
        Mode::Rerank
    } else if has(&[
        "whisper",
        "tts",
        "dall-e",
        "gpt-image",
        "flux",
        "stable-diffusion",
        "imagen",
        "moderation",
        "transcri",
        "speech",
        "veo-",
        "sora",
    ]) {
        Mode::Other
    } else {
        Mode::Chat
    }
}
