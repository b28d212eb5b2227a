//! A model behind an HTTP API.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{HeaderMap, HeaderValue, header};
use serde_json::{Map, Value, json};

use super::cost::Tariff;
use super::endpoint::{Endpoint, public_url};
use super::exchange::{Failure, Got, exchange};
use super::limiter::Limiter;
use super::retry::{Patience, retried};
use super::sigv4::sign_request;
use super::{Call, CallError, CallErrorKind, Provider, Reply};
use crate::clock::unix_seconds;
use crate::rng::fnv;
use crate::wire::{ChatRequest, Message, Role};

/// A provider over HTTP.
pub(super) struct HttpProvider {
    pub(super) name: String,
    pub(super) client: reqwest::Client,
    pub(super) endpoint: Endpoint,
    /// The model, and the fields of a request that the settings fix; a call's own fields go before.
    pub(super) defaults: ChatRequest,
    pub(super) stream: bool,
    pub(super) patience: Patience,
    pub(super) limiter: Arc<Limiter>,
    pub(super) tariff: Tariff,
    /// What the settings say of further headers, keys left out.
    pub(super) public_headers: Value,
    /// Why no call can be made: a key that is not set. Told at the call, so that cassettes replay without.
    pub(super) missing: Option<String>,
}

impl HttpProvider {
    /// The request of a call, with the settings' defaults.
    fn request(&self, call: &Call) -> ChatRequest {
        let mut request = call.request.clone();
        let defaults = &self.defaults;
        if request.model.is_empty() {
            request.model.clone_from(&defaults.model);
        }
        if request.messages.is_empty() && !call.question.is_empty() {
            request.messages.push(Message::text(Role::User, call.question.as_str()));
        }
        request.max_output_tokens = request.max_output_tokens.or(defaults.max_output_tokens);
        request.temperature = request.temperature.or(defaults.temperature);
        request.top_p = request.top_p.or(defaults.top_p);
        request.seed = request.seed.or(defaults.seed);
        if request.stop.is_empty() {
            request.stop.clone_from(&defaults.stop);
        }
        for (key, value) in &defaults.extra {
            request.extra.entry(key.clone()).or_insert_with(|| value.clone());
        }
        request.stream = self.stream;
        request
    }

    async fn attempt(&self, url: &str, body: &Bytes) -> Result<Got, Failure> {
        let mut headers: HeaderMap = self.endpoint.headers.clone();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(keys) = &self.endpoint.aws {
            // Signed anew each time: a signature holds for minutes.
            sign_request(keys, url, &mut headers, body, unix_seconds()).map_err(|error| {
                Failure::new(CallErrorKind::BadRequest, format!("cannot sign the request: {error}"))
            })?;
        }
        let request = self.client.post(url).headers(headers).body(body.clone());
        exchange(self.endpoint.api, request, self.stream).await
    }

    async fn make(&self, call: &Call) -> Result<Reply, CallError> {
        if let Some(missing) = &self.missing {
            return Err(CallError {
                kind: CallErrorKind::Auth,
                provider: self.name.clone(),
                message: missing.clone(),
                status: None,
                retry_after: None,
                attempts: 0,
            });
        }
        let request = self.request(call);
        let url = self.endpoint.url(&request.model, self.stream);
        let body = Bytes::from(self.endpoint.api.request_to_json(&request).to_string());
        let tokens = estimated_tokens(&request, body.len());
        let seed = fnv(&body) ^ u64::from(call.repeat);
        let tried = retried(&self.name, &self.limiter, self.patience, tokens, seed, || async {
            let got = self.attempt(&url, &body).await?;
            let hints = got.hints;
            Ok((got, hints))
        })
        .await?;
        let Got {
            reply: mut chat,
            first_token_ms,
            ..
        } = tried.got;
        if chat.model.is_empty() {
            chat.model = request.model;
        }
        Ok(Reply {
            cost_usd: chat.usage.and_then(|usage| self.tariff.cost(usage)),
            chat,
            latency_ms: tried.latency_ms,
            first_token_ms,
            attempts: tried.attempts,
            raw: None,
            trace: None,
        })
    }
}

/// About how many tokens a call uses: a token is at least three bytes of JSON, and the cap of the answer is
/// what providers count in advance.
pub(super) fn estimated_tokens(request: &ChatRequest, bytes: usize) -> u64 {
    let input = u64::try_from(bytes / 3).unwrap_or(u64::MAX);
    input.saturating_add(u64::from(request.max_output_tokens.unwrap_or(0)))
}

impl Provider for HttpProvider {
    fn name(&self) -> &str {
        &self.name
    }

    fn identity(&self) -> Value {
        let defaults = &self.defaults;
        let mut options = Map::new();
        let mut put = |key: &str, value: Value| {
            if !value.is_null() {
                options.insert(key.to_owned(), value);
            }
        };
        put("max_output_tokens", defaults.max_output_tokens.into());
        put("temperature", defaults.temperature.into());
        put("top_p", defaults.top_p.into());
        put("seed", defaults.seed.into());
        if !defaults.stop.is_empty() {
            put("stop", defaults.stop.clone().into());
        }
        if !defaults.extra.is_empty() {
            put("extra", defaults.extra.clone().into());
        }
        put("headers", self.public_headers.clone());
        if let Some(azure) = &self.endpoint.azure {
            put("deployment", azure.deployment.clone().into());
            put("api_version", azure.api_version.clone().into());
        }
        json!({
            "api": self.endpoint.api.name(),
            "url": public_url(&self.endpoint.base),
            "model": defaults.model,
            "stream": self.stream,
            "options": options,
        })
    }

    fn call<'a>(&'a self, call: &'a Call) -> BoxFuture<'a, Result<Reply, CallError>> {
        Box::pin(self.make(call))
    }
}
