//! Which API an identifier of promptfoo means: `openai:chat:gpt-4o`, `ollama:llama3`, `azure:chat:my-deployment`.

use crate::eval::suite::SuiteError;
use crate::provider::ProviderApi;
use crate::source::Place;

/// What an identifier means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Kind<'a> {
    pub(super) family: Family,
    pub(super) model: &'a str,
    /// Servers that speak `OpenAI`'s API: their address and the variable of their key.
    pub(super) server: Option<(&'static str, &'static str)>,
    /// Whether the whole prompt is the one message, whatever it looks like.
    pub(super) plain: bool,
}

/// Families whose settings have the same names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    OpenAi,
    Azure,
    Anthropic,
    Gemini,
    Ollama,
    Bedrock,
}

impl Family {
    pub(super) const fn api(self) -> ProviderApi {
        match self {
            Self::OpenAi => ProviderApi::Openai,
            Self::Azure => ProviderApi::Azure,
            Self::Anthropic => ProviderApi::Anthropic,
            Self::Gemini => ProviderApi::Gemini,
            Self::Ollama => ProviderApi::Ollama,
            Self::Bedrock => ProviderApi::Bedrock,
        }
    }
}

/// Servers with `OpenAI`'s API: the identifier's first part, the address, the variable of the key.
const SERVERS: &[(&str, &str, &str)] = &[
    ("openrouter", "https://openrouter.ai/api/v1", "OPENROUTER_API_KEY"),
    ("deepseek", "https://api.deepseek.com/v1", "DEEPSEEK_API_KEY"),
    ("groq", "https://api.groq.com/openai/v1", "GROQ_API_KEY"),
    ("togetherai", "https://api.together.xyz/v1", "TOGETHER_API_KEY"),
    (
        "fireworks",
        "https://api.fireworks.ai/inference/v1",
        "FIREWORKS_API_KEY",
    ),
    ("litellm", "http://0.0.0.0:4000", "LITELLM_API_KEY"),
];
/// Kinds of `OpenAI`'s and Azure's models that are no chat models.
const NO_CHAT: &[&str] = &[
    "completion",
    "embedding",
    "embeddings",
    "image",
    "video",
    "tts",
    "speech",
    "transcription",
    "realtime",
    "moderation",
    "assistant",
    "agents",
    "chatkit",
    "codex",
    "codex-sdk",
    "codex-app-server",
    "codex-desktop",
    "foundry-agent",
];
/// Providers of promptfoo 0.121.20 that are not supported, by the first part of their identifiers.
const REFUSED: &[&str] = &[
    "vertex",
    "palm",
    "bedrock-agent",
    "sagemaker",
    "abliteration",
    "ai21",
    "alibaba",
    "alicloud",
    "aliyun",
    "dashscope",
    "opencode",
    "openinterpreter",
    "openclaw",
    "atlascloud",
    "bam",
    "cerebras",
    "novita",
    "cloudera",
    "cloudflare-ai",
    "cloudflare-gateway",
    "cohere",
    "databricks",
    "mlflow-gateway",
    "elevenlabs",
    "envoy",
    "f5",
    "fal",
    "github",
    "helicone",
    "hyperbolic",
    "localai",
    "meta",
    "minimax",
    "mistral",
    "moonshot",
    "nscale",
    "nvidia",
    "orcarouter",
    "package",
    "perplexity",
    "portkey",
    "quiverai",
    "replicate",
    "modelslab",
    "truefoundry",
    "llamaapi",
    "aimlapi",
    "cometapi",
    "docker",
    "vercel",
    "voyage",
    "watsonx",
    "n8n",
    "webhook",
    "xai",
    "browser",
    "jfrog",
    "qwak",
    "llama",
    "mcp",
    "promptfoo",
    "sequence",
    "ws",
    "wss",
    "websocket",
    "huggingface",
    "hf",
    "transformers",
    "transformers.js",
    "slack",
    "snowflake",
    "a2a",
    "golang",
    "ruby",
    "adaline",
];

