//! A target without targets: one deployment.

use crate::read::checks::{literal_secret, plaintext_endpoint};
use crate::source::Node;
use crate::system::prices::Prices;
use crate::system::{Account, Deployment, Setting, System, providers, secrets};

use super::PORTKEY;

/// Portkey's provider names where they differ from the price table's (`src/globals.ts`).
const NAMES: &[(&str, &str)] = &[
    ("azure-openai", "azure"),
    ("vertex-ai", "vertex_ai"),
    ("google", "gemini"),
    ("mistral-ai", "mistral"),
    ("together-ai", "together_ai"),
    ("fireworks-ai", "fireworks_ai"),
    ("perplexity-ai", "perplexity"),
    ("x-ai", "xai"),
    ("workers-ai", "cloudflare"),
];

/// Keys that hold a region.
const REGIONS: &[&str] = &[
    "aws_region",
    "awsRegion",
    "vertex_region",
    "vertexRegion",
    "azure_region",
];

pub(super) fn read(node: &Node, prices: &Prices, system: &mut System) -> Deployment {
    let text = |names: &[&str]| {
        let found = names.iter().find_map(|name| node.get(name))?;
        Some(Setting::written(found.scalar_text()?, found.place.clone()))
    };
    let account = account(node, system);
    let endpoint = text(&["custom_host", "customHost"]);
    if let Some(endpoint) = &endpoint
        && let Some(place) = endpoint.place()
    {
        plaintext_endpoint(&endpoint.value, place, PORTKEY, system);
    }
    let host = endpoint
        .as_ref()
        .and_then(|endpoint| providers::host_of(&endpoint.value));
    let named = text(&["provider"]).map(|provider| {
        provider.map(|name| {
            // `@openai-prod` names an integration of the hosted product: the part before the hyphen.
            let bare = name.trim_start_matches('@').to_owned();
            let known = NAMES.iter().find(|(theirs, _)| *theirs == bare);
            known.map_or(bare, |(_, ours)| (*ours).to_owned())
        })
    });
    let provider = named
        .or_else(|| {
            host.clone()
                .map(|host| Setting::derived(host, "the host of `custom_host`"))
        })
        .or_else(|| text(&["virtual_key", "virtualKey"]))
        .unwrap_or_else(|| Setting::default_of("openai".to_owned(), PORTKEY));
    let params = node.get("override_params").or_else(|| node.get("overrideParams"));
    let param = |name: &str| params.and_then(|params| params.get(name));
    let model = param("model")
        .and_then(|model| Some(Setting::written(model.scalar_text()?, model.place.clone())))
        .or_else(|| text(&["deployment_id", "azure_deployment_id"]))
        .unwrap_or_else(|| Setting::derived("the request's model".to_owned(), "no `override_params.model`"));
    let local = host.as_deref().is_some_and(|host| {
        let bare = host.split(':').next().unwrap_or(host);
        providers::is_local_host(bare)
    });
    Deployment {
        name: format!("{}/{}", provider.value, model.value),
        dialect: PORTKEY,
        place: node.place.first_line(),
        facts: prices.find(&provider.value, &model.value, None),
        region: text(REGIONS),
        account,
        host: endpoint.as_ref().zip(host).map(|(endpoint, host)| Setting {
            value: host,
            origin: endpoint.origin.clone(),
        }),
        endpoint,
        self_hosted: local || providers::is_self_hosted(&provider.value),
        provider,
        model,
        base_model: None,
        limits: Vec::new(),
        max_output_tokens: ["max_tokens", "max_completion_tokens"]
            .iter()
            .find_map(|name| param(name))
            .and_then(|node| Some(Setting::written(node.as_u64()?, node.place.clone()))),
        weight: node
            .get("weight")
            .and_then(|weight| Some(Setting::written(weight.as_f64()?, weight.place.clone()))),
        mock: None,
    }
}

/// The key or the virtual key; each virtual key is an account of its own.
fn account(node: &Node, system: &mut System) -> Option<Account> {
    if let Some(key) = node.get("virtual_key").or_else(|| node.get("virtualKey")) {
        return Some(Account {
            id: key.scalar_text()?,
            place: Some(key.place.clone()),
            literal: false,
            variable: None,
        });
    }
    let key = node.get("api_key").or_else(|| node.get("apiKey"))?;
    let text = key.scalar_text()?;
    literal_secret(
        "the key",
        &text,
        &key.place,
        PORTKEY,
        "use a virtual key, or fill it in from the environment",
        system,
    );
    let literal = secrets::is_secret(&text);
    Some(Account {
        id: if literal { secrets::account_of(&text) } else { text },
        place: Some(key.place.clone()),
        literal,
        variable: None,
    })
}
