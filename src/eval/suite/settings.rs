//! The settings of a suite: corpus, retrieval, generation, judge, models.

use std::collections::BTreeMap;
use std::str::FromStr as _;

use crate::eval::judges::{Criterion, Rubric};
use crate::eval::metrics::retrieval::Measure;
use crate::provider::ProviderSpec;
use crate::retrieve::chunk::{ChunkBy, Chunking};
use crate::retrieve::{Bm25Settings, Fusion, HttpSpec, PgvectorSpec, RerankSpec, RetrievalKind, RetrievalSpec};
use crate::source::{Data, Node, Place};

use super::{Generation, JudgeSettings, ModelSpec, Prompt, PromptForm, Shaping, SuiteError, route, table};
use crate::read::Fields;

/// The models of a suite by their names in it.
pub(super) type Models = BTreeMap<String, ModelSpec>;

pub(super) const CORPUS_KEYS: &[&str] = &["path", "without", "chunk"];
pub(super) const CHUNK_KEYS: &[&str] = &["tokens", "overlap", "sentences", "headings", "whole"];
pub(super) const RETRIEVAL_KEYS: &[&str] = &[
    "kind", "top_k", "k1", "b", "language", "embedder", "fusion", "weight", "rerank", "http", "pgvector",
];
pub(super) const RERANK_KEYS: &[&str] = &["model", "candidates"];
pub(super) const HTTP_KEYS: &[&str] = &[
    "url", "headers", "body", "hits", "id", "text", "score", "document", "timeout",
];
pub(super) const PGVECTOR_KEYS: &[&str] = &["connection", "table", "id", "text", "document", "embedding"];
pub(super) const GENERATION_KEYS: &[&str] = &[
    "model",
    "prompt",
    "max_output_tokens",
    "temperature",
    "deadline",
    "window",
];
pub(super) const JUDGE_KEYS: &[&str] = &[
    "model",
    "panel",
    "panel_verdict",
    "rubric",
    "nli",
    "embedder",
    "consistency",
];
pub(super) const CRITERION_KEYS: &[&str] = &["name", "question", "anchors"];

/// The `models` of a suite.
pub(super) fn models(node: Option<&Node>) -> Result<Models, SuiteError> {
    let mut models = Models::new();
    for entry in node.into_iter().flat_map(Node::entries) {
        models.insert(entry.key.text.clone(), provider(&entry.value, &Models::new())?);
    }
    Ok(models)
}

/// A model: a name of `models`, a short form, its settings, or a model of this process.
fn provider(node: &Node, models: &Models) -> Result<ModelSpec, SuiteError> {
    if let Some(text) = node.as_str() {
        if let Some(known) = models.get(text) {
            return Ok(known.clone());
        }
        if let Some(path) = text.strip_prefix("file:") {
            let path = table::beside(&node.place, path);
            return Ok(ModelSpec::Here(format!("file:{}", path.display())));
        }
        if text.starts_with(route::SHORT) {
            return route::read(node).map(ModelSpec::Route);
        }
        return match ProviderSpec::parse_short(text) {
            Ok(spec) => Ok(spec.into()),
            // A bare word may be the name of a model that was pulled; that it is not there shows when it is opened.
            Err(_) if !text.contains(':') && !text.contains(char::is_whitespace) => {
                Ok(ModelSpec::Here(text.to_owned()))
            }
            Err(error) => Err(SuiteError::at(&node.place, error.to_string())),
        };
    }
    if node.as_map().is_none() {
        let message = format!(
            "a model is text such as openai:gpt-4o-mini or a mapping, and this is {}",
            node.kind()
        );
        return Err(SuiteError::at(&node.place, message));
    }
    if route::is_route(node) {
        return route::read(node).map(ModelSpec::Route);
    }
    let spec: ProviderSpec = serde_json::from_value(node.to_json())
        .map_err(|error| SuiteError::at(&node.place, format!("these are no settings of a model: {error}")))?;
    Ok(spec.into())
}

