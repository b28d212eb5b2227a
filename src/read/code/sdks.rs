//! The libraries: what makes a client, what makes a call, and what holds when nothing is said.

use std::time::Duration;

use crate::system::{Backoff, Origin, ProductDefault, Sdk, Wait};

/// What makes a client or a model: module, name there, library, provider.
pub(super) const CONSTRUCTORS: &[(&str, &str, Sdk, &str)] = &[
    ("openai", "OpenAI", Sdk::OpenaiPython, "openai"),
    ("openai", "AsyncOpenAI", Sdk::OpenaiPython, "openai"),
    ("openai", "AzureOpenAI", Sdk::OpenaiPython, "azure"),
    ("openai", "AsyncAzureOpenAI", Sdk::OpenaiPython, "azure"),
    ("openai", "default", Sdk::OpenaiNode, "openai"),
    ("anthropic", "Anthropic", Sdk::AnthropicPython, "anthropic"),
    ("anthropic", "AsyncAnthropic", Sdk::AnthropicPython, "anthropic"),
    ("anthropic", "AnthropicBedrock", Sdk::AnthropicPython, "bedrock"),
    ("anthropic", "AsyncAnthropicBedrock", Sdk::AnthropicPython, "bedrock"),
    ("anthropic", "AnthropicVertex", Sdk::AnthropicPython, "vertex_ai"),
    ("@anthropic-ai/sdk", "default", Sdk::AnthropicNode, "anthropic"),
    ("@anthropic-ai/sdk", "Anthropic", Sdk::AnthropicNode, "anthropic"),
    ("google.genai", "Client", Sdk::GeminiPython, "gemini"),
    ("@google/genai", "GoogleGenAI", Sdk::GeminiNode, "gemini"),
    ("langchain_openai", "ChatOpenAI", Sdk::LangchainPython, "openai"),
    ("langchain_openai", "AzureChatOpenAI", Sdk::LangchainPython, "azure"),
    (
        "langchain_anthropic",
        "ChatAnthropic",
        Sdk::LangchainPython,
        "anthropic",
    ),
    (
        "langchain_google_genai",
        "ChatGoogleGenerativeAI",
        Sdk::LangchainPython,
        "gemini",
    ),
    ("@langchain/openai", "ChatOpenAI", Sdk::LangchainNode, "openai"),
    ("@langchain/openai", "AzureChatOpenAI", Sdk::LangchainNode, "azure"),
    ("@langchain/anthropic", "ChatAnthropic", Sdk::LangchainNode, "anthropic"),
    (
        "@langchain/google-genai",
        "ChatGoogleGenerativeAI",
        Sdk::LangchainNode,
        "gemini",
    ),
];

/// Ends of callees that make a call through a client: end, module that must be imported.
pub(super) const METHODS: &[(&str, &[Sdk])] = &[
    (".chat.completions.create", OPENAI),
    (".chat.completions.parse", OPENAI),
    (".chat.completions.stream", OPENAI),
    (".responses.create", OPENAI),
    (".responses.parse", OPENAI),
    (".responses.stream", OPENAI),
    (".messages.create", ANTHROPIC),
    (".messages.stream", ANTHROPIC),
    (".models.generate_content", GEMINI),
    (".models.generate_content_stream", GEMINI),
    (".models.generateContent", GEMINI),
    (".models.generateContentStream", GEMINI),
];

const OPENAI: &[Sdk] = &[Sdk::OpenaiPython, Sdk::OpenaiNode];
const ANTHROPIC: &[Sdk] = &[Sdk::AnthropicPython, Sdk::AnthropicNode];
const GEMINI: &[Sdk] = &[Sdk::GeminiPython, Sdk::GeminiNode];

/// Functions that make a call themselves: module, name, library.
pub(super) const FUNCTIONS: &[(&str, &str, Sdk)] = &[
    ("litellm", "completion", Sdk::LitellmPython),
    ("litellm", "acompletion", Sdk::LitellmPython),
    ("ai", "generateText", Sdk::VercelAi),
    ("ai", "streamText", Sdk::VercelAi),
    ("ai", "generateObject", Sdk::VercelAi),
    ("ai", "streamObject", Sdk::VercelAi),
];

/// Whether a module belongs to a library that is known here.
pub(super) fn is_known_module(module: &str) -> bool {
    CONSTRUCTORS.iter().any(|(known, ..)| *known == module)
        || FUNCTIONS.iter().any(|(known, ..)| *known == module)
        || module.starts_with("@ai-sdk/")
}

