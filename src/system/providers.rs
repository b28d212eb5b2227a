//! What everybody knows of providers: their hosts and their keys' usual variables.

/// Providers by the end of their API's host name, spelled as in the price table.
const HOSTS: &[(&str, &str)] = &[
    ("api.openai.com", "openai"),
    ("openai.azure.com", "azure"),
    ("cognitiveservices.azure.com", "azure"),
    ("services.ai.azure.com", "azure_ai"),
    ("api.anthropic.com", "anthropic"),
    ("generativelanguage.googleapis.com", "gemini"),
    ("aiplatform.googleapis.com", "vertex_ai"),
    ("amazonaws.com", "bedrock"),
    ("api.mistral.ai", "mistral"),
    ("codestral.mistral.ai", "mistral"),
    ("api.groq.com", "groq"),
    ("openrouter.ai", "openrouter"),
    ("api.deepseek.com", "deepseek"),
    ("api.together.xyz", "together_ai"),
    ("api.fireworks.ai", "fireworks_ai"),
    ("api.cohere.com", "cohere"),
    ("api.cohere.ai", "cohere"),
    ("api.perplexity.ai", "perplexity"),
    ("api.x.ai", "xai"),
    ("api.cerebras.ai", "cerebras"),
    ("api.sambanova.ai", "sambanova"),
    ("integrate.api.nvidia.com", "nvidia_nim"),
    ("router.huggingface.co", "huggingface"),
    ("api-inference.huggingface.co", "huggingface"),
    ("dashscope.aliyuncs.com", "dashscope"),
    ("dashscope-intl.aliyuncs.com", "dashscope"),
    ("api.moonshot.ai", "moonshot"),
    ("api.moonshot.cn", "moonshot"),
    ("api.deepinfra.com", "deepinfra"),
    ("api.replicate.com", "replicate"),
    ("api.voyageai.com", "voyage"),
    ("api.jina.ai", "jina_ai"),
    ("models.github.ai", "github"),
    ("models.inference.ai.azure.com", "github"),
];

/// The environment variable that a provider's clients read when no key is given.
const KEYS: &[(&str, &str)] = &[
    ("openai", "OPENAI_API_KEY"),
    ("azure", "AZURE_API_KEY"),
    ("azure_ai", "AZURE_AI_API_KEY"),
    ("anthropic", "ANTHROPIC_API_KEY"),
    ("gemini", "GEMINI_API_KEY"),
    ("vertex_ai", "GOOGLE_APPLICATION_CREDENTIALS"),
    ("bedrock", "AWS_ACCESS_KEY_ID"),
    ("sagemaker", "AWS_ACCESS_KEY_ID"),
    ("mistral", "MISTRAL_API_KEY"),
    ("groq", "GROQ_API_KEY"),
    ("openrouter", "OPENROUTER_API_KEY"),
    ("deepseek", "DEEPSEEK_API_KEY"),
    ("together_ai", "TOGETHERAI_API_KEY"),
    ("fireworks_ai", "FIREWORKS_API_KEY"),
    ("cohere", "COHERE_API_KEY"),
    ("perplexity", "PERPLEXITYAI_API_KEY"),
    ("xai", "XAI_API_KEY"),
    ("cerebras", "CEREBRAS_API_KEY"),
    ("sambanova", "SAMBANOVA_API_KEY"),
    ("nvidia_nim", "NVIDIA_NIM_API_KEY"),
    ("huggingface", "HUGGINGFACE_API_KEY"),
    ("dashscope", "DASHSCOPE_API_KEY"),
    ("moonshot", "MOONSHOT_API_KEY"),
    ("deepinfra", "DEEPINFRA_API_KEY"),
    ("replicate", "REPLICATE_API_KEY"),
    ("voyage", "VOYAGE_API_KEY"),
    ("jina_ai", "JINA_AI_API_KEY"),
];

/// Providers whose models run on the team's own machines.
const SELF_HOSTED: &[&str] = &[
    "ollama",
    "ollama_chat",
    "vllm",
    "hosted_vllm",
    "lm_studio",
    "llamafile",
    "xinference",
    "llamacpp",
    "tgi",
    "sglang",
    "docker_model_runner",
];

