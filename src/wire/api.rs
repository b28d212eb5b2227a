//! The APIs, by name, with one way in and one way out for each kind of message.

use http::HeaderMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::stream::{Decode, Encode};
use super::{
    ApiError, ChatReply, ChatRequest, Framing, WireError, anthropic, api_error, bedrock, gemini, ollama, openai,
};

/// An API of chat models. Azure speaks `OpenAI`'s.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Api {
    /// `POST …/chat/completions`.
    Openai,
    /// `POST …/v1/messages`.
    Anthropic,
    /// `POST …/models/{model}:generateContent`, `:streamGenerateContent?alt=sse`.
    Gemini,
    /// `POST …/model/{model}/converse`, `/converse-stream`.
    Bedrock,
    /// `POST …/api/chat`.
    Ollama,
}

impl Api {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Openai, Self::Anthropic, Self::Gemini, Self::Bedrock, Self::Ollama];

    /// The name in settings and reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Openai => "openai",
            Self::Anthropic => "anthropic",
            Self::Gemini => "gemini",
            Self::Bedrock => "bedrock",
            Self::Ollama => "ollama",
        }
    }

    /// How streamed answers are framed.
    #[must_use]
    pub const fn framing(self) -> Framing {
        match self {
            Self::Openai | Self::Anthropic | Self::Gemini => Framing::Sse,
            Self::Bedrock => Framing::EventStream,
            Self::Ollama => Framing::Lines,
        }
    }

    /// A request's JSON. Gemini and Bedrock have the model, and whether to stream, in the address and
    /// not in the JSON. What an API has no field for is left out.
    #[must_use]
    pub fn request_to_json(self, request: &ChatRequest) -> Value {
        match self {
            Self::Openai => openai::request_to_json(request),
            Self::Anthropic => anthropic::request_to_json(request),
            Self::Gemini => gemini::request_to_json(request),
            Self::Bedrock => bedrock::request_to_json(request),
            Self::Ollama => ollama::request_to_json(request),
        }
    }

    /// A request of its JSON.
    ///
    /// # Errors
    /// Fails on JSON that is no request, and says what was expected.
    pub fn request_from_json(self, value: Value) -> Result<ChatRequest, WireError> {
        match self {
            Self::Openai => openai::request_from_json(value),
            Self::Anthropic => anthropic::request_from_json(value),
            Self::Gemini => gemini::request_from_json(value),
            Self::Bedrock => bedrock::request_from_json(value),
            Self::Ollama => ollama::request_from_json(value),
        }
    }

    /// A whole answer's JSON; `created` is in seconds since 1970.
    #[must_use]
    pub fn reply_to_json(self, reply: &ChatReply, created: u64) -> Value {
        match self {
            Self::Openai => openai::reply_to_json(reply, created),
            Self::Anthropic => anthropic::reply_to_json(reply),
            Self::Gemini => gemini::reply_to_json(reply),
            Self::Bedrock => bedrock::reply_to_json(reply),
            Self::Ollama => ollama::reply_to_json(reply),
        }
    }

    /// A whole answer of its JSON.
    ///
    /// # Errors
    /// Fails on an error that came with status 200, on a withheld answer, and on JSON that is no answer.
    pub fn reply_from_json(self, value: &Value) -> Result<ChatReply, WireError> {
        match self {
            Self::Openai => openai::reply_from_json(value),
            Self::Anthropic => anthropic::reply_from_json(value),
            Self::Gemini => gemini::reply_from_json(value),
            Self::Bedrock => bedrock::reply_from_json(value),
            Self::Ollama => ollama::reply_from_json(value),
        }
    }

    /// A reader of one streamed answer.
    #[must_use]
    pub fn decoder(self) -> Box<dyn Decode> {
        match self {
            Self::Openai => Box::new(openai::Decoder::default()),
            Self::Anthropic => Box::new(anthropic::Decoder::default()),
            Self::Gemini => Box::new(gemini::Decoder::default()),
            Self::Bedrock => Box::new(bedrock::Decoder::default()),
            Self::Ollama => Box::new(ollama::Decoder::default()),
        }
    }

    /// A writer of one streamed answer.
    #[must_use]
    pub fn encoder(self, created: u64) -> Box<dyn Encode> {
        match self {
            Self::Openai => Box::new(openai::Encoder::new(created)),
            Self::Anthropic => Box::new(anthropic::Encoder::default()),
            Self::Gemini => Box::new(gemini::Encoder::default()),
            Self::Bedrock => Box::new(bedrock::Encoder::default()),
            Self::Ollama => Box::new(ollama::Encoder::default()),
        }
    }

    /// The error of an answer whose status is not 200. `now` is in seconds since 1970.
    #[must_use]
    pub fn error_from_http(self, status: u16, headers: &HeaderMap, body: &[u8], now: f64) -> ApiError {
        let mut error = api_error::from_http(status, headers, body, now, |value| match self {
            Self::Openai => openai::from_body(value),
            Self::Anthropic => anthropic::error_from_body(value),
            Self::Gemini => gemini::error_from_body(value),
            Self::Bedrock => bedrock::error_from_body(value),
            Self::Ollama => None,
        });
        if self == Self::Bedrock {
            bedrock::error_type(headers, &mut error);
        }
        error
    }

    /// An error's headers and JSON; the status is the error's own.
    #[must_use]
    pub fn error_to_http(self, error: &ApiError) -> (Vec<(&'static str, String)>, Value) {
        let mut headers = Vec::new();
        if let Some(wait) = error
            .retry_after
            .filter(|_| !matches!(self, Self::Gemini | Self::Bedrock))
        {
            // Whole seconds for clients that read no fractions, never less than what is meant.
            headers.push(("retry-after", wait.as_millis().div_ceil(1_000).to_string()));
            if self == Self::Openai {
                headers.push(("retry-after-ms", wait.as_millis().to_string()));
            }
        }
        let body = match self {
            Self::Openai => openai::error_to_json(error),
            Self::Anthropic => anthropic::error_to_json(error),
            Self::Gemini => gemini::error_to_json(error),
            Self::Bedrock => {
                headers.push(("x-amzn-errortype", error.kind.clone()));
                bedrock::error_to_json(error)
            }
            Self::Ollama => ollama::error_to_json(error),
        };
        (headers, body)
    }
}
