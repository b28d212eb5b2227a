//! TREC documents and topics: `<DOC>` with `<DOCNO>`, `<top>` with `<num>`, in the SGML of old.

use std::fmt::Write as _;
use std::path::Path;

use super::limits::{MOST_COLLECTION_BYTES, read_bytes};
use super::{CorpusError, Document, Markup, Query, topics_xml};

/// Whether a file's start shows TREC documents.
pub(super) fn is_documents(start: &[u8]) -> bool {
    let head = start.get(..5).unwrap_or_default();
    head.eq_ignore_ascii_case(b"<doc>")
}

/// Reads `<DOC>` records: everything but the number, its tags taken out, is the text.
pub(super) fn read_documents(path: &Path, text: &str) -> Result<Vec<Document>, CorpusError> {
    let mut documents = Vec::new();
    for (record, line) in records(path, text, "doc")? {
        let Some((id, after)) = element(record, "docno") else {
            return Err(CorpusError::at(path, line, "a <DOC> without <DOCNO>"));
        };
        documents.push(Document {
            id: id.trim().to_owned(),
            text: without_tags(after).trim().to_owned(),
            markup: Markup::Row,
        });
    }
    Ok(documents)
}

/// Reads topics: `<num> Number: 301` and `<title>` (the description and narrative are left out, as in
/// title-only runs), the XML of the web track (`<topic number="1">` with a `<query>`), or lines of `ID<tab>QUERY`.
///
/// # Errors
/// Fails when the file cannot be read, with the line that is neither.
pub fn read_trec_topics(path: &Path) -> Result<Vec<Query>, CorpusError> {
    let bytes = read_bytes(path, MOST_COLLECTION_BYTES)?;
    let text = String::from_utf8_lossy(&bytes);
    let mut queries = Vec::new();
    if topics_xml::is_topics(text.trim_start_matches('\u{feff}').trim_start()) {
        return topics_xml::read(path, &text);
    }
    if !text.to_ascii_lowercase().contains("<top>") {
        for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let Some((id, query)) = line.split_once('\t') else {
                let message = format!("expected `ID<tab>QUERY`, <top> records or <topic number=…>, found `{line}`");
                return Err(CorpusError::at(path, at + 1, message).in_column(1));
            };
            queries.push(Query {
                id: id.trim().to_owned(),
                text: query.trim().to_owned(),
                answer: None,
                line: at + 1,
            });
        }
        return Ok(queries);
    }
    for (record, line) in records(path, &text, "top")? {
        let field = |name: &str, label: &str| {
            let lower = record.to_ascii_lowercase();
            let start = lower.find(&format!("<{name}>"))? + name.len() + 2;
            let end = record[start..].find('<').map_or(record.len(), |length| start + length);
            let value = record[start..end].trim();
            let label_length = value.get(..label.len()).filter(|it| it.eq_ignore_ascii_case(label));
            Some(
                value[label_length.map_or(0, str::len)..]
                    .split_whitespace()
                    .collect::<Vec<_>>()
                    .join(" "),
            )
        };
        let (Some(id), Some(text)) = (field("num", "Number:"), field("title", "Topic:")) else {
            return Err(CorpusError::at(path, line, "a <top> without <num> or <title>"));
        };
        queries.push(Query {
            id,
            text,
            answer: None,
            line,
        });
    }
    Ok(queries)
}

/// Topics as `<top>` records.
#[must_use]
pub fn write_trec_topics(queries: &[Query]) -> String {
    queries.iter().fold(String::new(), |mut text, query| {
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "<top>\n<num> Number: {}\n<title> {}\n</top>\n",
            query.id,
            query.text.replace(['<', '\n'], " ")
        );
        text
    })
}

/// The insides of `<name>…</name>`, each with the line on which it starts.
fn records<'a>(path: &Path, text: &'a str, name: &str) -> Result<Vec<(&'a str, usize)>, CorpusError> {
    // ASCII lower case keeps every byte offset.
    let lower = text.to_ascii_lowercase();
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let mut records = Vec::new();
    let (mut at, mut line, mut counted) = (0, 1, 0);
    while let Some(start) = lower[at..].find(&open) {
        let start = at + start + open.len();
        line += memchr::memchr_iter(b'\n', &text.as_bytes()[counted..start]).count();
        counted = start;
        let Some(length) = lower[start..].find(&close) else {
            return Err(CorpusError::at(path, line, format!("<{name}> without {close}")));
        };
        records.push((&text[start..start + length], line));
        at = start + length + close.len();
    }
    Ok(records)
}

/// The inside of the first `<name>…</name>`, and what comes after it.
fn element<'a>(text: &'a str, name: &str) -> Option<(&'a str, &'a str)> {
    let lower = text.to_ascii_lowercase();
    let start = lower.find(&format!("<{name}>"))? + name.len() + 2;
    let length = lower[start..].find(&format!("</{name}>"))?;
    Some((&text[start..start + length], &text[start + length + name.len() + 3..]))
}

/// The text with `<…>` taken out.
fn without_tags(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('<') {
        plain.push_str(&rest[..start]);
        rest = &rest[start..];
        match rest.find('>') {
            Some(end) => rest = &rest[end + 1..],
            None => break,
        }
    }
    plain.push_str(rest);
    plain
}
