//! Which API a request speaks, told by its address.
//!
//! The addresses of the providers do not collide, so one port serves them all. A path may begin with the name of a
//! provider and a region, so that faults can tell apart what speaks the same API: `/groq/v1/chat/completions`,
//! `/azure/swedencentral/openai/deployments/…`.

use crate::wire::Api;

/// An API and the way that one provider has with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// `OpenAI`'s chat completions, embeddings and models.
    Openai,
    /// `OpenAI`'s responses.
    Responses,
    /// Azure `OpenAI`.
    Azure,
    /// Anthropic's messages.
    Anthropic,
    /// Gemini.
    Gemini,
    /// Bedrock's converse.
    Bedrock,
    /// Ollama.
    Ollama,
}

impl Dialect {
    /// The name of its provider where the path tells no other.
    #[must_use]
    pub const fn provider(self) -> &'static str {
        match self {
            Self::Openai | Self::Responses => "openai",
            Self::Azure => "azure",
            Self::Anthropic => "anthropic",
            Self::Gemini => "gemini",
            Self::Bedrock => "bedrock",
            Self::Ollama => "ollama",
        }
    }

    /// The name in logs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Responses => "openai-responses",
            other => other.provider(),
        }
    }

    /// The API of its chat messages.
    #[must_use]
    pub const fn api(self) -> Api {
        match self {
            Self::Openai | Self::Responses | Self::Azure => Api::Openai,
            Self::Anthropic => Api::Anthropic,
            Self::Gemini => Api::Gemini,
            Self::Bedrock => Api::Bedrock,
            Self::Ollama => Api::Ollama,
        }
    }
}

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// An answer of a chat model.
    Chat,
    /// Ollama's `generate`: an answer to a bare prompt.
    Generate,
    /// Vectors.
    Embed,
    /// How many tokens a prompt has.
    CountTokens,
    /// The models.
    Models,
    /// One model.
    Model,
    /// Ollama's version.
    Version,
}

/// An address that an API knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Endpoint<'a> {
    /// The API.
    pub dialect: Dialect,
    /// What is asked for.
    pub operation: Operation,
    /// The provider: of the path's first part, or the API's own.
    pub provider: &'a str,
    /// The region, where the path names one.
    pub region: &'a str,
    /// The model or deployment, where it is in the path.
    pub model: &'a str,
    /// Whether the path asks for a stream.
    pub streamed: bool,
    /// Whether such a stream is one JSON array (Gemini without `alt=sse`).
    pub is_array: bool,
}

/// Parts with which an API's own paths begin.
const OWN: &[&str] = &[
    "v1",
    "v1beta",
    "v1alpha",
    "openai",
    "model",
    "models",
    "api",
    "chat",
    "responses",
    "embeddings",
    "messages",
    "projects",
];

impl<'a> Endpoint<'a> {
    /// The endpoint of a path with its query; `None`: no API has it.
    #[must_use]
    pub fn of(method: &str, target: &'a str) -> Option<Self> {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut rest = path.trim_matches('/');
        let mut names = ["", ""];
        for name in &mut names {
            let (first, after) = rest.split_once('/')?;
            if OWN.contains(&first) {
                break;
            }
            (*name, rest) = (first, after);
        }
        // `/openai/v1` is Azure's newer address, and what people write who mean the provider.
        if let Some(after) = rest
            .strip_prefix("openai/v1/")
            .filter(|_| !query.contains("api-version"))
        {
            rest = after;
        }
        let mut found = Self::own(method, rest, query)?;
        if !names[0].is_empty() {
            found.provider = names[0];
        }
        found.region = names[1];
        if found.region.is_empty() {
            found.region = location(rest).unwrap_or_default();
        }
        Some(found)
    }