impl<'a> Kind<'a> {
    /// What an identifier means.
    pub(super) fn of(id: &'a str, place: &Place) -> Result<Self, SuiteError> {
        let (first, rest) = id.split_once(':').unwrap_or((id, ""));
        let made = |family, model| Self {
            family,
            model,
            server: None,
            plain: false,
        };
        let refused = |why: &str| {
            Err(SuiteError::at(
                place,
                format!("the provider `{id}` is not supported: {why}"),
            ))
        };
        let kind = match first {
            "openai" => match rest.split_once(':') {
                Some(("chat" | "responses", model)) => made(Family::OpenAi, model),
                Some((other, _)) if NO_CHAT.contains(&other) => return refused("it is no chat model"),
                None if NO_CHAT.contains(&rest) => return refused("it is no chat model"),
                None if rest == "chat" || rest == "responses" => made(Family::OpenAi, ""),
                _ => made(Family::OpenAi, rest),
            },
            "azure" | "azureopenai" => match rest.split_once(':') {
                Some(("chat" | "responses", model)) => made(Family::Azure, model),
                Some((other, _)) if NO_CHAT.contains(&other) => return refused("it is no chat model"),
                _ => made(Family::Azure, rest),
            },
            "anthropic" => match rest.split_once(':') {
                Some(("messages", model)) => made(Family::Anthropic, model),
                Some(("completion", _)) => return refused("it is no chat model"),
                Some((other, _)) if other.starts_with("claude-") => return refused("it is an agent"),
                _ if rest.starts_with("claude-agent") || rest.starts_with("claude-code") => {
                    return refused("it is an agent");
                }
                _ => made(Family::Anthropic, rest),
            },
            "google" => match rest.split_once(':') {
                Some((kind, _)) => return refused(&format!("`{kind}` is no chat model of Google AI Studio")),
                None => made(Family::Gemini, rest),
            },
            "ollama" => match rest.split_once(':') {
                Some(("chat", model)) => made(Family::Ollama, model),
                Some(("embedding" | "embeddings", _)) => return refused("it is no chat model"),
                Some(("completion", model)) => Self {
                    plain: true,
                    ..made(Family::Ollama, model)
                },
                // Without a kind, promptfoo asks for a completion.
                _ => Self {
                    plain: true,
                    ..made(Family::Ollama, rest)
                },
            },
            "bedrock" => match rest.split_once(':') {
                Some(("converse", model)) => made(Family::Bedrock, model),
                Some((kind @ ("agents" | "kb" | "nova-sonic" | "video" | "openai"), _)) => {
                    return refused(&format!("`{kind}` is no model of the Converse API"));
                }
                _ => made(Family::Bedrock, rest),
            },
            _ => match SERVERS.iter().find(|(name, _, _)| *name == first) {
                Some((_, base, key)) => {
                    let model = rest.strip_prefix("chat:").unwrap_or(rest);
                    Self {
                        server: Some((base, key)),
                        ..made(Family::OpenAi, model)
                    }
                }
                None if REFUSED.contains(&first) => return refused("aisys has no such provider"),
                None => {
                    let known = [
                        "openai",
                        "azure",
                        "anthropic",
                        "google",
                        "ollama",
                        "bedrock",
                        "http",
                        "https",
                        "exec",
                        "python",
                        "echo",
                        "file",
                    ];
                    let known = known.into_iter().chain(SERVERS.iter().map(|(name, _, _)| *name));
                    return Err(SuiteError::unknown(place, "provider", first, known));
                }
            },
        };
        Ok(kind)
    }

    /// Whether the model reasons before it answers, and takes neither temperature nor `max_tokens` then: by its name, as
    /// promptfoo 0.121.20 tells it.
    pub(super) fn reasons(&self) -> bool {
        let bare = self
            .model
            .rsplit('/')
            .next()
            .unwrap_or_default()
            .trim_start_matches("ft:");
        ["o1", "o3", "o4", "gpt-5"]
            .iter()
            .any(|start| bare.starts_with(start) || self.family == Family::Azure && bare.contains(&format!("-{start}")))
    }

    /// Whether a Claude model takes no temperature: by its name, as promptfoo 0.121.20 tells it.
    pub(super) fn refuses_sampling(&self) -> bool {
        ["opus-4-7", "opus-4-8", "opus-5", "sonnet-5", "fable-5", "mythos-5"]
            .iter()
            .any(|name| self.model.contains(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{SourceFile, Span};

    fn read(id: &str) -> Result<Kind<'_>, String> {
        let place = SourceFile::new("c.yaml", id).place(Span::new(0, id.len()));
        Kind::of(id, &place).map_err(|error| error.message)
    }

    #[test]
    fn identifiers_mean_apis_and_models() {
        for (id, family, model, plain) in [
            ("openai:gpt-4o", Family::OpenAi, "gpt-4o", false),
            ("openai:chat:ft:gpt-4o:org:x", Family::OpenAi, "ft:gpt-4o:org:x", false),
            ("openai:responses:gpt-5", Family::OpenAi, "gpt-5", false),
            ("openai:chat:qwen3.5:9b", Family::OpenAi, "qwen3.5:9b", false),
            ("azureopenai:chat:dep", Family::Azure, "dep", false),
            (
                "anthropic:messages:claude-haiku-4-5",
                Family::Anthropic,
                "claude-haiku-4-5",
                false,
            ),
            (
                "anthropic:claude-haiku-4-5",
                Family::Anthropic,
                "claude-haiku-4-5",
                false,
            ),
            ("google:gemini-2.5-flash", Family::Gemini, "gemini-2.5-flash", false),
            ("ollama:chat:qwen2.5:7b", Family::Ollama, "qwen2.5:7b", false),
            ("ollama:gemma3:12b", Family::Ollama, "gemma3:12b", true),
            ("bedrock:converse:eu.x", Family::Bedrock, "eu.x", false),
            (
                "bedrock:anthropic.claude-v2:1",
                Family::Bedrock,
                "anthropic.claude-v2:1",
                false,
            ),
            (
                "openrouter:openai/gpt-oss-20b:free",
                Family::OpenAi,
                "openai/gpt-oss-20b:free",
                false,
            ),
        ] {
            let kind = read(id).unwrap();
            assert_eq!((kind.family, kind.model, kind.plain), (family, model, plain), "{id}");
        }
        assert_eq!(read("groq:x").unwrap().server.unwrap().1, "GROQ_API_KEY");
        assert!(read("openai:o3-mini").unwrap().reasons() && !read("openai:gpt-4o").unwrap().reasons());
    }

    #[test]
    fn what_is_not_supported_is_named() {
        for (id, message) in [
            ("vertex:gemini-2.5-pro", "`vertex:gemini-2.5-pro` is not supported"),
            ("openai:embedding:text-embedding-3-small", "no chat model"),
            ("openai:assistant:x", "no chat model"),
            ("anthropic:claude-agent-sdk", "an agent"),
            ("websocket", "no such provider"),
            ("opneai:gpt-4o", "did you mean `openai`"),
        ] {
            assert!(read(id).unwrap_err().contains(message), "{id}: {:?}", read(id));
        }
    }
}