/// The module of a library.
pub(super) const fn module_of(sdk: Sdk) -> &'static str {
    match sdk {
        Sdk::OpenaiPython | Sdk::OpenaiNode => "openai",
        Sdk::AnthropicPython => "anthropic",
        Sdk::AnthropicNode => "@anthropic-ai/sdk",
        Sdk::GeminiPython => "google.genai",
        Sdk::GeminiNode => "@google/genai",
        Sdk::LitellmPython => "litellm",
        Sdk::LangchainPython => "langchain",
        Sdk::LangchainNode => "@langchain",
        Sdk::VercelAi => "ai",
    }
}

/// The provider that a library calls unless its model or client says otherwise.
pub(super) const fn provider_of(sdk: Sdk) -> &'static str {
    match sdk {
        Sdk::AnthropicPython | Sdk::AnthropicNode => "anthropic",
        Sdk::GeminiPython | Sdk::GeminiNode => "gemini",
        _ => "openai",
    }
}

/// The provider of an `@ai-sdk/…` module.
pub(super) fn provider_of_module(module: &str) -> Option<&'static str> {
    Some(match module.strip_prefix("@ai-sdk/")? {
        "anthropic" => "anthropic",
        "google" => "gemini",
        "google-vertex" => "vertex_ai",
        "azure" => "azure",
        "amazon-bedrock" => "bedrock",
        "mistral" => "mistral",
        "groq" => "groq",
        "xai" => "xai",
        "cohere" => "cohere",
        "deepseek" => "deepseek",
        _ => "openai",
    })
}

/// The time limit of one try when none is given; `None`: no limit. openai 2.x and anthropic 0.7x, for
/// Python and Node: 600 s (`DEFAULT_TIMEOUT`); `litellm.completion` 600 s (measured on 1.106.2);
/// `LangChain`'s wrappers pass nothing on, so the library below decides; google-genai and Vercel's
/// `ai` set none.
pub(super) const fn default_timeout(sdk: Sdk) -> Option<Duration> {
    match sdk {
        Sdk::GeminiPython | Sdk::GeminiNode | Sdk::VercelAi => None,
        _ => Some(Duration::from_secs(600)),
    }
}

/// Retries when none are given: 2 in all of them (`DEFAULT_MAX_RETRIES`; Vercel's `maxRetries`;
/// `ChatOpenAI` passes 2 on), but none in google-genai; `LangChain.js` retries 6 times.
pub(super) const fn default_retries(sdk: Sdk) -> u32 {
    match sdk {
        Sdk::GeminiPython | Sdk::GeminiNode => 0,
        Sdk::LangchainNode => 6,
        _ => 2,
    }
}

/// Whose default it is.
pub(super) const fn product(sdk: Sdk) -> ProductDefault {
    let (product, version) = match sdk {
        Sdk::OpenaiPython => ("openai (Python)", "2.x"),
        Sdk::OpenaiNode => ("openai (Node)", "6.x"),
        Sdk::AnthropicPython => ("anthropic (Python)", "0.7x"),
        Sdk::AnthropicNode => ("@anthropic-ai/sdk", "0.7x"),
        Sdk::GeminiPython => ("google-genai", "1.x"),
        Sdk::GeminiNode => ("@google/genai", "1.x"),
        Sdk::LitellmPython => ("litellm (library)", "1.109.1"),
        Sdk::LangchainPython => ("LangChain", "1.x"),
        Sdk::LangchainNode => ("LangChain.js", "1.x"),
        Sdk::VercelAi => ("Vercel AI SDK", "5.x"),
    };
    ProductDefault { product, version }
}

/// The pauses between tries: 0.5 s doubling to 8 s, which jitter only shortens (openai and anthropic,
/// `_calculate_retry_timeout`); 2 s doubling in Vercel's `ai`. A `Retry-After` is obeyed up to 60 s.
pub(super) fn backoff(sdk: Sdk) -> Backoff {
    let (initial, max) = match sdk {
        Sdk::VercelAi => (Duration::from_secs(2), Duration::from_secs(60)),
        _ => (Duration::from_millis(500), Duration::from_secs(8)),
    };
    Backoff {
        initial,
        factor: 2.0,
        floor: Duration::ZERO,
        max,
        jitter: Duration::ZERO,
        jittered: !matches!(sdk, Sdk::VercelAi),
        after_last: false,
        retry_after: Some(Wait::AtMost(Duration::from_secs(60))),
        origin: Origin::Default(product(sdk)),
    }
}

/// Whether a library counts time in milliseconds.
pub(super) const fn in_milliseconds(sdk: Sdk) -> bool {
    matches!(
        sdk,
        Sdk::OpenaiNode | Sdk::AnthropicNode | Sdk::GeminiNode | Sdk::LangchainNode | Sdk::VercelAi
    )
}
