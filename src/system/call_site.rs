//! Places in code that call a model.

use std::time::Duration;

use crate::source::Place;

use super::ids::Offset;
use super::{Account, RouteId, Setting};

/// The client libraries that are recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sdk {
    /// `openai` for Python.
    OpenaiPython,
    /// `openai` for JavaScript and TypeScript.
    OpenaiNode,
    /// `anthropic` for Python.
    AnthropicPython,
    /// `@anthropic-ai/sdk`.
    AnthropicNode,
    /// `google-genai` for Python.
    GeminiPython,
    /// `@google/genai`.
    GeminiNode,
    /// `litellm` used as a library.
    LitellmPython,
    /// `LangChain` for Python.
    LangchainPython,
    /// `LangChain.js`.
    LangchainNode,
    /// Vercel's `ai`.
    VercelAi,
}

impl Sdk {
    /// The package's name, for people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::OpenaiPython => "openai (Python)",
            Self::OpenaiNode => "openai (Node)",
            Self::AnthropicPython => "anthropic (Python)",
            Self::AnthropicNode => "@anthropic-ai/sdk",
            Self::GeminiPython => "google-genai (Python)",
            Self::GeminiNode => "@google/genai",
            Self::LitellmPython => "litellm (library)",
            Self::LangchainPython => "LangChain (Python)",
            Self::LangchainNode => "LangChain.js",
            Self::VercelAi => "Vercel AI SDK",
        }
    }
}

/// What is known of one call of a model in code.
#[derive(Debug, Clone)]
pub struct CallSite {
    /// The call expression.
    pub place: Place,
    /// The library.
    pub sdk: Sdk,
    /// Where the client object is made, when it is another place: calls of one client are one group.
    pub client: Option<Place>,
    /// The model, when it is a literal or a constant.
    pub model: Option<Setting<String>>,
    /// The provider, from the library or the model's prefix.
    pub provider: Setting<String>,
    /// The endpoint, when one is written.
    pub base_url: Option<Setting<String>>,
    /// The key.
    pub account: Option<Account>,
    /// The time limit of one attempt; `None` inside: no limit.
    pub timeout: Setting<Option<Duration>>,
    /// How often the library tries again.
    pub retries: Setting<u32>,
    /// The output cap.
    pub max_output_tokens: Option<Setting<u64>>,
    /// Whether the answer is streamed.
    pub streams: Option<Setting<bool>>,
    /// The loop or recursion around it, when there is one.
    pub model_loop: Option<ModelLoop>,
    /// A retry loop or decorator of the application's own around it: how many attempts, if known.
    pub app_retries: Option<Setting<Option<u32>>>,
    /// Where a provider's `Retry-After` is slept away however long it is.
    pub obeys_retry_after: Option<Place>,
    /// The system prompt or the prompt's fixed part, when it is in the code.
    pub prompt: Option<Prompt>,
    /// Where text from outside is joined into the system prompt.
    pub untrusted_in_system: Option<Place>,
    /// Where the answer's text is parsed as JSON.
    pub parses_json: Option<Place>,
    /// Whether an output schema or JSON mode is asked for.
    pub has_schema: bool,
    /// Where a whole document or an unbounded history goes into the prompt.
    pub stuffs_context: Option<Place>,
    /// Whether a failure is caught and answered some other way (a fallback, `try`/`except`).
    pub handles_failure: bool,
    /// Fallback models that the code itself declares (`with_fallbacks`, `fallbacks=`).
    pub fallbacks: Vec<Setting<String>>,
    /// Whether the provider's prompt cache is used (`cache_control`).
    pub prompt_cache: bool,
    /// More calls for each request (`n=5`): the factor.
    pub multiplier: Option<Setting<u64>>,
    /// The gateway route that it reaches, once files were linked.
    pub reaches: Option<RouteId>,
}

/// A loop around a call of a model.
#[derive(Debug, Clone)]
pub struct ModelLoop {
    /// The loop's head.
    pub place: Place,
    /// What ends it.
    pub bound: LoopBound,
}

/// What ends a loop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoopBound {
    /// A number of rounds.
    Rounds(u64),
    /// A list of unknown length (a batch): bounded by its data.
    Data,
    /// Nothing but the model's own answer.
    Nothing,
}

/// A prompt that stands in code.
#[derive(Debug, Clone)]
pub struct Prompt {
    /// The literal.
    pub place: Place,
    /// Its length in characters.
    pub characters: usize,
    /// Whether it is a system prompt.
    pub system: bool,
}

impl CallSite {
    pub(super) fn shifted(mut self, by: &Offset) -> Self {
        self.reaches = self.reaches.map(|id| by.route(id));
        self
    }
}
