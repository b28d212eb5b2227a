//! Vectors from an embedding API.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderValue, header};
use serde_json::{Value, json};

use super::build::{self, BuildOptions};
use super::endpoint::{Endpoint, public_url};
use super::environment::Filler;
use super::exchange::{Failure, causes, whole_body};
use super::limiter::Limiter;
use super::limits::LimitSettings;
use super::retry::{Patience, retried};
use super::spec::{ProviderSpec, SpecError};
use super::{CallError, CallErrorKind, Tariff};
use crate::clock::unix_seconds;
use crate::rng::fnv;
use crate::system::prices::Prices;
use crate::wire::{
    Api, EmbeddingReply, EmbeddingRequest, LimitHints, WireError, embedding_reply_from_json, embedding_request_to_json,
};

/// The most texts of one request: `OpenAI` takes 2,048, others fewer.
const BATCH: usize = 128;

/// An OpenAI-compatible embedding API (`POST …/embeddings`): `OpenAI`, Azure, vLLM, Ollama, llama.cpp.
pub struct Embeddings {
    name: String,
    client: reqwest::Client,
    endpoint: Endpoint,
    model: String,
    dimensions: Option<u32>,
    patience: Patience,
    limiter: Arc<Limiter>,
    tariff: Tariff,
    missing: Option<String>,
}

/// Vectors, and what they cost.
#[derive(Debug, Clone, PartialEq)]
pub struct Embedded {
    /// One vector for each text, in order, as the API gave it.
    pub vectors: Vec<Vec<f32>>,
    /// US dollars; `None` without prices or counts.
    pub cost_usd: Option<f64>,
}

impl Embeddings {
    /// A client for what a suite says; `dimensions` where the model lets choose.
    ///
    /// # Errors
    /// Fails on what is missing, and on APIs that have no such embeddings.
    pub fn build(
        spec: &ProviderSpec,
        dimensions: Option<u32>,
        prices: &Prices,
        options: &BuildOptions,
    ) -> Result<Self, SpecError> {
        let name = spec.shown_name();
        let model = spec
            .model
            .clone()
            .ok_or_else(|| SpecError::new("no `model` of embeddings"))?;
        let mut filler = Filler::new(options);
        let endpoint = build::endpoint(spec, &model, options, &mut filler)?;
        if endpoint.api != Api::Openai {
            return Err(SpecError::new(format!(
                "embeddings are asked for by OpenAI's API; {} has another (give `base_url` of a server that speaks it)",
                endpoint.api.name()
            )));
        }
        Ok(Self {
            tariff: Tariff::of(prices, spec.api.name(), &model),
            name,
            client: options.client(&endpoint.base)?,
            endpoint,
            model,
            dimensions,
            patience: Patience::default(),
            limiter: Arc::new(Limiter::new(LimitSettings {
                concurrency: spec.concurrency.unwrap_or(8),
                requests_per_minute: spec.requests_per_minute,
                tokens_per_minute: spec.tokens_per_minute,
            })),
            missing: filler.missing(),
        })
    }

    /// What identifies the vectors: address without keys, model, dimensions.
    pub fn identity(&self) -> Value {
        json!({
            "api": "openai-embeddings",
            "url": public_url(&self.endpoint.base),
            "model": self.model,
            "dimensions": self.dimensions,
        })
    }

    /// Vectors of texts, in order, in as many requests as it takes.
    ///
    /// # Errors
    /// Fails as calls of models do.
    pub async fn embed(&self, texts: &[String]) -> Result<Embedded, CallError> {
        let mut all = Embedded {
            vectors: Vec::with_capacity(texts.len()),
            cost_usd: Some(0.0),
        };
        for batch in texts.chunks(BATCH) {
            let reply = self.batch(batch).await?;
            let cost = reply.usage.and_then(|usage| self.tariff.cost(usage));
            all.cost_usd = all.cost_usd.zip(cost).map(|(sum, cost)| sum + cost);
            all.vectors.extend(reply.vectors);
        }
        Ok(all)
    }

    async fn batch(&self, texts: &[String]) -> Result<EmbeddingReply, CallError> {
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
        let request = EmbeddingRequest {
            model: self.model.clone(),
            texts: texts.to_vec(),
            dimensions: self.dimensions,
        };
        let url = self.endpoint.embeddings_url();
        let body = Bytes::from(embedding_request_to_json(&request).to_string());
        let tokens = (body.len() / 3) as u64;
        let tried = retried(&self.name, &self.limiter, self.patience, tokens, fnv(&body), || {
            self.attempt(&url, &body, texts.len())
        })
        .await?;
        Ok(tried.got)
    }

    async fn attempt(&self, url: &str, body: &Bytes, count: usize) -> Result<(EmbeddingReply, LimitHints), Failure> {
        let mut headers = self.endpoint.headers.clone();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let request = self.client.post(url).headers(headers).body(body.clone());
        let response = request
            .send()
            .await
            .map_err(|error| Failure::new(CallErrorKind::Connect, causes(&error)))?;
        let now = unix_seconds();
        let hints = LimitHints::of(response.headers(), now);
        let status = response.status();
        let headers = response.headers().clone();
        let body = whole_body(response).await?;
        if !status.is_success() {
            let error = Api::Openai.error_from_http(status.as_u16(), &headers, &body, now);
            return Err(Failure::of_api(&error).with(hints));
        }
        let garbage = |what: String| Failure::new(CallErrorKind::Garbage, what);
        let value: Value = serde_json::from_slice(&body).map_err(|_| garbage("the answer is no JSON".to_owned()))?;
        let reply = embedding_reply_from_json(&value).map_err(|error| match error {
            WireError::Api(error) => Failure::of_api(&error),
            WireError::Malformed(what) => garbage(what),
        })?;
        if reply.vectors.len() != count {
            return Err(garbage(format!("{} vectors for {count} texts", reply.vectors.len())));
        }
        Ok((reply, hints))
    }
}
