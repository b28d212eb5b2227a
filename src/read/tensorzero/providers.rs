//! One provider of a model, or one model in shorthand: a deployment.

use crate::source::{Node, Place};
use crate::system::prices::{ModelFacts, Prices};
use crate::system::{Account, Deployment, DeploymentId, Setting, System, providers};

use super::{TENSORZERO, locations};

/// How a provider type is known: its name in `TensorZero`, in the price table, its usual variable, and
/// whether `type::model` may stand for a model (`configuration-reference.mdx`, `TensorZero` 7a6159a).
struct Kind {
    name: &'static str,
    provider: &'static str,
    variable: Option<&'static str>,
    shorthand: bool,
}

const fn kind(name: &'static str, provider: &'static str, variable: Option<&'static str>, shorthand: bool) -> Kind {
    Kind {
        name,
        provider,
        variable,
        shorthand,
    }
}

const KINDS: &[Kind] = &[
    kind("anthropic", "anthropic", Some("ANTHROPIC_API_KEY"), true),
    kind("aws_bedrock", "bedrock", None, false),
    kind("aws_sagemaker", "sagemaker", None, false),
    kind("azure", "azure", Some("AZURE_API_KEY"), false),
    kind("deepseek", "deepseek", Some("DEEPSEEK_API_KEY"), true),
    kind("dummy", "dummy", None, true),
    kind("fireworks", "fireworks_ai", Some("FIREWORKS_API_KEY"), true),
    kind(
        "gcp_vertex_anthropic",
        "vertex_ai",
        Some("GCP_VERTEX_CREDENTIALS_PATH"),
        true,
    ),
    kind(
        "gcp_vertex_gemini",
        "vertex_ai",
        Some("GCP_VERTEX_CREDENTIALS_PATH"),
        true,
    ),
    kind(
        "google_ai_studio_gemini",
        "gemini",
        Some("GOOGLE_AI_STUDIO_API_KEY"),
        true,
    ),
    kind("groq", "groq", Some("GROQ_API_KEY"), true),
    kind("hyperbolic", "hyperbolic", Some("HYPERBOLIC_API_KEY"), true),
    kind("mistral", "mistral", Some("MISTRAL_API_KEY"), true),
    kind("openai", "openai", Some("OPENAI_API_KEY"), true),
    kind("openrouter", "openrouter", Some("OPENROUTER_API_KEY"), true),
    kind("sglang", "sglang", None, false),
    kind("tgi", "tgi", None, false),
    kind("together", "together_ai", Some("TOGETHER_API_KEY"), true),
    kind("vllm", "vllm", Some("VLLM_API_KEY"), false),
    kind("xai", "xai", Some("XAI_API_KEY"), true),
];

fn kind_of(name: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.name == name)
}

/// The provider types, for whoever looks for a near one.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    KINDS.iter().map(|kind| kind.name)
}

/// Splits `openai::gpt-4o-mini` into its provider type and model; `None` for the name of a model.
pub(super) fn shorthand(name: &str) -> Option<(&str, &str)> {
    let (provider, model) = name.split_once("::")?;
    kind_of(provider).filter(|kind| kind.shorthand)?;
    // `openai::responses::gpt-5` calls the Responses API, `fireworks::accounts/…` has no second part.
    Some((provider, model.rsplit("::").next().unwrap_or(model)))
}

/// The deployment of a model in shorthand: its provider with nothing but defaults.
pub(super) fn of_shorthand(
    root: &Node,
    node: &Node,
    (provider_type, model): (&str, &str),
    prices: &Prices,
    system: &mut System,
) -> DeploymentId {
    let deployment = Deployment {
        name: node.as_str().unwrap_or(model).to_owned(),
        ..deployment(
            root,
            provider_type,
            Setting::written(provider_of(provider_type), node.place.clone()),
            Setting::written(model.to_owned(), node.place.clone()),
            node.place.clone(),
            None,
            prices,
            system,
        )
    };
    system.add_deployment(deployment)
}

/// The deployment of one `[models.<model>.providers.<provider>]`.
pub(super) fn of_table(
    root: &Node,
    model: &str,
    name: &str,
    table: &Node,
    prices: &Prices,
    system: &mut System,
) -> DeploymentId {
    let provider_type = table.get("type").and_then(Node::as_str).unwrap_or("unknown");
    let provider = match table.get("type") {
        Some(node) => Setting::written(provider_of(provider_type), node.place.clone()),
        None => Setting::derived("unknown".to_owned(), "the provider has no `type`"),
    };
    let asked = [
        "model_name",
        "model_id",
        "deployment_id",
        "endpoint_name",
        "endpoint_id",
    ]
    .iter()
    .find_map(|key| table.get(key))
    .and_then(|node| Some(Setting::written(node.as_str()?.to_owned(), node.place.clone())))
    .unwrap_or_else(|| Setting::derived(model.to_owned(), "the model's own name"));
    let deployment = Deployment {
        name: format!("{model} → {name}"),
        ..deployment(
            root,
            provider_type,
            provider,
            asked,
            table.place.clone(),
            Some(table),
            prices,
            system,
        )
    };
    system.add_deployment(deployment)
}

