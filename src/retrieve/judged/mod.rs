//! Judgements (qrels) and rankings (runs), and their TREC files.

mod qrels;
mod run;
mod trec_files;
mod views;

pub use qrels::Qrels;
pub use run::{Run, write_trec_run};
pub use trec_files::{parse_qrels, parse_run, read_file};
pub use views::{Of, QrelsView, RunView};
