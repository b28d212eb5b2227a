//! What gets the load: an OpenAI-compatible endpoint, or one of the application's own kind.

use std::net::IpAddr;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, header};
use reqwest::Url;

use crate::chaos::scenario::{Request, Target};
use crate::provider::{Call, HttpTemplate, Prepared};
use crate::wire::{Api, ChatRequest, Message, Role};

use super::LoadError;
use super::prompt::prompt;

/// The header by which the emulator is told how long an answer shall be.
const TOKENS_HEADER: &str = "x-aisys-tokens";
/// The variable that holds the key of an OpenAI-compatible target.
const KEY: &str = "OPENAI_API_KEY";
/// The model where neither the scenario nor the command line names one.
const MODEL: &str = "gpt-4o";

/// An endpoint that may be loaded.
#[derive(Debug, Clone)]
pub struct Endpoint {
    url: Url,
    model: String,
    template: Option<HttpTemplate>,
    key: Option<HeaderValue>,
}

impl Endpoint {
    /// The endpoint of a target. Only this machine may be loaded, and hosts that are allowed by name: a load test
    /// of somebody else's service is an attack. `environment` gives variables, for the key and for `${NAME}`.
    ///
    /// # Errors
    /// Fails on what is no address, and on hosts that are not allowed.
    pub fn new(
        target: &Target,
        allowed: &[String],
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, LoadError> {
        let mut template = target.template.clone();
        if let Some(template) = &mut template {
            template.url = filled(&template.url, environment)?;
            for value in template.headers.values_mut() {
                *value = filled(value, environment)?;
            }
        }
        let written = filled(&target.url, environment)?;
        let url: Url = written
            .parse()
            .map_err(|error| LoadError::Target(format!("not an address: {written:?} ({error})")))?;
        let host = url.host_str().unwrap_or_default();
        if !is_this_machine(host) && !allowed.iter().any(|it| it == host) {
            return Err(LoadError::Target(format!(
                "{host:?} is not this machine; say --allow-remote {host} if you may load it"
            )));
        }
        let url = match &template {
            Some(_) => url,
            None => chat_url(url),
        };
        let key = environment(KEY).and_then(|key| HeaderValue::from_str(&format!("Bearer {}", key.trim())).ok());
        Ok(Self {
            url,
            model: target.model.clone().unwrap_or_else(|| MODEL.to_owned()),
            template,
            key: key.map(|mut key| {
                key.set_sensitive(true);
                key
            }),
        })
    }

    /// The address, for people: without user, password and query.
    #[must_use]
    pub fn shown(&self) -> String {
        let port = self.url.port().map_or_else(String::new, |port| format!(":{port}"));
        let host = self.url.host_str().unwrap_or_default();
        format!("{}://{host}{port}{}", self.url.scheme(), self.url.path())
    }

    /// The request of a user.
    pub(super) fn request(&self, request: &Request) -> Result<Prepared, String> {
        let question = prompt(request);
        let chat = ChatRequest {
            model: self.model.clone(),
            messages: vec![Message::text(Role::User, question.as_str())],
            stream: request.streamed,
            ..ChatRequest::default()
        };
        if let Some(template) = &self.template {
            let call = Call {
                request: chat,
                question,
                ..Call::default()
            };
            return template.prepare(&call);
        }
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(TOKENS_HEADER, HeaderValue::from(request.output_tokens));
        if let Some(key) = &self.key {
            headers.insert(header::AUTHORIZATION, key.clone());
        }
        Ok(Prepared {
            method: Method::POST,
            url: self.url.to_string(),
            headers,
            body: Bytes::from(Api::Openai.request_to_json(&chat).to_string()),
        })
    }

    /// How answers of the application's own kind are read; `None`: they are those of the API.
    pub(super) const fn template(&self) -> Option<&HttpTemplate> {
        self.template.as_ref()
    }
}

/// The chat endpoint under a base URL, as SDKs make it.
fn chat_url(mut url: Url) -> Url {
    const CHAT: &str = "chat/completions";
    let path = url.path().trim_end_matches('/').to_owned();
    if !path.ends_with(CHAT) {
        let base = if path.is_empty() { "/v1" } else { path.as_str() };
        url.set_path(&format!("{base}/{CHAT}"));
    }
    url
}

fn is_this_machine(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare == "localhost" || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// A text with each `${NAME}` filled in.
fn filled(text: &str, environment: &dyn Fn(&str) -> Option<String>) -> Result<String, LoadError> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let Some((name, after)) = after.split_once('}') else {
            break;
        };
        let value = environment(name).ok_or_else(|| LoadError::Target(format!("the variable {name} is not set")))?;
        out.push_str(before);
        out.push_str(&value);
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(url: &str, allowed: &[String]) -> Result<Endpoint, LoadError> {
        let target = Target {
            url: url.to_owned(),
            ..Target::default()
        };
        Endpoint::new(&target, allowed, &|_| None)
    }

    #[test]
    fn only_this_machine_is_loaded_unless_a_host_is_allowed() {
        for url in ["http://127.0.0.1:4000/v1", "http://localhost:8080", "http://[::1]:1/v1"] {
            assert!(endpoint(url, &[]).is_ok(), "{url}");
        }
        for url in [
            "https://api.example.com/v1",
            "http://127.0.0.1.example.com",
            "http://10.0.0.1/v1",
            "nonsense",
        ] {
            assert!(endpoint(url, &[]).is_err(), "{url}");
        }
        assert!(endpoint("https://staging.example.com/v1", &["staging.example.com".to_owned()]).is_ok());
    }

    #[test]
    fn a_base_url_becomes_the_chat_endpoint_and_keys_are_not_shown() {
        let shown = |url: &str| endpoint(url, &[]).unwrap().shown();
        assert_eq!(
            shown("http://localhost:4000"),
            "http://localhost:4000/v1/chat/completions"
        );
        assert_eq!(
            shown("http://localhost:4000/openai/v1/"),
            "http://localhost:4000/openai/v1/chat/completions"
        );
        assert_eq!(
            shown("http://me:secret@localhost/v1/chat/completions?key=x"),
            "http://localhost/v1/chat/completions"
        );
    }
}
