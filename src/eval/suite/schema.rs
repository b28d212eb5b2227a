//! The form of a suite: these types give its JSON Schema.
//!
//! The file itself is read from its nodes, which have places; a test holds that both know the same keys.

#![expect(dead_code, reason = "the types exist for their schema; nothing is read into them")]

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde_json::Value;

/// A suite: what is asked, of what, and what must come out.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(clippy::struct_field_names, reason = "these are the keys of the file")]
pub(super) struct Suite {
    /// Its name: runs of one name are compared.
    suite: Option<String>,
    /// Another suite that this one is laid over: what stands here replaces or adds.
    extends: Option<String>,
    /// What is searched: a path, or its settings.
    corpus: Option<OneOf<String, Corpus>>,
    /// How passages are found.
    retrieval: Option<Retrieval>,
    /// Who answers, and how it is asked.
    generation: Option<Generation>,
    /// Who judges.
    judge: Option<Judge>,
    /// Models by a name of your own, for `generation`, `judge` and checks.
    models: Option<BTreeMap<String, OneOf<String, Model>>>,
    /// Configurations that are compared, each with the first.
    variants: Option<Vec<Variant>>,
    /// How often each case is asked.
    repeats: Option<u32>,
    /// Retrieval metrics: `recall@5`, `precision@5`, `hit@5`, `ndcg@10`, `ndcg_exp@10`, `mrr`, `map`,
    /// `r-precision`, `bpref`.
    metrics: Option<Vec<String>>,
    /// What makes cases hang together, beside their `group`: `document`, `tag` or `group`.
    cluster: Option<String>,
    /// What must hold: `recall@5: ">= 0.85"`, `faithful: {at_least: 0.9, confidence: 0.95}`,
    /// `against: last-passing`, `variants: first` or `all`.
    gate: Option<BTreeMap<String, OneOf<String, Condition>>>,
    /// The questions.
    cases: Option<Vec<Case>>,
}

/// One of two forms.
#[derive(JsonSchema)]
#[serde(untagged)]
enum OneOf<A, B> {
    /// The short form.
    Short(A),
    /// The long form.
    Long(B),
}

/// What is searched.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Corpus {
    /// Files or folders, from the suite's folder: Markdown, text, HTML, PDF, CSV, JSONL, BEIR, TREC, SMART.
    path: OneOf<String, Vec<String>>,
    /// Documents that are left out.
    without: Option<Vec<String>>,
    /// How documents are cut into passages.
    chunk: Option<Chunk>,
}

/// How documents are cut into passages.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Chunk {
    /// At most so many tokens a passage.
    tokens: Option<u32>,
    /// So many tokens stand in two neighbouring passages.
    overlap: Option<u32>,
    /// Whole sentences, as many as fit; the default for plain text and PDF.
    sentences: Option<bool>,
    /// Whether a passage never reaches past its heading; the default for Markdown and HTML.
    headings: Option<bool>,
    /// Each document whole.
    whole: Option<bool>,
}

/// How passages are found.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Retrieval {
    /// `bm25`, `dense`, `hybrid`, `http`, `pgvector` or `none`.
    kind: Option<String>,
    /// How many passages are shown to the model.
    top_k: Option<u32>,
    /// BM25: how much a repeated word counts.
    k1: Option<f64>,
    /// BM25: how much the passage's length counts.
    b: Option<f64>,
    /// The language of stemmer and stop words: `english`, …, or `none`.
    language: Option<String>,
    /// The embedder: `default`, a name of `aisys models list`, or `file:PATH`.
    embedder: Option<String>,
    /// Hybrid: `rrf` or `weighted`.
    fusion: Option<String>,
    /// Hybrid: the share of the dense ranking.
    weight: Option<f64>,
    /// Reranking; `off` takes it away.
    rerank: Option<OneOf<bool, Rerank>>,
    /// Where the store of `http` is.
    http: Option<Http>,
    /// Where the table of `pgvector` is.
    pgvector: Option<Pgvector>,
}

/// A store of your own behind an HTTP endpoint.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Http {
    /// The endpoint.
    url: String,
    /// Headers; values are templates: `Bearer {{ env("STORE_KEY") }}`.
    headers: Option<BTreeMap<String, String>>,
    /// The body: a template over `question`, `top_k` and `env(NAME)`.
    body: Option<String>,
    /// The path to the list of hits.
    hits: Option<String>,
    /// The path to a hit's identifier.
    id: Option<String>,
    /// The path to its text.
    text: Option<String>,
    /// The path to its score.
    score: Option<String>,
    /// The path to its document.
    document: Option<String>,
    /// How long one call may take.
    timeout: Option<String>,
}

/// A table in `PostgreSQL` with the `vector` extension.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Pgvector {
    /// The environment's variable that holds the connection.
    connection: Option<String>,
    /// The table.
    table: Option<String>,
    /// The column of identifiers.
    id: Option<String>,
    /// The column of texts.
    text: Option<String>,
    /// The column of documents.
    document: Option<String>,
    /// The column of vectors.
    embedding: Option<String>,
}

