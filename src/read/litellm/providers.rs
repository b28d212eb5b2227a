//! Which provider a `litellm_params` block reaches.

use crate::source::Node;
use crate::system::prices::Prices;
use crate::system::{Setting, providers};

/// The provider prefixes of `LiteLLM` 1.109.1 (`LlmProviders` in `types/utils.py`): the chat,
/// embedding and rerank ones. A first part that is not here belongs to the model's name.
const PREFIXES: &[&str] = &[
    "ai21",
    "ai21_chat",
    "aiml",
    "aiohttp_openai",
    "amazon_nova",
    "anthropic",
    "anthropic_text",
    "auto_router",
    "azure",
    "azure_ai",
    "azure_text",
    "baseten",
    "bedrock",
    "bigmodel",
    "bytez",
    "cerebras",
    "chatgpt",
    "chutes",
    "clarifai",
    "cloudflare",
    "codestral",
    "cohere",
    "cohere_chat",
    "cometapi",
    "compactifai",
    "cortecs",
    "custom",
    "custom_openai",
    "dashscope",
    "databricks",
    "datarobot",
    "deepgram",
    "deepinfra",
    "deepseek",
    "docker_model_runner",
    "edenai",
    "elevenlabs",
    "empower",
    "fal_ai",
    "featherless_ai",
    "fireworks_ai",
    "friendliai",
    "galadriel",
    "gdc",
    "gemini",
    "gigachat",
    "github",
    "github_copilot",
    "gradient_ai",
    "groq",
    "helicone",
    "heroku",
    "hosted_vllm",
    "huggingface",
    "hyperbolic",
    "inception",
    "infinity",
    "jina_ai",
    "lambda_ai",
    "langgraph",
    "lemonade",
    "litellm_proxy",
    "llamafile",
    "lm_studio",
    "maritalk",
    "meta",
    "meta_llama",
    "minimax",
    "mistral",
    "modelscope",
    "moonshot",
    "morph",
    "nano-gpt",
    "nebius",
    "nlp_cloud",
    "novita",
    "nscale",
    "nvidia_nim",
    "nvidia_riva",
    "oci",
    "ollama",
    "ollama_chat",
    "oobabooga",
    "openai",
    "openai_like",
    "openrouter",
    "ovhcloud",
    "parasail",
    "perplexity",
    "petals",
    "poe",
    "predibase",
    "publicai",
    "qwencloud",
    "recraft",
    "replicate",
    "runwayml",
    "sagemaker",
    "sagemaker_chat",
    "sagemaker_nova",
    "sambanova",
    "sap",
    "scaleway",
    "snowflake",
    "soniox",
    "stability",
    "synthetic",
    "tencent",
    "text-completion-codestral",
    "text-completion-openai",
    "together_ai",
    "topaz",
    "triton",
    "v0",
    "vercel_ai_gateway",
    "vertex_ai",
    "vertex_ai_beta",
    "vllm",
    "volcengine",
    "voyage",
    "wandb",
    "watsonx",
    "watsonx_text",
    "xai",
    "xiaomi_mimo",
    "xinference",
    "zai",
];

/// Prefixes that speak a protocol and name no company: the host decides.
const PROTOCOLS: &[&str] = &[
    "openai",
    "custom_openai",
    "openai_like",
    "aiohttp_openai",
    "text-completion-openai",
    "anthropic",
    "litellm_proxy",
    "custom",
];

/// What a `litellm_params` block reaches.
pub(super) struct Reached {
    /// The provider.
    pub provider: Setting<String>,
    /// The model without the provider's prefix.
    pub model: Setting<String>,
    /// Host and port, when an endpoint is written.
    pub host: Option<Setting<String>>,
    /// The endpoint as written.
    pub endpoint: Option<Setting<String>>,
    /// Whether it runs on the team's own machines.
    pub self_hosted: bool,
    /// The prefix as written, `openai` for an OpenAI-compatible host.
    pub prefix: String,
}

