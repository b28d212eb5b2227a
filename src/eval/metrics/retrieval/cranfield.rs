//! Real judgements: the Cranfield collection beside the checkout, where it stands.

use std::path::Path;

use super::{Measure, score_run};
use crate::retrieve::chunk::{Chunking, cut};
use crate::retrieve::corpus::{load, read_smart_qrels, read_smart_queries};
use crate::retrieve::judged::Run;
use crate::retrieve::{RetrievalSpec, build};

/// The rankings and figures of one configuration.
fn figures(spec: &RetrievalSpec) -> Option<Vec<f64>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/cranfield");
    if !folder.is_dir() {
        eprintln!("SKIPPED: no Cranfield collection at ../shared/data/cranfield");
        return None;
    }
    let corpus = load(&folder.join("cran.all.1400")).unwrap();
    assert_eq!(corpus.documents.len(), 1_400);
    let cut = cut(&corpus, Chunking::default());
    let built = build(spec, &cut, &crate::retrieve::Models::none()).unwrap();
    let queries = read_smart_queries(&folder.join("cran.qry")).unwrap();
    let qrels = read_smart_qrels(&folder.join("cranqrel")).unwrap();
    let mut run = Run::default();
    for query in &queries {
        let hits = built.search(&query.text, 100).unwrap().into_iter();
        let ranked = hits.map(|hit| (hit.passage.document.clone(), hit.score)).collect();
        run.queries.insert(query.id.clone(), ranked);
    }
    let measures: Vec<Measure> = ["ndcg@10", "recall@100", "mrr", "map"]
        .iter()
        .map(|it| it.parse().unwrap())
        .collect();
    let scores = score_run(&qrels.view(), &run.view(), &measures, true);
    assert_eq!((scores.queries.len(), scores.missing.len()), (225, 0));
    Some(scores.summary())
}

#[test]
fn bm25_is_no_worse_than_lucenes_form_elsewhere() {
    let Some(figures) = figures(&RetrievalSpec::default()) else {
        return;
    };
    // bm25s 0.3.16, method "lucene", English stemmer and stop words, through pytrec_eval.
    println!("{figures:?}");
    assert!(figures[0] >= 0.3695, "{figures:?}");
    assert!(figures[1] >= 0.73, "{figures:?}");
}
