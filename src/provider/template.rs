//! Any HTTP endpoint as a provider: the user's own application.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::classify::no_answer;
use super::endpoint::public_url_with_query;
use super::exchange::{Failure, causes, whole_body};
use super::limiter::Limiter;
use super::path::JsonPath;
use super::render::Renderer;
use super::retry::{Patience, retried};
use super::{Call, CallError, CallErrorKind, Provider, Reply};
use crate::clock::unix_seconds;
use crate::rng::fnv;
use crate::wire::{Api, ChatReply, Finish, LimitHints, Usage};

/// A request to the application, and where in its answer things are. Texts are templates over the call's
/// variables: `question`, `passages`, `prompt`, `messages`, and what the suite adds.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpTemplate {
    /// The address.
    pub url: String,
    /// `GET`, `POST` …; `POST` by default when there is a body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// Further headers; `${NAME}` is the environment's variable.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// The body: JSON whose texts are templates, or one text that is a template.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Value>,
    /// The path of the answer, such as `json.answer`; without it the whole text is the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response: Option<String>,
    /// The path of the passages that the application retrieved: texts, or objects with `text` or `content`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contexts: Option<String>,
    /// The path of the count of input tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input_tokens: Option<String>,
    /// The path of the count of output tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_tokens: Option<String>,
    /// The path of the cost in US dollars.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<String>,
}

impl HttpTemplate {
    /// The request for a call, templates filled in. `${NAME}` stays: it is the environment's.
    ///
    /// # Errors
    /// Says what is wrong with a self.
    pub fn prepare(&self, call: &Call) -> Result<Prepared, String> {
        let renderer = Renderer::new(call);
        let mut headers = HeaderMap::new();
        let body = match &self.body {
            None => Bytes::new(),
            Some(Value::String(text)) => Bytes::from(renderer.text(text)?),
            Some(body) => {
                headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
                Bytes::from(renderer.json(body)?.to_string())
            }
        };
        for (name, value) in &self.headers {
            let value = renderer.text(value)?;
            let name: HeaderName = name.parse().map_err(|_| format!("not a header: {name:?}"))?;
            let mut value = HeaderValue::from_str(&value).map_err(|_| format!("not a value of {name}"))?;
            value.set_sensitive(true);
            headers.insert(name, value);
        }
        let default = if self.body.is_some() { "POST" } else { "GET" };
        let method = self.method.as_deref().unwrap_or(default).to_ascii_uppercase();
        Ok(Prepared {
            method: method.parse().map_err(|_| format!("not a method: {method:?}"))?,
            url: renderer.text(&self.url)?,
            headers,
            body,
        })
    }

    /// The answer's text in a body.
    ///
    /// # Errors
    /// Says what is not there.
    pub fn answer(&self, body: &[u8]) -> Result<String, String> {
        Paths::of(self)?.answer(self, body)
    }
}

/// The paths of a template, read once.
#[derive(Debug, Clone)]
pub(super) struct Paths {
    response: Option<JsonPath>,
    contexts: Option<JsonPath>,
    input_tokens: Option<JsonPath>,
    output_tokens: Option<JsonPath>,
    cost: Option<JsonPath>,
}

impl Paths {
    pub(super) fn of(template: &HttpTemplate) -> Result<Self, String> {
        let parse = |path: &Option<String>| path.as_deref().map(JsonPath::parse).transpose();
        Ok(Self {
            response: parse(&template.response)?,
            contexts: parse(&template.contexts)?,
            input_tokens: parse(&template.input_tokens)?,
            output_tokens: parse(&template.output_tokens)?,
            cost: parse(&template.cost)?,
        })
    }
}

impl Paths {
    fn answer(&self, template: &HttpTemplate, body: &[u8]) -> Result<String, String> {
        let text = String::from_utf8_lossy(body);
        let value: Option<Value> = serde_json::from_slice(body).ok();
        match &self.response {
            None => Ok(text.trim().to_owned()),
            Some(path) => {
                let json = value.as_ref().ok_or_else(|| {
                    let shown: String = text.chars().take(200).collect();
                    format!("the answer is no JSON: {shown}")
                })?;
                let keys = json
                    .as_object()
                    .map(|map| map.keys().cloned().collect::<Vec<_>>().join(", "));
                let there = path.find(json).filter(|it| !it.is_null()).ok_or_else(|| {
                    format!(
                        "the answer has nothing at {} (its fields: {})",
                        template.response.as_deref().unwrap_or_default(),
                        keys.unwrap_or_default()
                    )
                })?;
                Ok(there.as_str().map_or_else(|| there.to_string(), ToOwned::to_owned))
            }
        }
    }
}

