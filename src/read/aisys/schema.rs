//! The form of `aisys.yaml`: these types give its JSON Schema, and the keys that are known where.
//!
//! The file itself is read from its nodes, which have places; a test holds that both agree.

#![expect(dead_code, reason = "the types exist for their schema; nothing is read into them")]

use std::collections::BTreeMap;

use schemars::JsonSchema;

/// A system: providers, models, routes.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct File {
    /// The version of this format: 1.
    version: u32,
    /// The latest moment at which a user must have the first useful byte, such as `7s`.
    deadline: Option<String>,
    /// Providers by a name of your own.
    providers: BTreeMap<String, Provider>,
    /// Models by a name of your own: each a list of deployments that can stand in for one another.
    models: BTreeMap<String, Vec<Model>>,
    /// What applications call.
    routes: BTreeMap<String, Route>,
    /// What audit and chaos may assume of the traffic.
    traffic: Option<Traffic>,
    /// How this file is audited.
    audit: Option<Audit>,
}

/// One account at one provider, or one host of your own.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Provider {
    /// The API that it speaks: `openai`, `anthropic`, `azure`, `bedrock`, `gemini`, `mistral`, …
    api: String,
    /// Its endpoint, where it is not the API's own.
    endpoint: Option<String>,
    /// Its region, where it has regions.
    region: Option<String>,
    /// Its key, as `${VARIABLE}`.
    key: Option<String>,
}

/// One deployment: a model at a provider.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(clippy::struct_field_names, reason = "these are the keys of the file")]
pub(super) struct Model {
    /// The provider's name in `providers`.
    provider: String,
    /// The model as the provider calls it.
    model: String,
    /// The name under which the price table knows it.
    base_model: Option<String>,
    /// Its share among the deployments of this model.
    weight: Option<f64>,
}

/// A name that applications call, and what happens to a request for it.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Route {
    /// A model's name, or what to use for easy and for hard questions.
    #[serde(rename = "use")]
    uses: Use,
    /// Time limits of each call.
    timeouts: Option<Timeouts>,
    /// Repetition after a failure.
    retries: Option<Retries>,
    /// A second call beside one that is silent for unusually long: the first answer wins.
    hedge: Option<Hedge>,
    /// Models that are tried one after the other when the first one fails.
    fallback: Option<Vec<String>>,
    /// The honest text when nothing else is left.
    degraded: Option<String>,
    /// What answers without a call.
    cache: Option<Cache>,
    /// Limits on each request and on their number.
    limits: Option<Limits>,
    /// The most that may be spent.
    budget: Option<Budget>,
    /// Passages that are added to the prompt.
    retrieval: Option<Retrieval>,
    /// What an answer must be to be given.
    guard: Option<Guard>,
    /// Who looks at live answers.
    judge: Option<Judge>,
}

/// A model's name, or one for easy and one for hard questions.
#[derive(JsonSchema)]
#[serde(untagged)]
pub(super) enum Use {
    /// One model for all.
    One(String),
    /// Two models, and who tells which.
    Split(Split),
}

/// Two models, and who tells which.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Split {
    /// The model for easy questions.
    easy: String,
    /// The model for hard ones.
    hard: String,
    /// The router's file.
    router: Option<String>,
}

/// Time limits of each call.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Timeouts {
    /// Until the connection stands: `1s` unless set.
    connect: Option<String>,
    /// Until a stream's first token: `4s` unless set.
    first_token: Option<String>,
    /// Between two tokens: `3s` unless set.
    between_tokens: Option<String>,
    /// Until the whole answer: `30s` unless set.
    total: Option<String>,
}

/// Repetition after a failure.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Retries {
    /// How often more after the first: 1 unless set.
    attempts: Option<u32>,
    /// The most of all requests that may be repetitions: `10%` unless set.
    budget: Option<String>,
}

/// A second call beside one that is silent for unusually long.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Hedge {
    /// The share of calls that have answered by the moment of the second call: `95%` unless set.
    after: Option<String>,
    /// The most of all requests that may have a second call: `5%` unless set.
    share: Option<String>,
}

/// What answers without a call.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Cache {
    /// Answers to the very same question.
    exact: Option<Exact>,
    /// Answers to questions that mean the same.
    semantic: Option<Semantic>,
}

/// Answers to the very same question.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Exact {
    /// How long an answer is kept.
    ttl: Option<String>,
    /// Who shares answers: `tenant`, `user`, `key` or `everyone`.
    per: Option<String>,
}

/// Answers to questions that mean the same.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Semantic {
    /// The most of wrong answers that is borne, such as `1%`.
    max_error: Option<String>,
    /// How alike two questions must be, from 0 to 1, instead of `max_error`.
    threshold: Option<f64>,
    /// How long an answer is kept.
    ttl: Option<String>,
    /// Who shares answers: `tenant`, `user`, `key` or `everyone`.
    per: Option<String>,
}

/// Limits on each request and on their number.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Limits {
    /// Tokens that go in.
    input_tokens: Option<u64>,
    /// Tokens that come out.
    output_tokens: Option<u64>,
    /// Requests in a minute.
    requests_per_minute: Option<f64>,
    /// Tokens in a minute.
    tokens_per_minute: Option<f64>,
}

/// The most that may be spent.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Budget {
    /// US dollars in each period.
    usd: f64,
    /// The period: `hour`, `day`, `week`, `month`, or a duration.
    per: Option<String>,
    /// The model that is used from 80 % on.
    #[serde(rename = "at_80%")]
    at_80: Option<String>,
    /// What is used from 100 % on: a model, or `degraded`.
    #[serde(rename = "at_100%")]
    at_100: Option<String>,
}

/// Passages that are added to the prompt.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Retrieval {
    /// The corpus: a folder or a store.
    corpus: String,
    /// How many passages: 5 unless set.
    top_k: Option<u64>,
    /// How long a passage is in tokens: 400 unless set.
    chunk_tokens: Option<u64>,
    /// Whether passages are put into a better order.
    rerank: Option<bool>,
}

/// What an answer must be to be given.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Guard {
    /// How well it must rest on the passages, from 0 to 1.
    grounded: f64,
    /// What happens otherwise: `retry-stronger` or `degraded`.
    otherwise: Option<String>,
}

/// Who looks at live answers.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Judge {
    /// Which share of them, such as `5%`.
    sample: Option<String>,
    /// The judge's model.
    model: Option<String>,
}

/// What audit and chaos may assume of the traffic.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Traffic {
    /// Requests at the peak, such as `20/s`.
    peak: Option<String>,
}

/// How this file is audited.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Audit {
    /// The severity from which findings fail: `error`, `warning`, `note` or `never`.
    fail_on: Option<String>,
    /// Findings that are accepted: `rule` or `rule:route`, the reason as a comment beside it.
    ignore: Option<Vec<String>>,
}

/// The JSON Schema of `aisys.yaml`.
#[must_use]
pub fn json_schema() -> serde_json::Value {
    let mut schema = schemars::schema_for!(File).to_value();
    schema["title"] = "aisys.yaml".into();
    schema
}

/// The keys that are known in a mapping of the file, by the type's name in the schema.
pub(super) fn keys(schema: &serde_json::Value, kind: &str) -> Vec<String> {
    let object = if kind == "File" { schema } else { &schema["$defs"][kind] };
    object["properties"]
        .as_object()
        .map(|properties| properties.keys().cloned().collect())
        .unwrap_or_default()
}
