//! Suites, recordings and judged collections: files that others wrote.

use std::cell::LazyCell;
use std::path::{Path, PathBuf};

use aisys::eval::suite::{self, Overrides};
use aisys::retrieve::corpus::{Collection, load, read_queries};
use aisys::retrieve::judged::{parse_qrels, parse_run};
use aisys::source::{SourceFile, parse_yaml};
use aisys::store::{Cassette, Recording};

thread_local! {
    static FOLDER: LazyCell<tempfile::TempDir> = const { LazyCell::new(|| tempfile::tempdir().expect("a folder")) };
}

/// A file of this process with these bytes.
fn file(name: &str, bytes: &[u8]) -> PathBuf {
    let path = FOLDER.with(|folder| folder.path().join(name));
    std::fs::write(&path, bytes).expect("a file");
    path
}

/// Reads bytes as a suite of ours.
///
/// # Panics
/// When a suite that was read has no case, no variant, or two cases of one name, or an error points outside its file.
pub fn read_suite(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let file = SourceFile::new("suite.yaml", text);
    // promptfoo's configurations may name programs, which a fuzzer must not run.
    let ours = parse_yaml(&file).is_ok_and(|documents| documents.iter().any(suite::recognises));
    if !ours {
        return;
    }
    match suite::read(&file, &Overrides::default()) {
        Ok(suite) => {
            assert!(!suite.cases.is_empty() && !suite.variants.is_empty());
            let mut names: Vec<&str> = suite.cases.iter().map(|case| case.id.as_str()).collect();
            names.sort_unstable();
            assert!(names.windows(2).all(|pair| pair[0] != pair[1]));
        }
        Err(error) => {
            let message = error.to_string();
            assert!(!message.trim().is_empty());
            if let Some(place) = error.place {
                assert!(place.file.text().get(place.span.start..place.span.end).is_some(), "{message}");
            }
        }
    }
}

/// Opens bytes as a journal of calls, adds one, and opens it again.
///
/// # Panics
/// When a recording that was read is lost, or the one that was added.
pub fn read_cassette(bytes: &[u8]) {
    let path = file("calls.jsonl", bytes);
    let Ok(cassette) = Cassette::open(&path) else { return };
    let before = cassette.len();
    let _ = (cassette.stale(), cassette.is_torn());
    let recording = Recording {
        key: "added".to_owned(),
        provider: serde_json::Value::Null,
        call: serde_json::Value::Null,
        outcome: serde_json::json!({"reply": 1}),
    };
    let known = cassette.outcome("added").is_some();
    assert!(cassette.add(&recording, |line| line).is_ok());
    drop(cassette);
    let again = Cassette::open(&path).expect("what was written is read");
    assert_eq!(again.len(), before + usize::from(!known));
    assert_eq!(again.outcome("added"), Some(recording.outcome));
    assert!(!again.is_torn());
    assert!(again.compact(false).is_ok());
    assert_eq!(Cassette::open(&path).expect("a compact file is read").len(), again.len());
}

/// Reads bytes as queries, judgements, a run, documents and the parts of a collection.
///
/// # Panics
/// When a query has no identifier, or a collection a query that nobody judged.
pub fn read_collection(bytes: &[u8]) {
    let path = file("part", bytes);
    for query in read_queries(&path).into_iter().flatten() {
        assert!(!query.id.is_empty() && query.line > 0);
    }
    let _ = (parse_qrels(Path::new("qrels"), bytes), parse_run(Path::new("run"), bytes));
    let _ = load(&path);
    let _ = load(&file("rows.jsonl", bytes));
    let topics = file("topics", b".I 1\n.W\nwords\n.I 2\n.W\nmore\n");
    let tabs = file("tabs", b"1\twords\nq\tmore words\n");
    for (topics, qrels) in [(&topics, &path), (&tabs, &path), (&path, &file("qrels", b"1 0 d 1\n2 0 d 0\n"))] {
        if let Ok(read) = Collection::read(topics, qrels, Vec::new()) {
            assert!(read.queries.iter().all(|query| read.qrels.contains(&query.id)));
        }
    }
}
