//! What a suite says of a provider.

use std::collections::BTreeMap;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::command::CommandLine;
use super::template::HttpTemplate;

/// The ways to reach a model.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ProviderApi {
    /// `OpenAI`, and every server that speaks its API: vLLM, llama.cpp, `LiteLLM` … (`base_url`).
    #[default]
    Openai,
    /// Azure `OpenAI`.
    Azure,
    /// Anthropic.
    Anthropic,
    /// Google AI Studio.
    Gemini,
    /// Amazon Bedrock.
    Bedrock,
    /// Ollama's own API.
    Ollama,
    /// `OpenRouter`.
    Openrouter,
    /// Mistral.
    Mistral,
    /// Groq.
    Groq,
    /// A program.
    Command,
    /// Any HTTP endpoint, by templates.
    Http,
    /// In this process, without a model: the passages' best sentences.
    Extractive,
}

impl ProviderApi {
    /// The name in settings.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Openai => "openai",
            Self::Azure => "azure",
            Self::Anthropic => "anthropic",
            Self::Gemini => "gemini",
            Self::Bedrock => "bedrock",
            Self::Ollama => "ollama",
            Self::Openrouter => "openrouter",
            Self::Mistral => "mistral",
            Self::Groq => "groq",
            Self::Command => "command",
            Self::Http => "http",
            Self::Extractive => "extractive",
        }
    }

    /// The variable of the environment that holds the key, when the suite names none.
    #[must_use]
    pub const fn key_variable(self) -> Option<&'static str> {
        match self {
            Self::Openai => Some("OPENAI_API_KEY"),
            Self::Azure => Some("AZURE_OPENAI_API_KEY"),
            Self::Anthropic => Some("ANTHROPIC_API_KEY"),
            Self::Gemini => Some("GEMINI_API_KEY"),
            Self::Openrouter => Some("OPENROUTER_API_KEY"),
            Self::Mistral => Some("MISTRAL_API_KEY"),
            Self::Groq => Some("GROQ_API_KEY"),
            Self::Bedrock | Self::Ollama | Self::Command | Self::Http | Self::Extractive => None,
        }
    }

    /// The variable that moves the address, as the SDKs read it.
    #[must_use]
    pub const fn base_variable(self) -> Option<&'static str> {
        match self {
            Self::Openai => Some("OPENAI_BASE_URL"),
            Self::Azure => Some("AZURE_OPENAI_ENDPOINT"),
            Self::Anthropic => Some("ANTHROPIC_BASE_URL"),
            Self::Gemini => Some("GOOGLE_GEMINI_BASE_URL"),
            Self::Bedrock => Some("AWS_ENDPOINT_URL_BEDROCK_RUNTIME"),
            Self::Ollama => Some("OLLAMA_HOST"),
            Self::Openrouter => Some("OPENROUTER_BASE_URL"),
            Self::Mistral | Self::Groq | Self::Command | Self::Http | Self::Extractive => None,
        }
    }

    /// The address when neither suite nor environment gives one.
    #[must_use]
    pub const fn default_base(self) -> Option<&'static str> {
        match self {
            Self::Openai => Some("https://api.openai.com/v1"),
            Self::Anthropic => Some("https://api.anthropic.com"),
            Self::Gemini => Some("https://generativelanguage.googleapis.com/v1beta"),
            Self::Ollama => Some("http://127.0.0.1:11434"),
            Self::Openrouter => Some("https://openrouter.ai/api/v1"),
            Self::Mistral => Some("https://api.mistral.ai/v1"),
            Self::Groq => Some("https://api.groq.com/openai/v1"),
            Self::Azure | Self::Bedrock | Self::Command | Self::Http | Self::Extractive => None,
        }
    }
}

