//! The SMART format of the classic collections (Cranfield, CISI, MED …): records of `.I NUMBER`, then
//! fields such as `.T` (title), `.A` (authors), `.B` (source) and `.W` (text), each to the next mark.

use std::path::Path;

use super::limits::{MOST_COLLECTION_BYTES, read_text};
use super::qrels::column_of;
use super::rows::joined;
use super::{CorpusError, Document, Markup, Query};
use crate::retrieve::judged::Qrels;

struct Record {
    id: String,
    line: usize,
    title: String,
    words: String,
}

/// The documents: title and text; authors and source are left out, as every published baseline does.
pub(super) fn read_documents(path: &Path) -> Result<Vec<Document>, CorpusError> {
    let records = records(path)?;
    Ok(records
        .into_iter()
        .map(|record| Document {
            text: joined(&record.title, &record.words),
            id: record.id,
            markup: Markup::Row,
        })
        .collect())
}

/// Reads queries such as `cran.qry`. A query is named by its position from one, not by its `.I`:
/// the judgements of Cranfield count positions.
///
/// # Errors
/// Fails when the file cannot be read or is no SMART file.
pub fn read_smart_queries(path: &Path) -> Result<Vec<Query>, CorpusError> {
    let records = records(path)?.into_iter().enumerate();
    Ok(records
        .map(|(at, record)| Query {
            id: (at + 1).to_string(),
            line: record.line,
            answer: None,
            text: record.words.split_whitespace().collect::<Vec<_>>().join(" "),
        })
        .collect())
}

/// Reads judgements such as `cranqrel`: `QUERY DOCUMENT GRADE` in each line, where 1 is the best grade,
/// 4 the least, and −1 and 5 mean not relevant. They become gains of 4 to 1, and 0. Lines of CISI and CACM,
/// `QUERY DOCUMENT 0 0`, only say what is relevant: a gain of 1. Queries that are numbers lose leading zeros.
///
/// # Errors
/// Fails with the line that is not so.
pub fn read_smart_qrels(path: &Path) -> Result<Qrels, CorpusError> {
    let mut qrels = Qrels::default();
    for (at, line) in read_text(path, MOST_COLLECTION_BYTES)?.lines().enumerate() {
        let fields: Vec<_> = line.split_whitespace().collect();
        if fields.is_empty() {
            continue;
        }
        let wrong = |column| {
            let message = format!("expected `QUERY DOCUMENT GRADE`, found `{line}`");
            CorpusError::at(path, at + 1, message).in_column(column)
        };
        let gain = match fields[..] {
            [_, _, "0", rest] if rest.parse() == Ok(0.0) => 1,
            [_, _, grade, ..] => match grade.parse() {
                Ok(grade @ 1..=4) => 5 - grade,
                Ok(_) => 0,
                Err(_) => return Err(wrong(column_of(line, grade))),
            },
            _ => return Err(wrong(1)),
        };
        let query = fields[0].trim_start_matches('0');
        qrels.insert(query, fields[1], gain);
    }
    Ok(qrels)
}

fn records(path: &Path) -> Result<Vec<Record>, CorpusError> {
    let text = read_text(path, MOST_COLLECTION_BYTES)?;
    let mut records: Vec<Record> = Vec::new();
    let mut field = ' ';
    for (at, line) in text.lines().enumerate() {
        if let Some(mark) = mark(line) {
            field = mark;
            if mark == 'I' {
                let id = line[2..].trim();
                if id.is_empty() {
                    return Err(CorpusError::at(path, at + 1, "`.I` without a number"));
                }
                records.push(Record {
                    id: id.to_owned(),
                    line: at + 1,
                    title: String::new(),
                    words: String::new(),
                });
            }
            continue;
        }
        let Some(record) = records.last_mut() else {
            if line.trim().is_empty() {
                continue;
            }
            return Err(CorpusError::at(path, at + 1, "expected `.I NUMBER` before any text"));
        };
        let part = match field {
            'T' => &mut record.title,
            'W' => &mut record.words,
            _ => continue,
        };
        part.push_str(line);
        part.push('\n');
    }
    for record in &mut records {
        record.title.truncate(record.title.trim_end().len());
        record.words.truncate(record.words.trim_end().len());
    }
    Ok(records)
}

/// The letter of a line such as `.W` or `.I 12`.
fn mark(line: &str) -> Option<char> {
    let mut chars = line.chars();
    let letter = (chars.next()? == '.').then(|| chars.next()).flatten()?;
    let ends = chars.next().is_none_or(|next| next == ' ');
    (letter.is_ascii_uppercase() && ends).then_some(letter)
}
