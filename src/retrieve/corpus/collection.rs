//! A judged collection: documents, queries and judgements that stand together, found by content.

use std::path::{Path, PathBuf};

use super::beir;
use super::limits::utf8;
use super::qrels::read_qrels;
use super::queries::read_queries;
use super::{CorpusError, Query, discover, topics_xml, trec};
use crate::retrieve::judged::Qrels;

/// The splits of a BEIR folder in the order in which they are wanted, when nobody names one.
const SPLITS: &[&str] = &["test", "dev", "train"];
/// Folders of more files than this are not looked into for a collection.
const MOST_FILES: usize = 2_000;
/// So many bytes of a file show what it is.
const HEAD: u64 = 16 << 10;

/// A collection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Collection {
    /// Where the documents are: files, or a folder, each for [`super::load`].
    pub documents: Vec<PathBuf>,
    /// The file of the queries.
    pub topics: PathBuf,
    /// The file of the judgements.
    pub judgements: PathBuf,
    /// The queries that are judged, in their file's order.
    pub queries: Vec<Query>,
    /// The judgements.
    pub qrels: Qrels,
    /// How many queries of the file have no judgement, and are left out.
    pub unjudged: usize,
}

/// What a file of a folder holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Holds {
    /// `.I` records: documents or queries.
    Smart,
    /// TREC documents, or rows of JSON.
    Documents,
    /// `<top>` records, topics in XML, or lines of `ID<tab>QUERY`.
    Topics,
    /// Lines of judgements.
    Judgements,
    /// Something else, such as a readme.
    Other,
}

impl Collection {
    /// The collection of three files, or of two files and a folder of documents.
    ///
    /// # Errors
    /// Fails when one cannot be read, with the line and column; and when no query is judged.
    pub fn read(topics: &Path, judgements: &Path, documents: Vec<PathBuf>) -> Result<Self, CorpusError> {
        let mut queries = read_queries(topics)?;
        let smart = matches!(holds(topics), Holds::Smart);
        let qrels = read_qrels(judgements, smart)?;
        let all = queries.len();
        queries.retain(|query| qrels.contains(&query.id));
        if let Some(missing) = documents.iter().find(|path| !path.exists()) {
            return Err(CorpusError::new(missing, "there is no such file or folder"));
        }
        if queries.is_empty() {
            let message = format!("it judges none of the {all} queries of {}", topics.display());
            return Err(CorpusError::new(judgements, message));
        }
        Ok(Self {
            documents,
            topics: topics.to_owned(),
            judgements: judgements.to_owned(),
            unjudged: all - queries.len(),
            queries,
            qrels,
        })
    }

    /// The collection of a folder: BEIR's, or one with a file of topics, one of judgements, and documents beside
    /// them or in the only folder below. `judgements` chooses among several files of them. `None`: it is none.
    ///
    /// # Errors
    /// As [`Collection::read`]; and when it cannot be told which of several files is meant.
    pub fn of_folder(folder: &Path, judgements: Option<&Path>) -> Result<Option<Self>, CorpusError> {
        if beir::is_beir(folder) {
            let splits = beir::splits(folder);
            let first = || SPLITS.iter().find(|split| splits.iter().any(|it| it == *split));
            let split = first().map_or_else(|| splits.first().cloned(), |split| Some((*split).to_owned()));
            let qrels = match (judgements, split) {
                (Some(path), _) => path.to_owned(),
                (None, Some(split)) => folder.join("qrels").join(format!("{split}.tsv")),
                (None, None) => return Err(CorpusError::new(&folder.join("qrels"), "no judgements: no *.tsv here")),
            };
            return Self::read(&folder.join("queries.jsonl"), &qrels, vec![folder.to_owned()]).map(Some);
        }
        let Some(found) = Found::within(folder) else {
            return Ok(None);
        };
        let Some(topics) = found.topics(folder)? else {
            return Ok(None);
        };
        let qrels = match (judgements, found.judgements.as_slice()) {
            (Some(path), _) => path.to_owned(),
            (None, [one]) => one.clone(),
            (None, []) => return Ok(None),
            (None, several) => return Err(ambiguous(folder, "judgements", several, "--qrels FILE says which")),
        };
        let documents: Vec<PathBuf> = found.documents.into_iter().filter(|path| *path != topics).collect();
        let documents = match (documents.is_empty(), found.folders.as_slice()) {
            (false, _) => documents,
            (true, [one]) => vec![one.clone()],
            (true, _) => {
                let message = "topics and judgements, but no documents: --corpus PATH says where they are";
                return Err(CorpusError::new(folder, message));
            }
        };
        Self::read(&topics, &qrels, documents).map(Some)
    }

    /// Whether a file's start shows topics, or queries of the SMART format.
    #[must_use]
    pub fn is_topics(path: &Path) -> bool {
        matches!(holds(path), Holds::Topics | Holds::Smart)
    }
}