/// Tells provider, model and host of a `litellm_params` block.
pub(super) fn reached(params: &Node, prices: &Prices) -> Option<Reached> {
    let model_node = params.get("model")?;
    let written = model_node.as_str()?;
    let place = &model_node.place;
    let (prefix, model) = split(written, params.get("custom_llm_provider").and_then(Node::as_str));
    let prefix = prefix.map_or_else(|| guess(written, prices), ToOwned::to_owned);
    let endpoint = params
        .get("api_base")
        .or_else(|| params.get("base_url"))
        .and_then(|node| {
            let text = node.as_str()?;
            Some(Setting::written(text.to_owned(), node.place.clone()))
        });
    let host = endpoint.as_ref().and_then(|endpoint| {
        let host = providers::host_of(&endpoint.value).filter(|_| !endpoint.value.starts_with("os.environ/"))?;
        Some(Setting {
            value: host,
            origin: endpoint.origin.clone(),
        })
    });
    let variable = endpoint
        .as_ref()
        .and_then(|endpoint| endpoint.value.strip_prefix("os.environ/"));
    let (provider, self_hosted) = match (&host, variable) {
        (Some(host), _) => by_host(&prefix, &host.value),
        // An endpoint out of the environment: some host that is not the prefix's own.
        (None, Some(variable)) if PROTOCOLS.contains(&prefix.as_str()) => (format!("${variable}"), false),
        (None, _) => (prefix.clone(), providers::is_self_hosted(&prefix)),
    };
    let host = host.or_else(|| {
        let variable = variable?;
        Some(Setting {
            value: format!("${variable}"),
            origin: endpoint.as_ref()?.origin.clone(),
        })
    });
    Some(Reached {
        provider: Setting::written(provider, place.clone()),
        model: Setting::written(model.to_owned(), place.clone()),
        host,
        endpoint,
        self_hosted,
        prefix,
    })
}

/// The provider behind a host that is written, and whether it is the team's own.
fn by_host(prefix: &str, host: &str) -> (String, bool) {
    let protocol = PROTOCOLS.contains(&prefix);
    match providers::of_host(host) {
        Some(known) if protocol => (known.to_owned(), false),
        None if providers::is_local_host(host) => (local_name(prefix, host), true),
        None if protocol || providers::is_self_hosted(prefix) => (host.to_owned(), false),
        // Azure's and Bedrock's own prefixes tell more than the host does.
        _ => (prefix.to_owned(), false),
    }
}

/// A name for the server behind a local host: the prefix where it names one, else the host.
fn local_name(prefix: &str, host: &str) -> String {
    if providers::is_self_hosted(prefix) {
        prefix.to_owned()
    } else {
        host.to_owned()
    }
}

/// The provider's prefix, when there is one, and the rest.
fn split<'a>(written: &'a str, custom: Option<&'a str>) -> (Option<&'a str>, &'a str) {
    let known = written.split_once('/').filter(|(prefix, _)| PREFIXES.contains(prefix));
    match (custom, known) {
        (Some(custom), Some((prefix, rest))) if prefix == custom => (Some(custom), rest),
        (Some(custom), _) => (Some(custom), written),
        (None, Some((prefix, rest))) => (Some(prefix), rest),
        (None, None) => (None, written),
    }
}

/// The provider of a bare model name: the price table's, else what its beginning tells.
fn guess(model: &str, prices: &Prices) -> String {
    if let Some(facts) = prices.find("", model, None) {
        return facts.provider;
    }
    let lower = model.to_ascii_lowercase();
    let by_name = [
        ("gpt", "openai"),
        ("o1", "openai"),
        ("o3", "openai"),
        ("o4", "openai"),
        ("text-embedding", "openai"),
        ("claude", "anthropic"),
        ("gemini", "vertex_ai"),
        ("command", "cohere"),
    ];
    by_name.iter().find(|(start, _)| lower.starts_with(start)).map_or_else(
        || model.split('/').next().unwrap_or(model).to_owned(),
        |(_, provider)| (*provider).to_owned(),
    )
}
