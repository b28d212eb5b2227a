//! Keys and open doors.

pub mod literal_secret;
pub mod no_gateway_auth;
pub mod plaintext_endpoint;
pub mod prompts_logged;
pub mod published_port;
pub mod weak_gateway_key;
