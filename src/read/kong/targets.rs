//! One target: a provider, a model, and the key that pays.

use crate::source::Node;
use crate::system::prices::{ModelFacts, Prices};
use crate::system::{Account, Deployment, DeploymentId, Mode, Setting, System, providers, secrets};

use super::KONG;

/// Kong's providers and their names in the price table.
const PROVIDERS: &[(&str, &str)] = &[
    ("anthropic", "anthropic"),
    ("azure", "azure"),
    ("bedrock", "bedrock"),
    ("cerebras", "cerebras"),
    ("cohere", "cohere"),
    ("dashscope", "dashscope"),
    ("databricks", "databricks"),
    ("deepseek", "deepseek"),
    ("gemini", "gemini"),
    ("huggingface", "huggingface"),
    ("llama2", "llama2"),
    ("mistral", "mistral"),
    ("ollama", "ollama"),
    ("openai", "openai"),
    ("vercel", "vercel_ai_gateway"),
    ("vllm", "vllm"),
    ("xai", "xai"),
];

/// The providers, for whoever looks for a near one.
pub(super) fn known() -> impl Iterator<Item = &'static str> {
    PROVIDERS.iter().map(|(name, _)| *name)
}

/// The targets of an AI plugin: its list, or for `ai-proxy` its `config`, which is one.
pub(super) fn targets(plugin: &Node) -> Vec<&Node> {
    let Some(config) = plugin.get("config") else {
        return Vec::new();
    };
    match config.get("targets") {
        Some(list) => list.items().collect(),
        None => Some(config)
            .filter(|config| config.get("model").is_some())
            .into_iter()
            .collect(),
    }
}

/// What a target does, by its `route_type`.
pub(super) fn mode(target: &Node) -> Mode {
    let kind = target
        .get("route_type")
        .or_else(|| target.at(&["model", "route_type"]))
        .and_then(Node::as_str);
    match kind.map(|kind| kind.rsplit('/').next().unwrap_or(kind)) {
        Some("embeddings") => Mode::Embedding,
        Some("rerank") => Mode::Rerank,
        Some("chat" | "completions" | "responses" | "assistants" | "preserve") | None => Mode::Chat,
        Some(_) => Mode::Other,
    }
}

/// Adds a target's deployment.
pub(super) fn deployment(target: &Node, prices: &Prices, system: &mut System) -> DeploymentId {
    let option = |path: &[&str]| target.at(&[&["model", "options"], path].concat());
    let text = |node: Option<&Node>| node.and_then(Node::as_str).map(ToOwned::to_owned);
    let written = |node: &Node| Some(Setting::written(node.as_str()?.to_owned(), node.place.clone()));
    let endpoint = option(&["upstream_url"]).and_then(written);
    let host = endpoint.as_ref().and_then(|endpoint| {
        Some(Setting {
            value: providers::host_of(&endpoint.value)?,
            origin: endpoint.origin.clone(),
        })
    });
    let provider = provider(target, host.as_ref());
    let model = target
        .at(&["model", "name"])
        .or_else(|| option(&["azure_deployment_id"]))
        .and_then(written)
        .unwrap_or_else(|| {
            Setting::derived(
                "of the request".to_owned(),
                "no model is written, so the caller names it",
            )
        });
    let region = option(&["bedrock", "aws_region"])
        .or_else(|| option(&["gemini", "location_id"]))
        .or_else(|| option(&["azure_instance"]))
        .and_then(written);
    let own_host = host.as_ref().is_some_and(|host| providers::is_local_host(&host.value));
    let facts = declared(
        prices.find(&provider.value, &model.value, None),
        &provider.value,
        target,
    );
    let deployment = Deployment {
        name: format!(
            "{} → {}",
            text(target.at(&["model", "provider"])).unwrap_or_default(),
            model.value
        ),
        dialect: KONG,
        place: target.place.clone(),
        region,
        account: account(target, system),
        self_hosted: own_host || providers::is_self_hosted(&provider.value),
        host,
        endpoint,
        base_model: None,
        limits: Vec::new(),
        max_output_tokens: option(&["max_tokens"])
            .and_then(|node| Some(Setting::written(node.as_u64()?, node.place.clone()))),
        weight: target
            .get("weight")
            .and_then(|node| Some(Setting::written(node.as_f64()?, node.place.clone()))),
        facts,
        mock: None,
        provider,
        model,
    };
    system.add_deployment(deployment)
}

