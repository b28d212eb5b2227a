//! A call of a model and its answer, in no API's words.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Instructions (`OpenAI`: `system` and `developer`; Anthropic and Gemini: a field of its own).
    System,
    /// The user.
    User,
    /// The model.
    Assistant,
    /// The result of a tool call.
    Tool,
}

/// One piece of a message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Content {
    /// Text.
    Text(String),
    /// An image by address; `data:` addresses carry the image itself.
    Image(String),
    /// A piece that only one API knows, as its JSON.
    Other(Value),
}

/// A tool call that the model asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolCall {
    /// The identifier by which the result refers to it; empty where an API has none (Gemini, Ollama).
    pub id: String,
    /// The tool's name.
    pub name: String,
    /// The arguments as the JSON text that the model wrote; it may be broken.
    pub arguments: String,
}

/// One message of a conversation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// What is said.
    pub content: Vec<Content>,
    /// The tools that an assistant's message calls.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tool_calls: Vec<ToolCall>,
    /// Of a tool's result: the call that it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_call_id: Option<String>,
    /// The speaker's or the tool's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

impl Message {
    /// A message of plain text.
    #[must_use]
    pub fn text(role: Role, text: impl Into<String>) -> Self {
        Self {
            role,
            content: vec![Content::Text(text.into())],
            tool_calls: Vec::new(),
            tool_call_id: None,
            name: None,
        }
    }

    /// All its text, pieces joined without anything between.
    #[must_use]
    pub fn plain(&self) -> String {
        let texts = self.content.iter().filter_map(|piece| match piece {
            Content::Text(text) => Some(text.as_str()),
            Content::Image(_) | Content::Other(_) => None,
        });
        texts.collect()
    }
}

/// A tool that the model may call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// What it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The JSON Schema of its arguments.
    pub parameters: Value,
}

/// Whether and which tool must be called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ToolChoice {
    /// The model decides.
    Auto,
    /// No tool.
    None,
    /// Some tool.
    Required,
    /// This tool.
    Named(String),
}

/// The form that the answer must have.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResponseFormat {
    /// Any JSON object.
    Json,
    /// JSON of this schema.
    Schema {
        /// The schema's name.
        name: String,
        /// The JSON Schema.
        schema: Value,
    },
}

/// A call of a chat model.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ChatRequest {
    /// The model, as the provider names it.
    pub model: String,
    /// The conversation.
    pub messages: Vec<Message>,
    /// At most so many tokens of answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_output_tokens: Option<u32>,
    /// Sampling temperature.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// Nucleus sampling.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top_p: Option<f64>,
    /// Texts that end the answer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stop: Vec<String>,
    /// The seed of the sampling, where the provider has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<i64>,
    /// The tools on offer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<Tool>,
    /// Whether and which tool must be called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_choice: Option<ToolChoice>,
    /// The form of the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response_format: Option<ResponseFormat>,
    /// Whether the answer comes in pieces.
    #[serde(default)]
    pub stream: bool,
    /// Further fields of the API, passed through as they are.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub extra: Map<String, Value>,
}

/// Why an answer ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finish {
    /// The model was done.
    Stop,
    /// The output cap or the window was reached: the answer is cut short.
    Length,
    /// The model calls tools.
    ToolCalls,
    /// A filter of the provider withheld it.
    ContentFilter,
    /// The model refused (Anthropic `refusal`).
    Refusal,
    /// Another reason, in the API's word.
    Other(String),
}

/// What was counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Tokens of the prompt, those from a cache included.
    pub input_tokens: u64,
    /// Tokens of the answer, reasoning included.
    pub output_tokens: u64,
    /// Tokens of the prompt that came from the provider's cache.
    #[serde(default)]
    pub cached_input_tokens: u64,
}

/// A model's answer.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ChatReply {
    /// The provider's identifier of the answer.
    pub id: String,
    /// The model that answered, as the provider names it.
    pub model: String,
    /// The text; empty when there is none.
    pub text: String,
    /// A refusal that the API tells apart from the text (`OpenAI` `message.refusal`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<String>,
    /// The tools that it calls.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tool_calls: Vec<ToolCall>,
    /// Why it ended; `None`: the API did not say, as in a stream that broke.
    pub finish: Option<Finish>,
    /// What was counted; `None`: the API did not say.
    pub usage: Option<Usage>,
}

/// A piece of a tool call in a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolCallDelta {
    /// Which of the answer's calls.
    pub index: usize,
    /// Its identifier, in the first piece.
    pub id: Option<String>,
    /// Its name, in the first piece.
    pub name: Option<String>,
    /// More of its arguments.
    pub arguments: String,
}

/// One piece of a streamed answer.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Chunk {
    /// The answer's identifier, when this piece tells it.
    pub id: Option<String>,
    /// The model, when this piece tells it.
    pub model: Option<String>,
    /// More text.
    pub text: String,
    /// More of a refusal that the API tells apart from the text.
    pub refusal: String,
    /// More of tool calls.
    pub tool_calls: Vec<ToolCallDelta>,
    /// Why the answer ended, in the piece that says so.
    pub finish: Option<Finish>,
    /// What was counted, in the piece that says so.
    pub usage: Option<Usage>,
}

impl Chunk {
    /// Adds its pieces to the calls that came before: a piece with an identifier begins a call. For APIs whose
    /// calls go out whole.
    pub(in crate::wire) fn add_calls_to(&self, calls: &mut Vec<ToolCall>) {
        for delta in &self.tool_calls {
            if delta.id.is_some() || calls.is_empty() {
                calls.push(ToolCall::default());
            }
            if let Some(call) = calls.last_mut() {
                call.id.push_str(delta.id.as_deref().unwrap_or_default());
                call.name.push_str(delta.name.as_deref().unwrap_or_default());
                call.arguments.push_str(&delta.arguments);
            }
        }
    }
}

/// An error that an API answered with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{status} {kind}: {message}")]
pub struct ApiError {
    /// The HTTP status; 200 for an error inside a stream.
    pub status: u16,
    /// The API's word for it (`rate_limit_error`, `overloaded_error`, `RESOURCE_EXHAUSTED`).
    pub kind: String,
    /// The API's code, when it has one (`context_length_exceeded`, `content_filter`).
    pub code: Option<String>,
    /// What it says.
    pub message: String,
    /// How long it asks to wait (`retry-after`, `retry-after-ms`, Gemini's `RetryInfo`).
    pub retry_after: Option<Duration>,
}

/// A call of an embedding model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmbeddingRequest {
    /// The model.
    pub model: String,
    /// The texts.
    pub texts: Vec<String>,
    /// The length of the vectors, where the model lets choose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dimensions: Option<u32>,
}

/// Vectors, one for each text in the order of the request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EmbeddingReply {
    /// The model that answered.
    pub model: String,
    /// The vectors.
    pub vectors: Vec<Vec<f32>>,
    /// What was counted.
    pub usage: Option<Usage>,
}
