//! `aisys eval trec`: TREC runs held against judgements, as `trec_eval` does.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;

use super::Failure;
use crate::eval::metrics::retrieval::{Measure, score_run};
use crate::exit;
use crate::retrieve::judged::{parse_qrels, parse_run, read_file};

/// The arguments of `aisys eval trec`.
#[derive(Debug, Args)]
pub(super) struct TrecArgs {
    /// Judgements: lines of QUERY 0 DOCUMENT GRADE
    qrels: PathBuf,
    /// Rankings: lines of QUERY Q0 DOCUMENT RANK SCORE TAG
    run: PathBuf,
    /// A measure, such as ndcg@10, recall@100, mrr, map; or as NIST's program names them. Repeat for more
    #[arg(short, long = "measure", value_name = "MEASURE", default_values = ["ndcg@10", "recall@100", "mrr", "map"])]
    measure: Vec<Measure>,
    /// Count judged queries that the run does not hold as 0; else they are left out, as NIST's program does
    #[arg(short, long)]
    complete: bool,
    /// Write each query's values too
    #[arg(short = 'q', long)]
    per_query: bool,
    /// Digits after the point
    #[arg(long, default_value_t = 4, value_name = "N", value_parser = clap::value_parser!(u8).range(0..=17))]
    digits: u8,
}

/// Runs `aisys eval trec`: `MEASURE<tab>QUERY<tab>VALUE` for each query, if asked, then for `all`.
///
/// # Errors
/// Fails when a file cannot be read, with the line that is wrong.
pub(super) fn run(arguments: &TrecArgs, out: &mut dyn Write, notes: &mut dyn Write) -> Result<u8, Failure> {
    let usage = |error: crate::retrieve::CorpusError| Failure::Usage(error.to_string());
    let (qrels_bytes, run_bytes) = rayon::join(|| read_file(&arguments.qrels), || read_file(&arguments.run));
    let (qrels_bytes, run_bytes) = (qrels_bytes.map_err(usage)?, run_bytes.map_err(usage)?);
    let qrels = parse_qrels(&arguments.qrels, &qrels_bytes).map_err(usage)?;
    let run = parse_run(&arguments.run, &run_bytes).map_err(usage)?;
    let scores = score_run(&qrels, &run, &arguments.measure, arguments.complete);
    let digits = usize::from(arguments.digits);
    if arguments.per_query {
        for query in &scores.queries {
            for (measure, value) in scores.measures.iter().zip(&query.values) {
                writeln!(out, "{measure}\t{}\t{value:.digits$}", query.query)?;
            }
        }
    }
    for (measure, value) in scores.measures.iter().zip(scores.summary()) {
        writeln!(out, "{measure}\tall\t{value:.digits$}")?;
    }
    let missing = scores.missing.len();
    if missing > 0 {
        let counted = if arguments.complete {
            "count as 0"
        } else {
            "are left out; --complete counts them as 0"
        };
        writeln!(notes, "{missing} judged queries are not in the run and {counted}")?;
    }
    if scores.unjudged > 0 {
        writeln!(
            notes,
            "{} queries of the run have no judgements and are left out",
            scores.unjudged
        )?;
    }
    Ok(exit::HOLDS)
}
