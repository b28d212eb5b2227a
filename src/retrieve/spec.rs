//! What a suite says about retrieval, and the retriever that does it.

use std::path::Path;
use std::sync::Arc;

use super::bm25::{Bm25, Bm25Settings};
use super::chunk::Cut;
use super::dense::Dense;
use super::error::RetrieveError;
use super::fusion::Fusion;
use super::http::{HttpSpec, HttpStore};
use super::rerank::Rerank;
use super::retriever::{LocalRetriever, Method, Reranked, Retriever, hybrid};
use crate::embedded::{Embedder, ModelError, Reranker};

/// What finds passages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum RetrievalKind {
    /// By words.
    #[default]
    Bm25,
    /// By meaning: an embedder and exact search.
    Dense,
    /// Both, fused.
    Hybrid,
    /// The user's own store behind an HTTP endpoint.
    Http,
    /// A table in PostgreSQL with the `vector` extension.
    Pgvector,
    /// Nothing: the model answers alone.
    None,
}

/// Reranking, as a suite says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RerankSpec {
    /// The model's name; `default` is whatever is at hand.
    pub model: String,
    /// How many hits it sees.
    pub candidates: usize,
}

/// What a suite says about retrieval. The corpus and how it is cut stand apart: see [`super::chunk`].
#[derive(Debug, Clone, PartialEq)]
pub struct RetrievalSpec {
    /// What finds passages.
    pub kind: RetrievalKind,
    /// How many passages a question gets.
    pub top_k: usize,
    /// BM25's numbers.
    pub bm25: Bm25Settings,
    /// The language of BM25's stemmer and stop words, or `none`.
    pub language: String,
    /// The dense share of a hybrid, 0 to 1; without one, what the embedder can bear: [`default_weight`].
    pub weight: Option<f64>,
    /// How a hybrid becomes one ranking.
    pub fusion: Fusion,
    /// The embedder's name; `default` is the one that ships.
    pub embedder: String,
    /// A second look at the best.
    pub rerank: Option<RerankSpec>,
    /// Where the user's own store is.
    pub http: Option<HttpSpec>,
    /// Where the table is.
    pub pgvector: Option<super::pgvector::PgvectorSpec>,
}

impl Default for RetrievalSpec {
    fn default() -> Self {
        Self {
            kind: RetrievalKind::Bm25,
            top_k: 5,
            bm25: Bm25Settings::default(),
            language: "english".to_owned(),
            weight: None,
            fusion: Fusion::default(),
            embedder: "default".to_owned(),
            rerank: None,
            http: None,
            pgvector: None,
        }
    }
}

/// Gives an embedder by its name.
pub type FindEmbedder<'a> = dyn Fn(&str) -> Result<Arc<dyn Embedder>, ModelError> + 'a;
/// Gives a reranker by its name.
pub type FindReranker<'a> = dyn Fn(&str) -> Result<Arc<dyn Reranker>, ModelError> + 'a;

/// Where models come from, and what building may use.
pub struct Models<'a> {
    /// Embedders by name.
    pub embedder: &'a FindEmbedder<'a>,
    /// Rerankers by name.
    pub reranker: &'a FindReranker<'a>,
    /// The folder for vectors, such as `.aisys/cache`; without one they are not kept.
    pub cache: Option<&'a Path>,
    /// Hears how many texts are embedded, and of how many.
    pub progress: &'a dyn Fn(usize, usize),
}

impl Models<'_> {
    /// No models: enough for BM25.
    #[must_use]
    pub fn none() -> Self {
        fn missing<T>(name: &str) -> Result<T, ModelError> {
            let message = format!("no model `{name}` here");
            Err(ModelError { message })
        }
        Self {
            embedder: &|name| missing(name),
            reranker: &|name| missing(name),
            cache: None,
            progress: &|_, _| {},
        }
    }
}