fn provider_of(provider_type: &str) -> String {
    kind_of(provider_type)
        .map_or(provider_type, |kind| kind.provider)
        .to_owned()
}

#[expect(clippy::too_many_arguments, reason = "what a table and a shorthand have in common")]
fn deployment(
    root: &Node,
    provider_type: &str,
    mut provider: Setting<String>,
    model: Setting<String>,
    place: Place,
    table: Option<&Node>,
    prices: &Prices,
    system: &mut System,
) -> Deployment {
    let get = |key: &str| table.and_then(|table| table.get(key));
    let endpoint = ["api_base", "endpoint", "endpoint_url"]
        .iter()
        .find_map(|key| get(key))
        .and_then(|node| Some(Setting::written(node.as_str()?.to_owned(), node.place.clone())));
    let host = endpoint.as_ref().and_then(|endpoint| {
        Some(Setting {
            value: providers::host_of(&endpoint.value).filter(|_| !endpoint.value.contains("::"))?,
            origin: endpoint.origin.clone(),
        })
    });
    let own_host = host.as_ref().is_some_and(|host| providers::is_local_host(&host.value));
    let self_hosted = providers::is_self_hosted(&provider.value) || own_host;
    // An API of OpenAI's or Anthropic's kind at another host is another provider.
    if let Some(host) = host
        .as_ref()
        .filter(|_| matches!(provider_type, "openai" | "anthropic"))
    {
        let known = providers::of_host(&host.value).map(ToOwned::to_owned);
        provider.value = known.unwrap_or_else(|| {
            if own_host {
                provider.value.clone()
            } else {
                host.value.clone()
            }
        });
    }
    let facts = declared(prices.find(&provider.value, &model.value, None), &provider.value, table);
    Deployment {
        name: String::new(),
        dialect: TENSORZERO,
        place,
        region: region(&provider.value, host.as_ref(), table),
        account: account(root, provider_type, table, system).filter(|_| !self_hosted || table.is_some()),
        host,
        endpoint,
        self_hosted,
        base_model: None,
        limits: Vec::new(),
        max_output_tokens: None,
        weight: None,
        facts,
        mock: (provider_type == "dummy").then(|| provider.place().cloned()).flatten(),
        provider,
        model,
    }
}

fn region(provider: &str, host: Option<&Setting<String>>, table: Option<&Node>) -> Option<Setting<String>> {
    let written = ["region", "location"].iter().find_map(|key| table?.get(key));
    if let Some(node) = written {
        let text = node.as_str()?;
        let text = text
            .strip_prefix("env::")
            .map_or_else(|| text.to_owned(), |name| format!("${name}"));
        return Some(Setting::written(text, node.place.clone()));
    }
    // An Azure resource lives in one region, so the resource stands for the region.
    let host = host.filter(|_| provider == "azure")?;
    Some(Setting {
        value: host.value.split('.').next().unwrap_or(&host.value).to_owned(),
        origin: host.origin.clone(),
    })
}

/// The key that pays: the provider's own, its type's default, the product's.
fn account(root: &Node, provider_type: &str, table: Option<&Node>, system: &mut System) -> Option<Account> {
    let keys = ["api_key_location", "credential_location", "access_key_id"];
    let written = keys.iter().find_map(|key| table?.get(key));
    // The defaults of Google's AI Studio stand under its short name.
    let short = provider_type.strip_suffix("_gemini").unwrap_or(provider_type);
    let shared = [provider_type, short].iter().find_map(|name| {
        let defaults = root.at(&["provider_types", name, "defaults"])?;
        keys.iter().find_map(|key| defaults.get(key))
    });
    if let Some(node) = written.or(shared) {
        return locations::account(node, system);
    }
    let variable = kind_of(provider_type)?.variable?;
    Some(Account {
        id: variable.to_owned(),
        place: None,
        literal: false,
        variable: Some(variable.to_owned()),
    })
}

/// What the price table knows, overridden by the provider's `cost`.
fn declared(known: Option<ModelFacts>, provider: &str, table: Option<&Node>) -> Option<ModelFacts> {
    let price = |names: [&str; 2]| {
        let entry = table?.get("cost")?.items().find(|entry| {
            let pointer = ["pointer", "pointer_nonstreaming"]
                .iter()
                .find_map(|key| entry.get(key)?.as_str());
            pointer.is_some_and(|pointer| names.contains(&pointer))
        })?;
        let million = entry.get("cost_per_million").and_then(Node::as_f64);
        million
            .map(|usd| usd / 1e6)
            .or_else(|| entry.get("cost_per_unit").and_then(Node::as_f64))
    };
    let input = price(["/usage/prompt_tokens", "/usage/input_tokens"]);
    let output = price(["/usage/completion_tokens", "/usage/output_tokens"]);
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
