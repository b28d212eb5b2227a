//! `OpenAI`'s chat completions and embeddings, which half of all servers speak: Azure, vLLM, llama.cpp,
//! `LiteLLM`, `OpenRouter`, Mistral, Groq and more.

mod embeddings;
mod error;
mod reply;
mod request;
mod responses;
mod stream;

pub use embeddings::{
    embedding_reply_from_json, embedding_reply_to_json, embedding_request_from_json, embedding_request_to_json,
};
pub(super) use error::{from_body, to_json as error_to_json};
pub(super) use reply::{from_json as reply_from_json, to_json as reply_to_json};
pub(super) use request::{from_json as request_from_json, to_json as request_to_json};
pub(super) use request::{tool_from_json, tool_to_json};
pub use responses::{
    ResponsesDecoder, ResponsesEncoder, responses_reply_from_json, responses_reply_to_json,
    responses_request_from_json, responses_request_to_json,
};
pub(super) use stream::{Decoder, Encoder};