    fn own(method: &str, path: &'a str, query: &str) -> Option<Self> {
        use Dialect::{Anthropic, Azure, Bedrock, Gemini, Ollama, Openai, Responses};
        use Operation::{Chat, CountTokens, Embed, Generate, Model, Models, Version};
        let of = |dialect: Dialect, operation| Self {
            dialect,
            operation,
            provider: dialect.provider(),
            region: "",
            model: "",
            streamed: false,
            is_array: false,
        };
        let posted = method == "POST";
        if let Some(rest) = path.strip_prefix("openai/") {
            if let Some((model, call)) = rest.strip_prefix("deployments/").and_then(|it| it.split_once('/')) {
                let operation = match call {
                    "chat/completions" => Chat,
                    "embeddings" => Embed,
                    _ => return None,
                };
                return posted.then_some(Self {
                    model,
                    ..of(Azure, operation)
                });
            }
            let found = match rest.strip_prefix("v1/").unwrap_or(rest) {
                "chat/completions" => of(Azure, Chat),
                "responses" => of(Responses, Chat),
                "embeddings" => of(Azure, Embed),
                "models" if !posted => return Some(of(Azure, Models)),
                _ => return None,
            };
            return posted.then_some(Self {
                provider: "azure",
                ..found
            });
        }
        if let Some(rest) = path.strip_prefix("api/") {
            return match rest {
                "chat" if posted => Some(of(Ollama, Chat)),
                "generate" if posted => Some(of(Ollama, Generate)),
                "embed" if posted => Some(of(Ollama, Embed)),
                "show" if posted => Some(of(Ollama, Model)),
                "tags" if !posted => Some(of(Ollama, Models)),
                "version" if !posted => Some(of(Ollama, Version)),
                _ => None,
            };
        }
        if let Some((model, call)) = path.strip_prefix("model/").and_then(|it| it.rsplit_once('/')) {
            let streamed = match call {
                "converse" => false,
                "converse-stream" => true,
                _ => return None,
            };
            return posted.then_some(Self {
                model,
                streamed,
                ..of(Bedrock, Chat)
            });
        }
        // Gemini: `…/models/{model}:{call}`, on Vertex behind project and location.
        if let Some((before, call)) = path.rsplit_once(':') {
            let model = before.rsplit_once("models/").map_or(before, |(_, model)| model);
            let (operation, streamed) = match call {
                "generateContent" => (Chat, false),
                "streamGenerateContent" => (Chat, true),
                "countTokens" => (CountTokens, false),
                "embedContent" | "batchEmbedContents" => (Embed, false),
                _ => return None,
            };
            let is_array = streamed && !query.split('&').any(|it| it == "alt=sse");
            return posted.then_some(Self {
                model,
                streamed,
                is_array,
                ..of(Gemini, operation)
            });
        }
        if let Some(rest) = path.strip_prefix("v1beta/models").filter(|_| !posted) {
            let model = rest.trim_start_matches('/');
            return Some(Self {
                model,
                ..of(Gemini, if model.is_empty() { Models } else { Model })
            });
        }
        let call = path.strip_prefix("v1/").unwrap_or(path);
        match call {
            "chat/completions" if posted => Some(of(Openai, Chat)),
            "responses" if posted => Some(of(Responses, Chat)),
            "embeddings" if posted => Some(of(Openai, Embed)),
            "messages" if posted => Some(of(Anthropic, Chat)),
            "messages/count_tokens" if posted => Some(of(Anthropic, CountTokens)),
            "models" if !posted => Some(of(Openai, Models)),
            _ => {
                let model = call.strip_prefix("models/").filter(|_| !posted)?;
                Some(Self {
                    model,
                    ..of(Openai, Model)
                })
            }
        }
    }
}

/// The location in a Vertex address: `…/locations/europe-west4/…`.
fn location(path: &str) -> Option<&str> {
    path.split_once("/locations/")?.1.split('/').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(target: &str) -> Endpoint<'_> {
        Endpoint::of("POST", target).unwrap_or_else(|| panic!("{target}"))
    }

    #[test]
    fn every_apis_address_is_known() {
        for (target, dialect, provider, region, model) in [
            ("/v1/chat/completions", Dialect::Openai, "openai", "", ""),
            ("/chat/completions", Dialect::Openai, "openai", "", ""),
            ("/openai/v1/chat/completions", Dialect::Openai, "openai", "", ""),
            ("/groq/v1/chat/completions", Dialect::Openai, "groq", "", ""),
            ("/v1/responses", Dialect::Responses, "openai", "", ""),
            ("/v1/messages", Dialect::Anthropic, "anthropic", "", ""),
            (
                "/openai/deployments/gpt/chat/completions?api-version=2024-10-21",
                Dialect::Azure,
                "azure",
                "",
                "gpt",
            ),
            (
                "/azure/swedencentral/openai/deployments/g/embeddings?api-version=x",
                Dialect::Azure,
                "azure",
                "swedencentral",
                "g",
            ),
            (
                "/openai/v1/chat/completions?api-version=preview",
                Dialect::Azure,
                "azure",
                "",
                "",
            ),
            (
                "/v1beta/models/gemini-2.5-flash:generateContent",
                Dialect::Gemini,
                "gemini",
                "",
                "gemini-2.5-flash",
            ),
            (
                "/v1/projects/p/locations/europe-west4/publishers/google/models/gemini-2.5-pro:generateContent",
                Dialect::Gemini,
                "gemini",
                "europe-west4",
                "gemini-2.5-pro",
            ),
            (
                "/model/anthropic.claude-v2%3A1/converse",
                Dialect::Bedrock,
                "bedrock",
                "",
                "anthropic.claude-v2%3A1",
            ),
            (
                "/bedrock/us-east-1/model/m/converse-stream",
                Dialect::Bedrock,
                "bedrock",
                "us-east-1",
                "m",
            ),
            ("/api/chat", Dialect::Ollama, "ollama", "", ""),
        ] {
            let found = of(target);
            assert_eq!(
                (found.dialect, found.provider, found.region, found.model),
                (dialect, provider, region, model),
                "{target}"
            );
        }
        assert!(of("/v1beta/models/g:streamGenerateContent").is_array);
        let events = of("/v1beta/models/g:streamGenerateContent?alt=sse");
        assert!(events.streamed && !events.is_array);
        assert_eq!(Endpoint::of("GET", "/v1/chat/completions"), None);
        assert_eq!(Endpoint::of("GET", "/favicon.ico"), None);
        assert_eq!(
            Endpoint::of("GET", "/v1/models/gpt-4o").map(|it| it.model),
            Some("gpt-4o")
        );
    }
}