/// What stands in a folder, by kind.
#[derive(Default)]
struct Found {
    /// Those of the SMART format are among the documents too, until it is known which are queries.
    documents: Vec<PathBuf>,
    smart: Vec<PathBuf>,
    topics: Vec<PathBuf>,
    judgements: Vec<PathBuf>,
    folders: Vec<PathBuf>,
}

impl Found {
    fn within(folder: &Path) -> Option<Self> {
        let mut found = Self::default();
        let entries = std::fs::read_dir(folder).ok()?;
        let mut paths: Vec<PathBuf> = entries
            .flatten()
            .map(|entry| entry.path())
            .take(MOST_FILES + 1)
            .collect();
        if paths.len() > MOST_FILES {
            return None;
        }
        paths.sort();
        let hidden = |path: &Path| {
            path.file_name()
                .is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
        };
        for path in paths
            .into_iter()
            .filter(|path| !hidden(path) && !discover::is_binary(path))
        {
            if path.is_dir() {
                found.folders.push(path);
                continue;
            }
            match holds(&path) {
                Holds::Smart => {
                    found.smart.push(path.clone());
                    found.documents.push(path);
                }
                Holds::Documents => found.documents.push(path),
                Holds::Topics => found.topics.push(path),
                Holds::Judgements => found.judgements.push(path),
                Holds::Other => {}
            }
        }
        Some(found)
    }

    /// The file of queries. Of two SMART files it is the smaller one: a collection has fewer words of queries than
    /// of documents.
    fn topics(&self, folder: &Path) -> Result<Option<PathBuf>, CorpusError> {
        const CHOOSE: &str = "give the one that is meant as FILE, with --qrels FILE --corpus PATH";
        match (self.topics.as_slice(), self.smart.as_slice()) {
            ([one], _) | ([], [one]) => Ok(Some(one.clone())),
            ([], []) => Ok(None),
            ([], [one, other]) => {
                let size = |path: &Path| std::fs::metadata(path).map_or(0, |meta| meta.len());
                let smaller = if size(one) <= size(other) { one } else { other };
                Ok(Some(smaller.clone()))
            }
            ([], several) => Err(ambiguous(folder, "SMART records", several, CHOOSE)),
            (several, _) => Err(ambiguous(folder, "topics", several, CHOOSE)),
        }
    }
}

fn ambiguous(folder: &Path, what: &str, files: &[PathBuf], help: &str) -> CorpusError {
    let names: Vec<_> = files
        .iter()
        .filter_map(|path| path.file_name())
        .map(|name| name.to_string_lossy())
        .collect();
    CorpusError::new(
        folder,
        format!("several files of {what} ({}): {help}", names.join(", ")),
    )
}

/// What a file's start shows that it holds.
fn holds(path: &Path) -> Holds {
    let Some(head) = head(path) else {
        return Holds::Other;
    };
    let start = head.trim_start();
    let lower = start.get(..start.len().min(5)).unwrap_or_default().to_ascii_lowercase();
    if start.starts_with(".I ") {
        return Holds::Smart;
    }
    if trec::is_documents(start.as_bytes()) {
        return Holds::Documents;
    }
    if lower == "<top>" || topics_xml::is_topics(start) {
        return Holds::Topics;
    }
    let extension = path
        .extension()
        .and_then(|extension| extension.to_str())
        .unwrap_or_default();
    if matches!(extension, "jsonl" | "ndjson") {
        return Holds::Documents;
    }
    let lines = || start.lines().filter(|line| !line.trim().is_empty()).take(50);
    let fields = |line: &str| line.split_whitespace().count();
    let graded = |line: &str| {
        line.split_whitespace()
            .next_back()
            .is_some_and(|last| last.parse::<f64>().is_ok())
    };
    let judges = |line: &str| matches!(fields(line), 3 | 4) && graded(line);
    // The first line may be a heading.
    if lines().nth(1).is_some_and(judges)
        && lines().skip(1).all(judges)
        && lines().next().is_some_and(|line| matches!(fields(line), 3 | 4))
    {
        return Holds::Judgements;
    }
    let topic = |line: &str| {
        line.split_once('\t')
            .is_some_and(|(id, text)| !id.trim().contains(' ') && text.split_whitespace().count() > 1)
    };
    if extension != "md" && lines().next().is_some() && lines().all(topic) {
        return Holds::Topics;
    }
    Holds::Other
}

/// The first lines of a text file, whole; `None` for what is no text.
fn head(path: &Path) -> Option<String> {
    use std::io::Read as _;
    let mut head = Vec::new();
    let file = std::fs::File::open(path).ok()?;
    let cut = file.metadata().ok()?.len() > HEAD;
    file.take(HEAD).read_to_end(&mut head).ok()?;
    if head.contains(&0) {
        return None;
    }
    if cut {
        // The last line may be cut in its middle, and in the middle of a character.
        head.truncate(memchr::memrchr(b'\n', &head).map_or(head.len(), |at| at + 1));
    }
    utf8(path, head).ok()
}
