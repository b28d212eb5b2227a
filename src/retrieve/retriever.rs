//! What retrieves: the one interface that suites, the pipeline and the server know.

use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::bm25::Bm25;
use super::dense::Dense;
use super::error::RetrieveError;
use super::fusion::{CANDIDATES, Fusion, fuse};
use super::ranking::ranks;
use super::rerank::Rerank;
use super::{Hit, Passage};

/// Finds passages for a question.
pub trait Retriever: Send + Sync {
    /// The best `top_k` passages, best first.
    fn retrieve<'a>(&'a self, question: &'a str, top_k: usize) -> BoxFuture<'a, Result<Vec<Hit>, RetrieveError>>;
}

/// What ranks the passages of a corpus in this process.
pub(super) enum Method {
    /// Nothing: no passage is ever found.
    None,
    /// BM25.
    Bm25(Bm25),
    /// Exact dense search.
    Dense(Dense),
    /// Both, fused.
    Hybrid {
        bm25: Bm25,
        dense: Dense,
        weight: f64,
        fusion: Fusion,
        ranks: Vec<u32>,
    },
}

/// A corpus indexed in this process. Cloning is cheap.
#[derive(Clone)]
pub struct LocalRetriever {
    index: Arc<Index>,
}

struct Index {
    passages: Vec<Arc<Passage>>,
    method: Method,
    rerank: Option<Rerank>,
}

impl LocalRetriever {
    pub(super) fn new(passages: Vec<Arc<Passage>>, method: Method, rerank: Option<Rerank>) -> Self {
        let index = Arc::new(Index {
            passages,
            method,
            rerank,
        });
        Self { index }
    }

    /// Searches on this thread; many threads may search at once.
    ///
    /// # Errors
    /// Fails when the index or a model does.
    pub fn search(&self, question: &str, top_k: usize) -> Result<Vec<Hit>, RetrieveError> {
        let Index {
            passages,
            method,
            rerank,
        } = &*self.index;
        let wanted = rerank.as_ref().map_or(top_k, |rerank| rerank.candidates.max(top_k));
        let scored = match method {
            Method::None => Vec::new(),
            Method::Bm25(bm25) => bm25.search(question, wanted)?,
            Method::Dense(dense) => dense.search(question, wanted)?,
            Method::Hybrid {
                bm25,
                dense,
                weight,
                fusion,
                ranks,
            } => {
                let depth = wanted.max(CANDIDATES);
                let (words, meaning) = (bm25.search(question, depth)?, dense.search(question, depth)?);
                fuse(&words, &meaning, *weight, *fusion, wanted, ranks)
            }
        };
        let hits = scored.into_iter().map(|(at, score)| Hit {
            passage: Arc::clone(&passages[at as usize]),
            score,
        });
        let hits: Vec<Hit> = hits.collect();
        match rerank {
            Some(rerank) => rerank.apply(question, hits, top_k),
            None => Ok(hits),
        }
    }

    /// The passages that are searched.
    pub fn passages(&self) -> &[Arc<Passage>] {
        &self.index.passages
    }
}

impl Retriever for LocalRetriever {
    /// Searches on a thread of the runtime for such work, for a model may take seconds.
    fn retrieve<'a>(&'a self, question: &'a str, top_k: usize) -> BoxFuture<'a, Result<Vec<Hit>, RetrieveError>> {
        let (index, question) = (self.clone(), question.to_owned());
        Box::pin(async move {
            let search = tokio::task::spawn_blocking(move || index.search(&question, top_k));
            search.await.map_err(|error| RetrieveError::Cut(error.to_string()))?
        })
    }
}

/// Reranks what another store found.
pub(super) struct Reranked {
    pub(super) inner: Arc<dyn Retriever>,
    pub(super) rerank: Rerank,
}

impl Retriever for Reranked {
    fn retrieve<'a>(&'a self, question: &'a str, top_k: usize) -> BoxFuture<'a, Result<Vec<Hit>, RetrieveError>> {
        Box::pin(async move {
            let hits = self.inner.retrieve(question, self.rerank.candidates.max(top_k)).await?;
            let (rerank, question) = (self.rerank.clone(), question.to_owned());
            let search = tokio::task::spawn_blocking(move || rerank.apply(&question, hits, top_k));
            search.await.map_err(|error| RetrieveError::Cut(error.to_string()))?
        })
    }
}

/// Both methods over the same passages.
pub(super) fn hybrid(passages: &[Arc<Passage>], bm25: Bm25, dense: Dense, weight: f64, fusion: Fusion) -> Method {
    Method::Hybrid {
        bm25,
        dense,
        weight,
        fusion,
        ranks: ranks(passages.iter().map(|passage| passage.id.as_str())),
    }
}