/// All names of [`ProviderApi`] in short spellings.
const SHORT: &[(&str, ProviderApi)] = &[
    ("openai", ProviderApi::Openai),
    ("azure", ProviderApi::Azure),
    ("azureopenai", ProviderApi::Azure),
    ("anthropic", ProviderApi::Anthropic),
    ("gemini", ProviderApi::Gemini),
    ("google", ProviderApi::Gemini),
    ("bedrock", ProviderApi::Bedrock),
    ("ollama", ProviderApi::Ollama),
    ("openrouter", ProviderApi::Openrouter),
    ("mistral", ProviderApi::Mistral),
    ("groq", ProviderApi::Groq),
];

/// A provider, as far as a suite speaks of it. What it leaves out has defaults.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ProviderSpec {
    /// The name in reports; by default the short spelling.
    pub name: Option<String>,
    /// How it is reached.
    pub api: ProviderApi,
    /// The model, as the provider names it.
    pub model: Option<String>,
    /// The address up to and with the version (`http://127.0.0.1:8080/v1`); Azure: the resource's.
    #[serde(alias = "endpoint")]
    pub base_url: Option<String>,
    /// The key's variable in the environment: `NAME` or `${NAME}`. Never the key itself. Left out, the API's
    /// usual variable is read, unless `base_url` leads to another company's host.
    pub key: Option<String>,
    /// The region (Bedrock).
    pub region: Option<String>,
    /// The deployment (Azure); by default the model.
    pub deployment: Option<String>,
    /// The API's version (Azure).
    pub api_version: Option<String>,
    /// Further headers; `${NAME}` is the environment's variable.
    pub headers: BTreeMap<String, String>,
    /// Whether answers are streamed, so that the time to the first token is known.
    pub stream: bool,
    /// Seconds for one attempt; by default 120.
    pub timeout_seconds: Option<f64>,
    /// Seconds for a whole call with its attempts and pauses; by default 600.
    pub deadline_seconds: Option<f64>,
    /// The most attempts; by default 5. Refusals for too many requests do not count.
    pub max_attempts: Option<u32>,
    /// The most calls at once; by default 64.
    pub concurrency: Option<usize>,
    /// The most calls that begin within a minute.
    pub requests_per_minute: Option<f64>,
    /// The most tokens of calls that begin within a minute.
    pub tokens_per_minute: Option<f64>,
    /// Sampling temperature, when the call says none.
    pub temperature: Option<f64>,
    /// Nucleus sampling, when the call says none.
    pub top_p: Option<f64>,
    /// The output cap, when the call says none.
    pub max_output_tokens: Option<u32>,
    /// The seed of the sampling, when the call says none.
    pub seed: Option<i64>,
    /// Texts that end the answer, when the call says none.
    pub stop: Vec<String>,
    /// Further fields of the request, as the API names them.
    pub extra: Map<String, Value>,
    /// The program of `command`.
    pub command: Option<CommandLine>,
    /// The request of `http`.
    pub http: Option<HttpTemplate>,
}

/// Why a provider cannot be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SpecError {
    /// What is wrong and what was expected.
    pub message: String,
}

impl SpecError {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
        }
    }
}

