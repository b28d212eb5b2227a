//! Judged collections as suites: BEIR folders, and TREC's or SMART's topics, judgements and documents.
//!
//! Each judged query is a case with its graded documents. The settings are those of published baselines (BM25 over
//! whole documents, 100 of them for each query); `--set` lays others over them, as over any suite.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::retrieve::corpus::{Collection, Query};
use crate::source::{SourceFile, Span, parse_yaml};

use super::overlay::overlay;
use super::read::assembled;
use super::{Case, Overrides, Staging, Suite, SuiteError, table};

/// What a suite of a collection starts from.
const SETTINGS: &str =
    "corpus: {path: .}\nretrieval: {kind: bm25, top_k: 100}\nmetrics: [ndcg@10, recall@100, mrr, map]\n";

/// Where the parts of a collection are, as far as they were named.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Judged {
    /// The judgements.
    pub qrels: Option<PathBuf>,
    /// The documents: files and folders.
    pub corpus: Vec<PathBuf>,
}

impl Judged {
    /// Whether any was named.
    #[must_use]
    pub fn is_given(&self) -> bool {
        self.qrels.is_some() || !self.corpus.is_empty()
    }
}

/// The suite of a file of topics, or of a folder that holds a collection. Where no query has a reference answer and
/// no setting speaks of generation or a judge, passages alone are scored.
///
/// # Errors
/// Fails when a part is missing or cannot be read, with file, line and column, and for settings that are none.
pub fn read(path: &Path, judged: &Judged, overrides: &Overrides) -> Result<Suite, SuiteError> {
    let collection = collection(path, judged)?;
    let text = table::text_of(&collection.topics).map_err(|message| SuiteError::file(&collection.topics, message))?;
    let topics = SourceFile::new(&collection.topics, text);
    let mut written = SETTINGS.to_owned();
    // Writing to a string cannot fail. A JSON string is YAML too.
    let _ = writeln!(written, "suite: {}", serde_json::Value::from(name(path)));
    let file = SourceFile::new(path, written);
    let documents = parse_yaml(&file).map_err(|error| SuiteError::parse(path, error))?;
    let Some(root) = documents.into_iter().next() else {
        return Err(SuiteError::file(path, "no settings"));
    };
    let root = overrides.nodes.iter().fold(root, |root, over| overlay(&root, over));
    let case = |query: &Query| {
        let relevant = collection.qrels.of(&query.id).into_iter().flatten();
        Case {
            id: query.id.clone(),
            place: topics.place(topics.line_span(query.line).unwrap_or(Span::new(0, 0))),
            ask: query.text.clone(),
            relevant: Some(
                relevant
                    .map(|(document, grade)| (document.clone(), i64::from(*grade)))
                    .collect(),
            ),
            answer: query.answer.clone(),
            checks: Vec::new(),
            threshold: None,
            tags: Vec::new(),
            group: None,
            variables: serde_json::Map::new(),
            variants: Vec::new(),
            staging: Staging::default(),
        }
    };
    let cases: Vec<Case> = collection.queries.iter().map(case).collect();
    super::cases::unique(&cases)?;
    let answered = cases.iter().any(|case| case.answer.is_some());
    let asks = ["generation", "judge", "variants"]
        .iter()
        .any(|key| root.get(key).is_some());
    let mut suite = assembled(&root, cases)?;
    if let Some(corpus) = &mut suite.corpus {
        corpus.paths = collection.documents;
        corpus.partial = true;
    }
    suite.retrieval_only = !answered && !asks;
    if suite.retrieval_only {
        suite
            .notes
            .push("there are no reference answers: passages alone are scored (--retrieval-only)".to_owned());
    }
    if collection.unjudged > 0 {
        suite.notes.push(format!(
            "{} queries have no judgements in {}, and are left out",
            collection.unjudged,
            collection.judgements.display()
        ));
    }
    Ok(suite)
}

fn collection(path: &Path, judged: &Judged) -> Result<Collection, SuiteError> {
    let missing = |message: &str| SuiteError::file(path, message);
    if !path.is_dir() {
        let qrels = judged
            .qrels
            .as_deref()
            .ok_or_else(|| missing("topics need their judgements: --qrels FILE"))?;
        if judged.corpus.is_empty() {
            return Err(missing("topics need the documents that are searched: --corpus PATH"));
        }
        return Ok(Collection::read(path, qrels, judged.corpus.clone())?);
    }
    let found = Collection::of_folder(path, judged.qrels.as_deref())?;
    let mut found = found.ok_or_else(|| {
        missing("no collection: a BEIR folder has corpus.jsonl, queries.jsonl and qrels/*.tsv, others a file of topics, one of judgements, and documents")
    })?;
    if !judged.corpus.is_empty() {
        found.documents.clone_from(&judged.corpus);
    }
    Ok(found)
}

/// A name for the runs: the folder's, or that of the file of topics.
fn name(path: &Path) -> String {
    let whole = path.canonicalize();
    let whole = whole.as_deref().unwrap_or(path);
    let name = if path.is_dir() {
        whole.file_name()
    } else {
        whole.file_stem()
    };
    name.map_or_else(|| "collection".to_owned(), |name| name.to_string_lossy().into_owned())
}