/// An endpoint of the user's own.
pub(super) struct TemplateProvider {
    pub(super) name: String,
    pub(super) client: reqwest::Client,
    /// With the environment's variables filled in.
    pub(super) template: HttpTemplate,
    /// As the suite says it, for recordings: no variable is filled in.
    pub(super) public: Value,
    pub(super) paths: Paths,
    pub(super) patience: Patience,
    pub(super) limiter: Arc<Limiter>,
    pub(super) missing: Option<String>,
}

/// A request that is ready to be sent, again and again.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// The method.
    pub method: Method,
    /// The address.
    pub url: String,
    /// The headers, which may hold keys: all are marked as sensitive.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl TemplateProvider {
    async fn attempt(&self, prepared: &Prepared) -> Result<(Reply, LimitHints), Failure> {
        let request = self
            .client
            .request(prepared.method.clone(), &prepared.url)
            .headers(prepared.headers.clone())
            .body(prepared.body.clone());
        let response = request.send().await.map_err(|error| {
            let kind = if error.is_builder() {
                CallErrorKind::BadRequest
            } else {
                CallErrorKind::Connect
            };
            Failure::new(kind, causes(&error))
        })?;
        let now = unix_seconds();
        let hints = LimitHints::of(response.headers(), now);
        let status = response.status();
        let headers = response.headers().clone();
        let body = whole_body(response).await?;
        if !status.is_success() {
            let error = Api::Openai.error_from_http(status.as_u16(), &headers, &body, now);
            return Err(Failure::of_api(&error).with(hints));
        }
        let reply = self.read(&body).map_err(|message| Failure {
            status: Some(status.as_u16()),
            ..Failure::new(CallErrorKind::Garbage, message).with(hints)
        })?;
        if let Some((kind, message)) = no_answer(&reply.chat) {
            return Err(Failure::new(kind, message));
        }
        Ok((reply, hints))
    }

    fn read(&self, body: &[u8]) -> Result<Reply, String> {
        let mut value: Option<Value> = serde_json::from_slice(body).ok();
        let paths = &self.paths;
        let answer = paths.answer(&self.template, body)?;
        let at = |path: &Option<JsonPath>| path.as_ref()?.find(value.as_ref()?).cloned();
        let count = |path: &Option<JsonPath>| at(path)?.as_u64();
        let usage = count(&paths.input_tokens).zip(count(&paths.output_tokens));
        let cost_usd = at(&paths.cost)
            .and_then(|cost| cost.as_f64())
            .filter(|cost| *cost >= 0.0);
        if let Some(contexts) = at(&paths.contexts) {
            // Where everybody looks for them, whatever the application calls them.
            match &mut value {
                Some(Value::Object(map)) => {
                    map.insert("contexts".into(), contexts);
                }
                other => *other = Some(json!({ "contexts": contexts })),
            }
        }
        Ok(Reply {
            chat: ChatReply {
                text: answer,
                finish: Some(Finish::Stop),
                usage: usage.map(|(input_tokens, output_tokens)| Usage {
                    input_tokens,
                    output_tokens,
                    cached_input_tokens: 0,
                }),
                ..ChatReply::default()
            },
            latency_ms: 0.0,
            first_token_ms: None,
            cost_usd,
            attempts: 1,
            raw: value,
            trace: None,
        })
    }

    async fn make(&self, call: &Call) -> Result<Reply, CallError> {
        let refuse = |kind, message| CallError {
            kind,
            provider: self.name.clone(),
            message,
            status: None,
            retry_after: None,
            attempts: 0,
        };
        if let Some(missing) = &self.missing {
            return Err(refuse(CallErrorKind::Auth, missing.clone()));
        }
        let prepared = self
            .template
            .prepare(call)
            .map_err(|what| refuse(CallErrorKind::BadRequest, what))?;
        let seed = fnv(&prepared.body) ^ fnv(prepared.url.as_bytes());
        let tried = retried(&self.name, &self.limiter, self.patience, 0, seed, || {
            self.attempt(&prepared)
        })
        .await?;
        Ok(Reply {
            latency_ms: tried.latency_ms,
            attempts: tried.attempts,
            ..tried.got
        })
    }
}

/// What the suite says of an endpoint, for recordings: without keys.
pub(super) fn public(template: &HttpTemplate, headers: &Value) -> Value {
    json!({
        "api": "http",
        "url": public_url_with_query(&template.url),
        "method": template.method,
        "headers": headers,
        "body": template.body,
        "response": template.response,
        "contexts": template.contexts,
    })
}

impl Provider for TemplateProvider {
    fn name(&self) -> &str {
        &self.name
    }

    fn identity(&self) -> Value {
        self.public.clone()
    }

    fn call<'a>(&'a self, call: &'a Call) -> BoxFuture<'a, Result<Reply, CallError>> {
        Box::pin(self.make(call))
    }
}
