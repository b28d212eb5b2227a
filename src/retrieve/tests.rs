//! Retrievers as suites build them, over a small corpus.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::chunk::{Chunking, Cut, cut};
use super::corpus::{Corpus, Document, Markup};
use super::hashing::{CountingEmbedder, HashEmbedder, ShortFirst};
use super::{Fusion, Models, RerankSpec, RetrievalKind, RetrievalSpec, build, connect};
use crate::embedded::{Embedder, Reranker};

fn corpus() -> Corpus {
    let texts = [
        ("a", "returns take thirty days from delivery"),
        ("b", "kettles boil water in two minutes"),
        (
            "c",
            "returns of kettles: register the return, then send the kettle back within thirty days",
        ),
        ("d", "returns take thirty days from delivery"),
    ];
    let documents = texts.map(|(id, text)| Document {
        id: id.to_owned(),
        text: text.to_owned(),
        markup: Markup::Row,
    });
    Corpus {
        documents: documents.to_vec(),
        problems: Vec::new(),
    }
}

fn passages() -> Cut {
    cut(&corpus(), Chunking::default())
}

fn models() -> Models<'static> {
    Models {
        embedder: &|_| Ok(Arc::new(HashEmbedder) as Arc<dyn Embedder>),
        reranker: &|_| Ok(Arc::new(ShortFirst) as Arc<dyn Reranker>),
        ..Models::none()
    }
}

fn found(spec: &RetrievalSpec, question: &str) -> Vec<String> {
    let hits = build(spec, &passages(), &models())
        .unwrap()
        .search(question, 3)
        .unwrap();
    assert!(hits.is_sorted_by(|a, b| a.score >= b.score));
    hits.iter().map(|hit| hit.passage.id.clone()).collect()
}

fn spec(kind: RetrievalKind) -> RetrievalSpec {
    RetrievalSpec {
        kind,
        ..RetrievalSpec::default()
    }
}

#[test]
fn every_kind_finds_and_ties_go_by_name() {
    let question = "thirty days for returns";
    assert_eq!(found(&spec(RetrievalKind::Bm25), question), ["a", "d", "c"]);
    assert_eq!(found(&spec(RetrievalKind::Dense), question)[..2], ["a", "d"]);
    assert_eq!(found(&spec(RetrievalKind::Hybrid), question), ["a", "d", "c"]);
    assert!(found(&spec(RetrievalKind::None), question).is_empty());
    let reciprocal = RetrievalSpec {
        fusion: Fusion::ReciprocalRank,
        ..spec(RetrievalKind::Hybrid)
    };
    assert_eq!(found(&reciprocal, question), ["a", "d", "c"]);
}

#[test]
fn a_hybrid_without_dense_share_is_bm25() {
    let alone = RetrievalSpec {
        weight: Some(0.0),
        ..spec(RetrievalKind::Hybrid)
    };
    for question in ["kettle", "delivery days", "water", "…"] {
        assert_eq!(found(&alone, question), found(&spec(RetrievalKind::Bm25), question));
    }
    let wrong = RetrievalSpec {
        weight: Some(1.5),
        ..alone
    };
    assert!(build(&wrong, &passages(), &models()).is_err());
}

#[test]
fn a_reranker_sees_the_candidates_and_decides() {
    let reranked = |candidates| RetrievalSpec {
        rerank: Some(RerankSpec {
            model: "default".to_owned(),
            candidates,
        }),
        ..spec(RetrievalKind::Bm25)
    };
    assert_eq!(found(&spec(RetrievalKind::Bm25), "kettles"), ["c", "b"]);
    assert_eq!(found(&reranked(4), "returns kettles"), ["b", "a", "d"]);
}

#[test]
fn documents_left_out_are_not_found() {
    let corpus = corpus().without(&["a".to_owned()]);
    let cut = cut(&corpus, Chunking::default());
    let hits = build(&spec(RetrievalKind::Bm25), &cut, &models())
        .unwrap()
        .search("delivery", 3)
        .unwrap();
    assert_eq!(
        hits.iter().map(|hit| hit.passage.id.as_str()).collect::<Vec<_>>(),
        ["d"]
    );
}

#[test]
fn a_text_is_embedded_once() {
    let folder = tempfile::tempdir().unwrap();
    let counting = Arc::new(CountingEmbedder::default());
    let models = Models {
        embedder: &|_| Ok(Arc::clone(&counting) as Arc<dyn Embedder>),
        cache: Some(folder.path()),
        ..Models::none()
    };
    let mut corpus = corpus();
    let first = build(&spec(RetrievalKind::Dense), &cut(&corpus, Chunking::default()), &models).unwrap();
    let hits = first.search("kettles", 4).unwrap();
    assert_eq!(counting.embedded.swap(0, Ordering::Relaxed), 4 + 1);
    corpus.documents[1].text.push_str(" or three");
    let second = build(&spec(RetrievalKind::Dense), &cut(&corpus, Chunking::default()), &models).unwrap();
    assert_eq!(counting.embedded.load(Ordering::Relaxed), 1);
    corpus.documents[1].text = "kettles boil water in two minutes".to_owned();
    drop(second);
    let third = build(&spec(RetrievalKind::Dense), &cut(&corpus, Chunking::default()), &models).unwrap();
    assert_eq!(third.search("kettles", 4).unwrap(), hits);
}

#[tokio::test]
async fn any_kind_connects_and_retrieves() {
    let retriever = connect(&spec(RetrievalKind::Hybrid), &passages(), &models())
        .await
        .unwrap();
    assert_eq!(retriever.retrieve("kettles", 1).await.unwrap()[0].passage.id, "c");
    for kind in [RetrievalKind::Http, RetrievalKind::Pgvector] {
        let error = connect(&spec(kind), &passages(), &models())
            .await
            .err()
            .unwrap()
            .to_string();
        assert!(error.starts_with("retrieval needs `"), "{error}");
        assert!(build(&spec(kind), &passages(), &models()).is_err());
    }
}