/// How documents are cut.
pub(super) fn chunking(corpus: Option<&Node>) -> Result<Chunking, SuiteError> {
    let Some(node) = corpus.and_then(|corpus| corpus.get("chunk")) else {
        return Ok(Chunking::default());
    };
    let fields = Fields::new(node, "`chunk`", CHUNK_KEYS)?;
    let mut chunking = Chunking::default();
    if let Some(tokens) = fields.count("tokens", 1)? {
        chunking.tokens = small(tokens);
        chunking.by = ChunkBy::Tokens;
    }
    let ways = [
        ("sentences", ChunkBy::Sentences),
        ("headings", ChunkBy::Headings),
        ("whole", ChunkBy::Whole),
    ];
    for (key, by) in ways {
        if fields.flag(key)? == Some(true) {
            chunking.by = by;
        }
    }
    if let Some(overlap) = fields.count("overlap", 0)? {
        chunking.overlap = small(overlap);
        if chunking.overlap * 2 > chunking.tokens {
            let place = &fields.required("overlap")?.place;
            return Err(SuiteError::at(place, "`overlap` must be at most half of `tokens`"));
        }
    }
    Ok(chunking)
}

fn small(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

/// How passages are found; `None` when they are not.
pub(super) fn retrieval(node: Option<&Node>, corpus: Option<&Node>) -> Result<Option<RetrievalSpec>, SuiteError> {
    let Some(node) = node else {
        return Ok(corpus.is_some().then(RetrievalSpec::default));
    };
    let fields = Fields::new(node, "`retrieval`", RETRIEVAL_KEYS)?;
    let kinds = [
        ("bm25", RetrievalKind::Bm25),
        ("dense", RetrievalKind::Dense),
        ("hybrid", RetrievalKind::Hybrid),
        ("http", RetrievalKind::Http),
        ("pgvector", RetrievalKind::Pgvector),
        ("none", RetrievalKind::None),
    ];
    let kind = fields.word("kind", &kinds)?.unwrap_or(match corpus {
        Some(_) => RetrievalKind::Bm25,
        None if fields.get("http").is_some() => RetrievalKind::Http,
        None if fields.get("pgvector").is_some() => RetrievalKind::Pgvector,
        None => RetrievalKind::None,
    });
    if kind == RetrievalKind::None {
        return Ok(None);
    }
    let local = matches!(kind, RetrievalKind::Bm25 | RetrievalKind::Dense | RetrievalKind::Hybrid);
    if local && corpus.is_none() {
        let place = fields
            .get("kind")
            .map_or_else(|| node.place.first_line(), |kind| kind.place.clone());
        return Err(SuiteError::at(
            &place,
            "this searches a corpus, and the suite has none: `corpus: {path: …}`",
        ));
    }
    let mut spec = RetrievalSpec {
        kind,
        ..RetrievalSpec::default()
    };
    if let Some(top_k) = fields.count("top_k", 1)? {
        spec.top_k = small(top_k).min(1_000);
    }
    let defaults = Bm25Settings::default();
    spec.bm25 = Bm25Settings {
        k1: fields.number("k1")?.unwrap_or(defaults.k1),
        b: fields.number("b")?.unwrap_or(defaults.b),
    };
    if let Some(language) = fields.text("language")? {
        spec.language = language;
    }
    if let Some(embedder) = fields.text("embedder")? {
        spec.embedder = embedder;
    }
    let fusions = [("rrf", Fusion::ReciprocalRank), ("weighted", Fusion::WeightedSum)];
    if let Some(fusion) = fields.word("fusion", &fusions)? {
        spec.fusion = fusion;
    }
    spec.weight = fields.number("weight")?;
    if let Some(weight) = spec.weight.filter(|weight| !(0.0..=1.0).contains(weight)) {
        let place = &fields.required("weight")?.place;
        return Err(SuiteError::at(
            place,
            format!("`weight` is the dense share, from 0 to 1, not {weight}"),
        ));
    }
    spec.rerank = fields.get("rerank").map(rerank).transpose()?.flatten();
    spec.http = fields.get("http").map(http).transpose()?;
    spec.pgvector = fields.get("pgvector").map(pgvector).transpose()?;
    for (wanted, key, there) in [
        (RetrievalKind::Http, "http", spec.http.is_some()),
        (RetrievalKind::Pgvector, "pgvector", spec.pgvector.is_some()),
    ] {
        if kind == wanted && !there {
            let message = format!("retrieval of this kind needs `{key}: {{…}}` that says where");
            return Err(SuiteError::at(&node.place.first_line(), message));
        }
    }
    Ok(Some(spec))
}

fn rerank(node: &Node) -> Result<Option<RerankSpec>, SuiteError> {
    let default = || RerankSpec {
        model: "default".to_owned(),
        candidates: 50,
    };
    match &node.data {
        Data::Bool(on) => return Ok(on.then(default)),
        Data::Str(text) if text == "off" => return Ok(None),
        Data::Str(text) if text == "on" => return Ok(Some(default())),
        _ => {}
    }
    let fields = Fields::new(node, "`rerank`", RERANK_KEYS)?;
    let mut spec = default();
    if let Some(model) = fields.text("model")? {
        spec.model = model;
    }
    if let Some(candidates) = fields.count("candidates", 1)? {
        spec.candidates = small(candidates).min(10_000);
    }
    Ok(Some(spec))
}

fn http(node: &Node) -> Result<HttpSpec, SuiteError> {
    let fields = Fields::new(node, "`http`", HTTP_KEYS)?;
    let mut spec = HttpSpec::default();
    fields.required("url")?;
    for (key, slot) in [
        ("url", &mut spec.url),
        ("body", &mut spec.body),
        ("hits", &mut spec.hits),
        ("id", &mut spec.id),
        ("text", &mut spec.text),
        ("score", &mut spec.score),
        ("document", &mut spec.document),
    ] {
        if let Some(text) = fields.text(key)? {
            *slot = text;
        }
    }
    for entry in fields.get("headers").into_iter().flat_map(Node::entries) {
        let value = entry.value.scalar_text();
        let value = value.ok_or_else(|| SuiteError::at(&entry.value.place, "a header's value is text"))?;
        spec.headers.push((entry.key.text.clone(), value));
    }
    if let Some(timeout) = fields.duration("timeout")? {
        spec.timeout = timeout;
    }
    Ok(spec)
}

fn pgvector(node: &Node) -> Result<PgvectorSpec, SuiteError> {
    let fields = Fields::new(node, "`pgvector`", PGVECTOR_KEYS)?;
    let mut spec = PgvectorSpec::default();
    for (key, slot) in [
        ("connection", &mut spec.connection),
        ("table", &mut spec.table),
        ("id", &mut spec.id),
        ("text", &mut spec.text),
        ("embedding", &mut spec.embedding),
    ] {
        if let Some(text) = fields.text(key)? {
            *slot = text;
        }
    }
    spec.document = fields.text("document")?;
    Ok(spec)
}

/// Who answers, and how it is asked.
pub(super) fn generation(node: Option<&Node>, models: &Models) -> Result<Generation, SuiteError> {
    let mut generation = Generation {
        model: ModelSpec::extractive(),
        prompt: None,
        max_output_tokens: None,
        temperature: None,
        deadline: None,
        window: None,
        shaping: Shaping::default(),
        pause: None,
    };
    let Some(node) = node else { return Ok(generation) };
    let fields = Fields::new(node, "`generation`", GENERATION_KEYS)?;
    if let Some(model) = fields.get("model") {
        generation.model = provider(model, models)?;
    }
    generation.prompt = fields.get("prompt").map(prompt).transpose()?;
    if let Some(most) = fields.count("max_output_tokens", 1)? {
        generation.max_output_tokens = Some(u32::try_from(most).unwrap_or(u32::MAX));
    }
    generation.temperature = fields.number("temperature")?;
    generation.deadline = fields.duration("deadline")?;
    generation.window = fields.count("window", 1)?;
    Ok(generation)
}

/// A prompt: text over several lines or with a variable is the prompt itself, else it is a file.
fn prompt(node: &Node) -> Result<Prompt, SuiteError> {
    let text = node
        .as_str()
        .ok_or_else(|| SuiteError::at(&node.place, "a prompt is text, or the path of a file"))?;
    if text.contains('\n') || text.contains("{{") {
        return Ok(Prompt {
            label: "prompt".to_owned(),
            text: text.to_owned(),
            form: PromptForm::default(),
        });
    }
    let path = table::beside(&node.place, text.trim_start_matches("file://"));
    let read = table::text_of(&path)
        .map_err(|message| SuiteError::at(&node.place, format!("{message}: {}", path.display())))?;
    Ok(Prompt {
        label: text.to_owned(),
        text: read,
        form: PromptForm::default(),
    })
}

/// Who judges.
pub(super) fn judge(node: Option<&Node>, models: &Models) -> Result<JudgeSettings, SuiteError> {
    let Some(node) = node else {
        return Ok(JudgeSettings::default());
    };
    let fields = Fields::new(node, "`judge`", JUDGE_KEYS)?;
    let mut judge = JudgeSettings::default();
    let here = |node: &Node| node.as_str() == Some("default");
    if let Some(model) = fields.get("model").filter(|model| !here(model)) {
        judge.models.push(provider(model, models)?);
    }
    for member in fields.get("panel").into_iter().flat_map(Node::items) {
        judge.models.push(provider(member, models)?);
    }
    let verdicts = [("majority", false), ("mean", true)];
    judge.by_mean = fields.word("panel_verdict", &verdicts)?.unwrap_or(false);
    judge.rubric = fields.get("rubric").map(rubric).transpose()?;
    judge.nli = fields.text("nli")?;
    judge.embedder = fields.text("embedder")?;
    judge.consistency = fields.flag("consistency")?.unwrap_or(false);
    Ok(judge)
}

fn rubric(node: &Node) -> Result<Rubric, SuiteError> {
    const BUILT_IN: &[&str] = &["faithful", "correct", "relevant"];
    let mut criteria = Vec::new();
    for item in node.items() {
        if let Some(name) = item.as_str() {
            let unknown = || SuiteError::unknown(&item.place, "criterion", name, BUILT_IN.iter().copied());
            criteria.push(Criterion::built_in(name).ok_or_else(unknown)?);
            continue;
        }
        let fields = Fields::new(item, "a criterion", CRITERION_KEYS)?;
        fields.required("name")?;
        fields.required("question")?;
        let mut anchors = BTreeMap::new();
        for entry in fields.get("anchors").into_iter().flat_map(Node::entries) {
            let score = entry.key.text.parse().ok().filter(|score| (1..=5).contains(score));
            let score: u8 =
                score.ok_or_else(|| SuiteError::at(&entry.key.place, "anchors stand under scores from 1 to 5"))?;
            anchors.insert(score, entry.value.scalar_text().unwrap_or_default());
        }
        criteria.push(Criterion {
            name: fields.text("name")?.unwrap_or_default(),
            question: fields.text("question")?.unwrap_or_default(),
            anchors,
        });
    }
    Rubric::new(criteria, None).map_err(|error| SuiteError::at(&node.place, error.to_string()))
}

/// A retrieval measure by its name.
pub(super) fn measure(name: &str) -> Option<Measure> {
    Measure::from_str(name).ok()
}

/// A name that is no measure's.
pub(super) fn no_measure(place: &Place, name: &str) -> SuiteError {
    let known = "recall@5 precision@5 hit@5 ndcg@10 ndcg_exp@10 mrr map rprec bpref";
    SuiteError::unknown(place, "retrieval metric", name, known.split(' '))
}
