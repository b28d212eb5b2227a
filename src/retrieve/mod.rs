//! From a question to passages: corpora, chunks, BM25, dense vectors, fusion, reranking, external stores.

mod analyzer;
mod bm25;
pub mod chunk;
pub mod corpus;
mod dense;
mod error;
mod fusion;
#[cfg(test)]
mod hashing;
mod http;
pub mod judged;
mod passage;
mod pgvector;
#[cfg(feature = "postgres")]
mod postgres;
mod ranking;
mod rerank;
mod retriever;
mod spec;
#[cfg(test)]
mod tests;
mod vectors;

pub use bm25::{Bm25, Bm25Settings};
pub use dense::Dense;
pub use error::{CorpusError, RetrieveError};
pub use fusion::Fusion;
pub use http::{HttpSpec, HttpStore};
pub use passage::{Hit, Passage};
pub use pgvector::PgvectorSpec;
pub use rerank::Rerank;
pub use retriever::{LocalRetriever, Retriever};
pub use spec::{
    FindEmbedder, FindReranker, Models, RerankSpec, RetrievalKind, RetrievalSpec, build, connect, default_weight,
};