/// The provider: whose host it is, else as it is written. Another company's host that speaks a known
/// format is a provider of its own.
fn provider(target: &Node, host: Option<&Setting<String>>) -> Setting<String> {
    let Some(node) = target.at(&["model", "provider"]) else {
        return Setting::derived("unknown".to_owned(), "the target names no provider");
    };
    let name = node.as_str().unwrap_or_default();
    if name == "gemini" && target.at(&["model", "options", "gemini", "location_id"]).is_some() {
        return Setting::written("vertex_ai".to_owned(), node.place.clone());
    }
    let known = PROVIDERS
        .iter()
        .find(|(kong, _)| *kong == name)
        .map_or(name, |(_, table)| *table);
    if let Some(host) = host.filter(|_| matches!(name, "openai" | "llama2" | "mistral")) {
        if let Some(other) = providers::of_host(&host.value) {
            return Setting {
                value: other.to_owned(),
                origin: host.origin.clone(),
            };
        }
        if !providers::is_local_host(&host.value) {
            return host.clone();
        }
    }
    Setting::written(known.to_owned(), node.place.clone())
}

/// The key that pays: the header's or parameter's value, an AWS key, a client, a service account.
fn account(target: &Node, system: &mut System) -> Option<Account> {
    let keys = [
        "header_value",
        "param_value",
        "aws_access_key_id",
        "azure_client_id",
        "gcp_service_account_json",
    ];
    let node = keys.iter().find_map(|key| target.at(&["auth", key]))?;
    let text = node.as_str()?;
    let key = bare(text);
    if let Some(variable) = variable(key) {
        system.variables.need(variable.as_str(), node.place.clone());
        return Some(Account {
            id: variable.clone(),
            place: Some(node.place.clone()),
            literal: false,
            variable: Some(variable),
        });
    }
    let literal = secrets::is_secret(key);
    Some(Account {
        id: if literal {
            secrets::account_of(key)
        } else {
            key.to_owned()
        },
        place: Some(node.place.clone()),
        literal,
        variable: None,
    })
}

/// A header's value without the word in front of the key.
pub(super) fn bare(text: &str) -> &str {
    text.strip_prefix("Bearer ")
        .or_else(|| text.strip_prefix("bearer "))
        .unwrap_or(text)
        .trim()
}

/// The variable that a value is taken from: decK's `${{ env "DECK_KEY" }}`, or the vault of the
/// environment, `{vault://env/my-key}`, which reads `MY_KEY`.
pub(super) fn variable(text: &str) -> Option<String> {
    let inner = text
        .strip_prefix("${{")
        .and_then(|rest| rest.strip_suffix("}}"))
        .and_then(|rest| rest.trim().strip_prefix("env"));
    if let Some(name) = inner {
        return Some(name.trim().trim_matches(['"', '\'']).to_owned());
    }
    let path = text.strip_prefix("{vault://env/")?.strip_suffix('}')?;
    let name = path.split(['/', '?']).next().unwrap_or(path);
    Some(name.to_ascii_uppercase().replace('-', "_"))
}

/// What the price table knows, overridden by `input_cost` and `output_cost`, which are US dollars for a
/// million tokens.
fn declared(known: Option<ModelFacts>, provider: &str, target: &Node) -> Option<ModelFacts> {
    let price = |key: &str| Some(target.at(&["model", "options", key])?.as_f64()? / 1e6);
    let (input, output) = (price("input_cost"), price("output_cost"));
    if known.is_none() && input.is_none() && output.is_none() {
        return None;
    }
    let mut facts = known.unwrap_or_else(|| ModelFacts {
        key: "declared".to_owned(),
        provider: provider.to_owned(),
        mode: "chat".to_owned(),
        ..ModelFacts::default()
    });
    facts.input_price = input.or(facts.input_price);
    facts.output_price = output.or(facts.output_price);
    Some(facts)
}
