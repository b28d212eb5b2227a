//! JSONL: a document per line.

use std::path::Path;

use serde_json::{Map, Value};

use super::load::FileRead;
use super::rows::{ID, TEXT, TITLE, joined};
use super::{CorpusError, Document, Markup};

/// Whether a file is JSONL: by its name, or because its first line is an object by itself.
pub(super) fn is_jsonl(extension: &str, start: &[u8]) -> bool {
    if matches!(extension, "jsonl" | "ndjson") {
        return true;
    }
    let line = start
        .split(|byte| *byte == b'\n')
        .next()
        .unwrap_or_default()
        .trim_ascii();
    line.starts_with(b"{") && line.ends_with(b"}") && serde_json::from_slice::<Map<String, Value>>(line).is_ok()
}

/// Reads the lines; one that is wrong is a problem of its own.
pub(super) fn read(path: &Path, id: &str, text: &str, read: &mut FileRead) -> Result<(), CorpusError> {
    for (at, line) in text.lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        let row: Map<String, Value> = match serde_json::from_str(line) {
            Ok(row) => row,
            Err(error) => {
                let message = format!("no JSON object (column {}): {error}", error.column());
                read.problems.push(CorpusError::at(path, at + 1, message));
                continue;
            }
        };
        let field = |names: &[&str]| names.iter().find_map(|name| row.get(*name)).and_then(plain);
        let Some(text) = field(TEXT) else {
            let keys: Vec<_> = row.keys().map(String::as_str).collect();
            let message = format!(
                "no text (keys: {}): name it one of {}",
                keys.join(", "),
                TEXT.join(", ")
            );
            read.problems.push(CorpusError::at(path, at + 1, message));
            continue;
        };
        let text = joined(&field(TITLE).unwrap_or_default(), &text);
        if text.trim().is_empty() {
            continue;
        }
        read.documents.push(Document {
            id: field(ID).unwrap_or_else(|| format!("{id}:{}", at + 1)),
            text,
            markup: Markup::Row,
        });
    }
    if read.documents.is_empty() {
        return Err(read
            .problems
            .pop()
            .unwrap_or_else(|| CorpusError::new(path, "no row holds any text")));
    }
    Ok(())
}

/// A string or a number as text.
pub(super) fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
