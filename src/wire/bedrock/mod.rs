//! Amazon Bedrock's `Converse` and `ConverseStream`.

mod reply;
mod request;

pub(super) use reply::{
    Decoder, Encoder, error_from_body, error_to_json, error_type, from_json as reply_from_json,
    to_json as reply_to_json,
};
pub(super) use request::{from_json as request_from_json, to_json as request_to_json};