/// The largest dense share of a weighted sum at which tables of static vectors, of 256 and of 64 numbers,
/// lost nothing against BM25 alone; chosen on two collections and seen to hold on a third: see
/// `benches/README.md`.
const SAFE_WEIGHT: f64 = 0.15;
/// The share for embedders that read words in their context.
const CONTEXTUAL_WEIGHT: f64 = 0.5;

/// The dense share when a suite names none: small for tables of static vectors, for fused at equal weight a weak
/// one ends below BM25 alone; half for the rest.
#[must_use]
pub fn default_weight(embedder: &dyn Embedder) -> f64 {
    if embedder.is_contextual() {
        CONTEXTUAL_WEIGHT
    } else {
        SAFE_WEIGHT
    }
}

/// Builds a retriever over passages of a corpus.
///
/// # Errors
/// Fails for `http` and `pgvector`, which search no corpus ([`connect`] builds every kind), for settings
/// out of range, or when a model or the index does.
pub fn build(spec: &RetrievalSpec, cut: &Cut, models: &Models<'_>) -> Result<LocalRetriever, RetrieveError> {
    let passages = cut.passages.clone();
    let bm25 = || Bm25::new(&passages, &spec.language, spec.bm25);
    let embedder = || (models.embedder)(&spec.embedder).map_err(RetrieveError::from);
    let dense = |embedder| Dense::new(&passages, embedder, models.cache, models.progress);
    let method = match spec.kind {
        RetrievalKind::None => Method::None,
        RetrievalKind::Bm25 => Method::Bm25(bm25()?),
        RetrievalKind::Dense => Method::Dense(dense(embedder()?)?),
        RetrievalKind::Hybrid => {
            let embedder = embedder()?;
            let weight = spec.weight.unwrap_or_else(|| default_weight(&*embedder));
            if !(0.0..=1.0).contains(&weight) {
                let message = format!("the dense share of a hybrid must be from 0 to 1, not {weight}");
                return Err(RetrieveError::Settings(message));
            }
            hybrid(&passages, bm25()?, dense(embedder)?, weight, spec.fusion)
        }
        RetrievalKind::Http | RetrievalKind::Pgvector => {
            let message = "this store searches its own documents, and no corpus of ours";
            return Err(RetrieveError::Settings(message.to_owned()));
        }
    };
    let rerank = rerank(spec, models)?;
    Ok(LocalRetriever::new(passages, method, rerank))
}

/// Builds a retriever of any kind; `cut` is searched by those that search a corpus.
///
/// # Errors
/// As [`build`]; and when a store's settings are missing or it cannot be reached.
pub async fn connect(
    spec: &RetrievalSpec,
    cut: &Cut,
    models: &Models<'_>,
) -> Result<Arc<dyn Retriever>, RetrieveError> {
    let missing = |key: &str| RetrieveError::Settings(format!("retrieval needs `{key}: {{…}}` that says where"));
    let store: Arc<dyn Retriever> = match spec.kind {
        RetrievalKind::Http => {
            let http = spec.http.as_ref().ok_or_else(|| missing("http"))?;
            Arc::new(HttpStore::new(http.clone())?)
        }
        RetrievalKind::Pgvector => {
            let table = spec.pgvector.as_ref().ok_or_else(|| missing("pgvector"))?;
            let embedder = (models.embedder)(&spec.embedder)?;
            super::pgvector::open(table, embedder).await?
        }
        _ => return Ok(Arc::new(build(spec, cut, models)?)),
    };
    Ok(match rerank(spec, models)? {
        Some(rerank) => Arc::new(Reranked { inner: store, rerank }),
        None => store,
    })
}

fn rerank(spec: &RetrievalSpec, models: &Models<'_>) -> Result<Option<Rerank>, RetrieveError> {
    let Some(rerank) = &spec.rerank else {
        return Ok(None);
    };
    Ok(Some(Rerank {
        model: (models.reranker)(&rerank.model)?,
        candidates: rerank.candidates.max(1),
    }))
}
