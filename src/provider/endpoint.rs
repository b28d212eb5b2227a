//! Where a model is called, and how the call proves who it is.

use std::fmt::Write as _;

use http::{HeaderMap, HeaderName, HeaderValue};

use super::sigv4::AwsKeys;
use crate::system::secrets::is_secret;
use crate::wire::Api;

/// An address and its credentials.
#[derive(Clone)]
pub(super) struct Endpoint {
    pub(super) api: Api,
    /// Without a slash at its end.
    pub(super) base: String,
    pub(super) azure: Option<Azure>,
    /// Sent with every call; keys among them are marked sensitive.
    pub(super) headers: HeaderMap,
    pub(super) aws: Option<AwsKeys>,
}

/// What Azure's older addresses hold besides.
#[derive(Debug, Clone)]
pub(super) struct Azure {
    pub(super) deployment: String,
    pub(super) api_version: String,
}

impl Endpoint {
    /// The address of a call.
    pub(super) fn url(&self, model: &str, stream: bool) -> String {
        let base = &self.base;
        match self.api {
            Api::Openai => match &self.azure {
                Some(azure) => format!(
                    "{base}/openai/deployments/{}/chat/completions?api-version={}",
                    escape(&azure.deployment),
                    escape(&azure.api_version)
                ),
                None => format!("{base}/chat/completions"),
            },
            Api::Anthropic => format!("{}/v1/messages", base.strip_suffix("/v1").unwrap_or(base)),
            Api::Gemini => {
                let model = model.strip_prefix("models/").unwrap_or(model);
                let (method, query) = if stream {
                    ("streamGenerateContent", "?alt=sse")
                } else {
                    ("generateContent", "")
                };
                format!("{base}/models/{}:{method}{query}", escape(model))
            }
            Api::Bedrock => {
                let method = if stream { "converse-stream" } else { "converse" };
                format!("{base}/model/{}/{method}", escape(model))
            }
            Api::Ollama => format!("{base}/api/chat"),
        }
    }

    /// The address of the embeddings of an OpenAI-compatible server.
    pub(super) fn embeddings_url(&self) -> String {
        match &self.azure {
            Some(azure) => format!(
                "{}/openai/deployments/{}/embeddings?api-version={}",
                self.base,
                escape(&azure.deployment),
                escape(&azure.api_version)
            ),
            None => format!("{}/embeddings", self.base),
        }
    }
}

/// The header that carries a key.
pub(super) fn key_header(api: Api, azure: bool, key: &str) -> Option<(HeaderName, HeaderValue)> {
    let (name, value) = match api {
        Api::Openai if azure => ("api-key", key.to_owned()),
        Api::Openai | Api::Bedrock | Api::Ollama => ("authorization", format!("Bearer {key}")),
        Api::Anthropic => ("x-api-key", key.to_owned()),
        Api::Gemini => ("x-goog-api-key", key.to_owned()),
    };
    let mut value = HeaderValue::from_str(&value).ok()?;
    value.set_sensitive(true);
    Some((HeaderName::from_static(name), value))
}

/// Percent-encoding of everything that is not unreserved (RFC 3986): models have slashes and colons.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// An address for reports and recordings: without user, password and query.
pub(super) fn public_url(url: &str) -> String {
    let without_query = url.split(['?', '#']).next().unwrap_or(url);
    match without_query.split_once("://") {
        Some((scheme, rest)) => {
            let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
            format!("{scheme}://{host}{path}")
        }
        None => without_query.to_owned(),
    }
}

/// An address whose query matters: values that look like keys are hidden, the rest stays.
pub(super) fn public_url_with_query(url: &str) -> String {
    let shown = public_url(url);
    let Some((_, query)) = url.split_once('?') else {
        return shown;
    };
    let fields: Vec<String> = (query.split('&'))
        .map(|field| match field.split_once('=') {
            Some((name, value)) if is_secret(value) => format!("{name}=(secret)"),
            _ => field.to_owned(),
        })
        .collect();
    format!("{shown}?{}", fields.join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_api_has_its_address() {
        let endpoint = |api, base: &str| Endpoint {
            api,
            base: base.into(),
            azure: None,
            headers: HeaderMap::new(),
            aws: None,
        };
        let url = |api, base, model, stream| endpoint(api, base).url(model, stream);
        assert_eq!(
            url(Api::Openai, "http://h/v1", "m", true),
            "http://h/v1/chat/completions"
        );
        assert_eq!(url(Api::Anthropic, "http://h/v1", "m", true), "http://h/v1/messages");
        assert_eq!(url(Api::Ollama, "http://h", "m", true), "http://h/api/chat");
        assert_eq!(
            url(Api::Gemini, "http://h/v1beta", "models/g", true),
            "http://h/v1beta/models/g:streamGenerateContent?alt=sse"
        );
        assert_eq!(
            url(Api::Bedrock, "http://h", "us.anthropic.claude-x-v1:0", false),
            "http://h/model/us.anthropic.claude-x-v1%3A0/converse"
        );
        let mut azure = endpoint(Api::Openai, "http://h");
        azure.azure = Some(Azure {
            deployment: "my gpt".into(),
            api_version: "2024-10-21".into(),
        });
        assert_eq!(
            azure.url("", false),
            "http://h/openai/deployments/my%20gpt/chat/completions?api-version=2024-10-21"
        );
    }

    #[test]
    fn an_address_is_shown_without_its_secrets() {
        assert_eq!(public_url("https://u:p@h:1/v1?key=secret#x"), "https://h:1/v1");
        assert_eq!(public_url("https://h"), "https://h");
        assert_eq!(
            public_url_with_query("https://u:p@h/a?index=b&key=sk-proj-9aK3jd82Jd8sKq0PzL&q={{ question }}"),
            "https://h/a?index=b&key=(secret)&q={{ question }}"
        );
    }
}