impl ProviderSpec {
    /// Reads the short spelling: `openai:gpt-4o-mini`, `anthropic:…`, `ollama:…`, `gemini:…`, `azure:…`,
    /// `bedrock:…`, `openrouter:…`, `mistral:…`, `groq:…`, `extractive`, `command:./x.sh`, `http://…`.
    /// promptfoo's `openai:chat:gpt-4o`, `anthropic:messages:…` and `exec:…` are read as well.
    ///
    /// # Errors
    /// Names what may stand there.
    pub fn parse_short(text: &str) -> Result<Self, SpecError> {
        let text = text.trim();
        let spec = |api| Self {
            name: Some(text.to_owned()),
            api,
            ..Self::default()
        };
        if text == "extractive" {
            return Ok(spec(ProviderApi::Extractive));
        }
        if text.starts_with("http://") || text.starts_with("https://") {
            // The usual application: a question in, `answer` or the whole text out.
            let body = Value::Object(Map::from_iter([("question".to_owned(), "{{ question }}".into())]));
            return Ok(Self {
                http: Some(HttpTemplate {
                    url: text.to_owned(),
                    body: Some(body),
                    ..HttpTemplate::default()
                }),
                ..spec(ProviderApi::Http)
            });
        }
        let (api, model) = text.split_once(':').unwrap_or((text, ""));
        if matches!(api, "command" | "exec") && !model.trim().is_empty() {
            return Ok(Self {
                command: Some(CommandLine::Shell(model.trim().to_owned())),
                ..spec(ProviderApi::Command)
            });
        }
        let known = SHORT.iter().find(|(name, _)| *name == api).map(|(_, api)| *api);
        let Some(api) = known else {
            let near = crate::system::names::nearest(api, SHORT.iter().map(|(name, _)| *name));
            let hint = near.map(|name| format!("; did you mean {name:?}?")).unwrap_or_default();
            return Err(SpecError::new(format!(
                "not a provider: {text:?} (expected openai:, azure:, anthropic:, gemini:, bedrock:, ollama:, \
                 openrouter:, mistral:, groq: with a model, command:, an address, or extractive){hint}"
            )));
        };
        let model = ["chat:", "messages:", "completion:"]
            .iter()
            .find_map(|kind| model.strip_prefix(kind))
            .unwrap_or(model);
        if model.is_empty() {
            return Err(SpecError::new(format!(
                "no model in {text:?} (expected {}:MODEL)",
                api.name()
            )));
        }
        Ok(Self {
            model: Some(model.to_owned()),
            ..spec(api)
        })
    }

    /// The name in reports.
    #[must_use]
    pub fn shown_name(&self) -> String {
        match (&self.name, &self.model) {
            (Some(name), _) => name.clone(),
            (None, Some(model)) => format!("{}:{model}", self.api.name()),
            (None, None) => self.api.name().to_owned(),
        }
    }
}

impl FromStr for ProviderSpec {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse_short(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_spellings() {
        let read = |text: &str| ProviderSpec::parse_short(text).unwrap();
        for (text, api, model) in [
            ("openai:gpt-4o-mini", ProviderApi::Openai, Some("gpt-4o-mini")),
            ("openai:chat:gpt-4o", ProviderApi::Openai, Some("gpt-4o")),
            ("ollama:chat:llama3.2:1b", ProviderApi::Ollama, Some("llama3.2:1b")),
            (
                "bedrock:anthropic.claude-v2:1",
                ProviderApi::Bedrock,
                Some("anthropic.claude-v2:1"),
            ),
            ("openrouter:meta/llama", ProviderApi::Openrouter, Some("meta/llama")),
            ("extractive", ProviderApi::Extractive, None),
        ] {
            let spec = read(text);
            assert_eq!((spec.api, spec.model.as_deref()), (api, model), "{text}");
            assert_eq!(spec.shown_name(), text);
        }
        assert_eq!(
            read("command:./x.sh a").command,
            Some(CommandLine::Shell("./x.sh a".into()))
        );
        assert_eq!(
            read("http://localhost:9/ask").http.unwrap().url,
            "http://localhost:9/ask"
        );
        let error = ProviderSpec::parse_short("opneai:gpt-4o").unwrap_err().to_string();
        assert!(error.contains("did you mean \"openai\""), "{error}");
        assert!(ProviderSpec::parse_short("openai").is_err());
    }

    #[test]
    fn a_misspelt_field_is_an_error() {
        let wrong = serde_json::from_str::<ProviderSpec>(r#"{"api": "openai", "modle": "x"}"#).unwrap_err();
        assert!(wrong.to_string().contains("modle"), "{wrong}");
        let spec: ProviderSpec = serde_json::from_str(r#"{"endpoint": "http://h/v1", "model": "m"}"#).unwrap();
        assert_eq!(spec.base_url.as_deref(), Some("http://h/v1"));
    }
}
