//! From a question to passages: corpora, chunks, BM25, dense vectors, fusion, reranking, external stores.

mod passage;

pub use passage::{Hit, Passage};
