//! BM25 on a SMART collection: how long indexing and asking take, and what the ranking is worth.
//!
//! `cargo bench --bench bm25 -- FOLDER` with `cran.all.1400`, `cran.qry` and `cranqrel`; `benches/retrieval.py`
//! runs it beside bm25s. With `--copies N` the documents stand N times, under other names.

#![allow(missing_docs, reason = "a program")]

use std::error::Error;
use std::io::Write as _;
use std::path::PathBuf;

use aisys::clock::Moment;
use aisys::eval::metrics::retrieval::{Measure, score_run};
use aisys::retrieve::chunk::{Chunking, cut};
use aisys::retrieve::corpus::{Corpus, Document, load, read_smart_qrels, read_smart_queries};
use aisys::retrieve::judged::Run;
use aisys::retrieve::{Models, RetrievalSpec, build};

fn main() -> Result<(), Box<dyn Error>> {
    let mut words = std::env::args().skip(1).filter(|word| word != "--bench");
    let folder = PathBuf::from(words.next().ok_or("which folder?")?);
    let copies: usize = match words.next().as_deref() {
        Some("--copies") => words.next().ok_or("how many copies?")?.parse()?,
        _ => 1,
    };
    let one = load(&folder.join("cran.all.1400"))?;
    let copy = |copy: usize| {
        one.documents.iter().map(move |document| Document {
            id: if copy == 0 {
                document.id.clone()
            } else {
                format!("{}-{copy}", document.id)
            },
            ..document.clone()
        })
    };
    let corpus = Corpus {
        documents: (0..copies).flat_map(copy).collect(),
        problems: Vec::new(),
    };
    let cut = cut(&corpus, Chunking::default());
    let start = Moment::now();
    let retriever = build(&RetrievalSpec::default(), &cut, &Models::none())?;
    let indexed = start.elapsed();
    let queries = read_smart_queries(&folder.join("cran.qry"))?;
    let mut run = Run::default();
    let start = Moment::now();
    for query in &queries {
        let hits = retriever.search(&query.text, 100)?.into_iter();
        let ranked = hits.map(|hit| (hit.passage.document.clone(), hit.score)).collect();
        run.queries.insert(query.id.clone(), ranked);
    }
    let asked = start.elapsed();
    let qrels = read_smart_qrels(&folder.join("cranqrel"))?;
    let measures: Vec<Measure> = ["ndcg@10", "recall@100", "mrr", "map"]
        .iter()
        .map(|name| name.parse())
        .collect::<Result<_, _>>()?;
    let scores = score_run(&qrels.view(), &run.view(), &measures, true).summary();
    let queries = u32::try_from(queries.len())?;
    let mut out = std::io::stdout();
    writeln!(
        out,
        "{} documents, index {:.1} ms, query {:.1} us, ndcg@10 {:.4}, recall@100 {:.4}, mrr {:.4}, map {:.4}",
        cut.passages.len(),
        indexed.as_secs_f64() * 1e3,
        asked.as_secs_f64() * 1e6 / f64::from(queries),
        scores[0],
        scores[1],
        scores[2],
        scores[3],
    )?;
    Ok(())
}