/// The provider whose API answers at a host, spelled as in the price table.
#[must_use]
pub fn of_host(host: &str) -> Option<&'static str> {
    let host = host.split(':').next().unwrap_or(host).to_ascii_lowercase();
    HOSTS
        .iter()
        .find(|(end, _)| host == *end || host.strip_suffix(end).is_some_and(|rest| rest.ends_with(['.', '-'])))
        .map(|(_, provider)| *provider)
}

/// The environment variable that a provider's clients read when no key is given.
#[must_use]
pub fn default_key(provider: &str) -> Option<&'static str> {
    KEYS.iter().find(|(name, _)| *name == provider).map(|(_, key)| *key)
}

/// Whether a variable's name is that of some provider's key.
#[must_use]
pub fn is_key_variable(name: &str) -> bool {
    KEYS.iter().any(|(_, key)| *key == name)
}

/// Whether a provider's models run on the team's own machines.
#[must_use]
pub fn is_self_hosted(provider: &str) -> bool {
    SELF_HOSTED.contains(&provider)
}

/// Host and port of an endpoint: `gpu-1:8000` of `http://gpu-1:8000/v1`. Without a scheme the text
/// up to the first slash counts. `None` for text without a host, such as an unexpanded variable.
#[must_use]
pub fn host_of(endpoint: &str) -> Option<String> {
    let rest = endpoint.split_once("://").map_or(endpoint, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let plausible = !host.is_empty()
        && host
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b".-_:[]".contains(&b));
    plausible.then(|| host.to_ascii_lowercase())
}

/// Whether a host (with or without port) is on the same machine or in a private network: nothing
/// that passes it leaves the house.
#[must_use]
pub fn is_local_host(host: &str) -> bool {
    let bare = if host.starts_with('[') {
        host.trim_start_matches('[').split(']').next().unwrap_or(host)
    } else {
        host.split(':').next().unwrap_or(host)
    };
    if let Ok(address) = bare.parse::<std::net::IpAddr>() {
        return match address {
            std::net::IpAddr::V4(v4) => {
                v4.is_loopback() || v4.is_private() || v4.is_link_local() || v4.is_unspecified() || is_shared_v4(v4)
            }
            std::net::IpAddr::V6(v6) => {
                v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local() || v6.is_unspecified()
            }
        };
    }
    // A name without a dot is a compose service or a host of the local network.
    !bare.contains('.')
        || [
            ".local",
            ".localhost",
            ".internal",
            ".lan",
            ".home",
            ".svc",
            ".home.arpa",
            ".ts.net",
        ]
        .iter()
        .any(|end| bare.ends_with(end))
        || bare.contains(".svc.")
}

/// 100.64.0.0/10 (RFC 6598), which overlay networks such as Tailscale use.
fn is_shared_v4(address: std::net::Ipv4Addr) -> bool {
    let [first, second, ..] = address.octets();
    first == 100 && (64..128).contains(&second)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_tell_their_provider() {
        assert_eq!(of_host("api.openai.com"), Some("openai"));
        assert_eq!(of_host("example.openai.azure.com:443"), Some("azure"));
        assert_eq!(of_host("us-central1-aiplatform.googleapis.com"), Some("vertex_ai"));
        assert_eq!(of_host("bedrock-runtime.us-east-1.amazonaws.com"), Some("bedrock"));
        assert_eq!(of_host("notapi.openai.com.evil.example"), None);
    }

    #[test]
    fn endpoints_have_hosts_and_some_are_local() {
        assert_eq!(host_of("http://gpu-1:8000/v1").as_deref(), Some("gpu-1:8000"));
        assert_eq!(
            host_of("https://user:secret@API.example.com/v1").as_deref(),
            Some("api.example.com")
        );
        assert_eq!(host_of("${BASE_URL}"), None);
        for local in [
            "localhost:11434",
            "127.0.0.1",
            "ollama:11434",
            "192.168.1.20:8000",
            "[::1]:8000",
            "gpu.internal",
            "100.101.1.2:80",
        ] {
            assert!(is_local_host(local), "{local}");
        }
        for remote in ["api.openai.com", "8.8.8.8", "llm.example.com:8000"] {
            assert!(!is_local_host(remote), "{remote}");
        }
    }
}
