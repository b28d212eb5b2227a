//! Anthropic's Messages.

mod reply;
mod request;
mod stream;

pub(super) use reply::{error_from_body, error_to_json, from_json as reply_from_json, to_json as reply_to_json};
pub(super) use request::{from_json as request_from_json, to_json as request_to_json};
pub(super) use stream::{Decoder, Encoder};
