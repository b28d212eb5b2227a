//! `OpenAI`'s Responses API: the same conversations in other words (API reference, November 2026).

mod reply;
mod request;
mod stream;

pub use reply::{from_json as responses_reply_from_json, to_json as responses_reply_to_json};
pub use request::{from_json as responses_request_from_json, to_json as responses_request_to_json};
pub use stream::{Decoder as ResponsesDecoder, Encoder as ResponsesEncoder};

#[cfg(test)]
mod tests;
