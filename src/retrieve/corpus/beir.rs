//! BEIR folders: `corpus.jsonl`, `queries.jsonl`, `qrels/*.tsv` (Thakur et al., "BEIR", 2021).

use std::path::Path;

use super::limits::{MOST_COLLECTION_BYTES, read_text};
use super::load::FileRead;
use super::qrels::read_qrels;
use super::queries::read_queries;
use super::{CorpusError, Query, jsonl};
use crate::retrieve::judged::Qrels;

/// The questions and judgements of a BEIR folder; the documents come by [`super::load`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Beir {
    /// The judged queries, in their file's order.
    pub queries: Vec<Query>,
    /// The judgements of the split.
    pub qrels: Qrels,
}

impl Beir {
    /// Reads one split: `qrels/<split>.tsv`, such as `test`.
    ///
    /// # Errors
    /// Fails when the split does not exist (and names those that do), or with the line that is wrong.
    pub fn read(folder: &Path, split: &str) -> Result<Self, CorpusError> {
        let path = folder.join("qrels").join(format!("{split}.tsv"));
        if !path.is_file() {
            let splits = splits(folder).join(", ");
            let message = format!("no such split; there are: {splits}");
            return Err(CorpusError::new(&path, message));
        }
        let qrels = read_qrels(&path, false)?;
        let queries = folder.join("queries.jsonl");
        let mut queries = read_queries(&queries)?;
        queries.retain(|query| qrels.contains(&query.id));
        Ok(Self { queries, qrels })
    }
}

/// Whether a folder is one of BEIR's.
pub(super) fn is_beir(folder: &Path) -> bool {
    folder.join("corpus.jsonl").is_file() && (folder.join("queries.jsonl").is_file() || folder.join("qrels").is_dir())
}

pub(super) fn read_corpus(folder: &Path) -> FileRead {
    let path = folder.join("corpus.jsonl");
    let mut read = FileRead::default();
    let text = read_text(&path, MOST_COLLECTION_BYTES);
    if let Err(error) = text.and_then(|text| jsonl::read(&path, "corpus.jsonl", &text, &mut read)) {
        read.problems.push(error);
    }
    read
}

/// The names of `qrels/*.tsv`, in order.
pub(super) fn splits(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder.join("qrels"));
    let names = entries.into_iter().flatten().flatten().filter_map(|entry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        name.strip_suffix(".tsv").map(str::to_owned)
    });
    let mut names: Vec<_> = names.collect();
    names.sort();
    names
}
