//! The questions of a collection, in whatever format its file is.

use std::path::Path;

use serde_json::{Map, Value};

use super::jsonl::plain;
use super::limits::{MOST_COLLECTION_BYTES, read_bytes};
use super::rows::ID;
use super::smart::read_smart_queries;
use super::trec::read_trec_topics;
use super::{CorpusError, Query};

/// Names of the question in a row.
const TEXT: &[&str] = &["text", "query", "question", "title"];

/// Reads the questions of a file: SMART records (`.I`), JSON objects in lines (`_id`, `text` and perhaps
/// `answer`), TREC's topics (`<top>` records or XML), or lines of `ID<tab>QUERY`.
///
/// # Errors
/// Fails when the file cannot be read, with the line and column that is wrong, or when it holds no question.
pub fn read_queries(path: &Path) -> Result<Vec<Query>, CorpusError> {
    // Old topics may be Latin-1; what is wrong in them is told by their reader.
    let bytes = read_bytes(path, MOST_COLLECTION_BYTES)?;
    let text = String::from_utf8_lossy(&bytes);
    let queries = match text.trim_start_matches('\u{feff}').trim_start() {
        start if start.starts_with(".I ") => read_smart_queries(path)?,
        start if start.starts_with('{') => rows(path, &text)?,
        _ => read_trec_topics(path)?,
    };
    match queries
        .iter()
        .find(|query| query.id.is_empty() || query.text.trim().is_empty())
    {
        Some(empty) => {
            let message = "a query needs an identifier and a text";
            Err(CorpusError::at(path, empty.line, message).in_column(1))
        }
        None if queries.is_empty() => Err(CorpusError::new(path, "no query")),
        None => Ok(queries),
    }
}

fn rows(path: &Path, text: &str) -> Result<Vec<Query>, CorpusError> {
    let mut queries = Vec::new();
    let text = text.trim_start_matches('\u{feff}');
    for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let row: Map<String, Value> = serde_json::from_str(line).map_err(|error| {
            let message = format!("no JSON object: {error}");
            CorpusError::at(path, at + 1, message).in_column(error.column().max(1))
        })?;
        let field = |names: &[&str]| names.iter().find_map(|name| row.get(*name)).and_then(plain);
        let (Some(id), Some(text)) = (field(ID), field(TEXT)) else {
            let keys: Vec<_> = row.keys().map(String::as_str).collect();
            let message = format!("a query needs `_id` and `text`, and this has {}", keys.join(", "));
            return Err(CorpusError::at(path, at + 1, message).in_column(1));
        };
        queries.push(Query {
            id,
            text,
            answer: field(&["answer"]),
            line: at + 1,
        });
    }
    Ok(queries)
}