/// Reranking.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Rerank {
    /// The reranker: `default` (late interaction over the embedder), or a name of `aisys models list`.
    model: Option<String>,
    /// How many passages it looks at.
    candidates: Option<u32>,
}

/// Who answers, and how it is asked.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Generation {
    /// `extractive`, `openai:gpt-4o-mini`, `route:aisys.yaml#ROUTE`, a name of `models`, or a model's settings.
    model: Option<OneOf<String, Model>>,
    /// The prompt: a file of the suite's folder, or the text itself, with `{{ question }}` and `{{ passages }}`.
    prompt: Option<String>,
    /// At most so many tokens of answer.
    max_output_tokens: Option<u32>,
    /// Sampling temperature.
    temperature: Option<f64>,
    /// The longest time for one answer, such as `30s`.
    deadline: Option<String>,
    /// The model's window in tokens, where the price table does not know it.
    window: Option<u64>,
}

/// A model's settings: see `docs/eval.md`, *Models*.
#[derive(JsonSchema)]
#[expect(clippy::struct_field_names, reason = "these are the keys of the file")]
pub(super) struct Model {
    /// The model as its provider names it.
    model: Option<String>,
    /// A route of `system`, instead of a model; the only one where it is left out.
    route: Option<String>,
    /// The `aisys.yaml` that has the route, beside the suite.
    system: Option<String>,
}

/// Who judges.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Judge {
    /// `default` (the judges of this process), or as `generation.model`.
    model: Option<OneOf<String, Model>>,
    /// Several models that judge together.
    panel: Option<Vec<OneOf<String, Model>>>,
    /// What a panel's verdict is: `majority` or `mean`.
    panel_verdict: Option<String>,
    /// Criteria: `faithful`, `correct`, `relevant`, or your own `{name, question, anchors}`.
    rubric: Option<Vec<OneOf<String, Criterion>>>,
    /// A model for natural-language inference, for groundedness: a name of `aisys models list`.
    nli: Option<String>,
    /// The embedder for similarity and groundedness.
    embedder: Option<String>,
    /// Whether the repeats of a case are held against one another: the metric `consistent`.
    consistency: Option<bool>,
}

/// A criterion of your own.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Criterion {
    /// Its name: a metric.
    name: String,
    /// What the judge is asked.
    question: String,
    /// What each score from 1 to 5 means.
    anchors: Option<BTreeMap<String, String>>,
}

/// One configuration under comparison.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Variant {
    /// Its name.
    name: String,
    /// Laid over the suite's `retrieval`.
    retrieval: Option<Retrieval>,
    /// Laid over the suite's `generation`.
    generation: Option<Generation>,
}

/// A bound with a confidence.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Condition {
    /// The least that is good.
    at_least: Option<f64>,
    /// The most that is good.
    at_most: Option<f64>,
    /// The bad end of the interval at this confidence must hold, and not the estimate.
    confidence: Option<f64>,
}

/// One question, or a file of questions.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Case {
    /// Unique in the suite; from the question's words when it is left out.
    id: Option<String>,
    /// The question.
    ask: Option<String>,
    /// Relevant passages and documents with their grades; an empty mapping: nothing answers it.
    relevant: Option<OneOf<BTreeMap<String, i64>, Vec<String>>>,
    /// The reference answer.
    answer: Option<String>,
    /// What the answer must be like: `[{contains: "30 days"}, {not_contains: "60"}]`.
    expect: Option<Vec<Value>>,
    /// The score from which the case passes, where its checks are weighted.
    threshold: Option<f64>,
    /// Tags.
    tags: Option<Vec<String>>,
    /// What it shares with other cases, such as the question that it paraphrases.
    group: Option<String>,
    /// Variables for prompts and checks.
    vars: Option<BTreeMap<String, Value>>,
    /// Only these variants run it.
    variants: Option<Vec<String>>,
    /// A CSV, TSV or JSONL file of cases, columns by name.
    from: Option<String>,
}

/// The JSON Schema of suites.
#[must_use]
pub fn json_schema() -> Value {
    let mut schema = schemars::schema_for!(Suite).to_value();
    if let Some(object) = schema.as_object_mut() {
        object.insert("title".to_owned(), "aisys eval suite".into());
    }
    schema
}

/// The keys of one of the types, in alphabetical order.
#[cfg(test)]
pub(super) fn keys(kind: &str) -> Vec<String> {
    let schema = json_schema();
    let found = if kind == "Suite" {
        &schema["properties"]
    } else {
        &schema["$defs"][kind]["properties"]
    };
    let mut keys: Vec<String> = found
        .as_object()
        .into_iter()
        .flat_map(|map| map.keys().cloned())
        .collect();
    keys.sort();
    keys
}
