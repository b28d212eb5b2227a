//! The judgements of a collection, in whatever format its file is.

use std::path::Path;

use super::CorpusError;
use super::limits::{MOST_COLLECTION_BYTES, read_text};
use super::smart::read_smart_qrels;
use crate::retrieve::judged::Qrels;

/// Reads judgements: TREC's `QUERY ITERATION DOCUMENT GRADE`, BEIR's `QUERY DOCUMENT GRADE` under a heading,
/// or those of the SMART collections, which `smart` says these are: their best grade is 1.
///
/// # Errors
/// Fails when the file cannot be read, with the line and column that is wrong, or when it judges nothing.
pub(super) fn read_qrels(path: &Path, smart: bool) -> Result<Qrels, CorpusError> {
    let text = read_text(path, MOST_COLLECTION_BYTES)?;
    let first = text.lines().find(|line| !line.trim().is_empty());
    let qrels = match first.map(|line| line.split_whitespace().collect::<Vec<_>>()).as_deref() {
        None => return Err(CorpusError::new(path, "no judgement")),
        Some([_, _, "0", zero]) if smart && zero.parse() == Ok(0.0) => read_smart_qrels(path)?,
        Some([_, _, _, _]) => lines(path, &text, 4)?,
        Some([_, _, grade]) if smart && grade.parse::<i32>().is_ok() => read_smart_qrels(path)?,
        Some(_) => lines(path, &text, 3)?,
    };
    if qrels.iter().next().is_none() {
        return Err(CorpusError::new(path, "no judgement"));
    }
    Ok(qrels)
}

/// Lines of so many fields, of which the first is the query and the last two are document and grade.
/// Between tabs a field may hold blanks.
fn lines(path: &Path, text: &str, count: usize) -> Result<Qrels, CorpusError> {
    let mut qrels = Qrels::default();
    for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let fields: Vec<&str> = if line.contains('\t') {
            line.split('\t').map(str::trim).collect()
        } else {
            line.split_whitespace().collect()
        };
        let is_heading = at == 0 && fields.last().is_some_and(|last| last.eq_ignore_ascii_case("score"));
        if is_heading {
            continue;
        }
        let wrong = |column| {
            let expected = if count == 4 {
                "QUERY 0 DOCUMENT GRADE"
            } else {
                "QUERY<tab>DOCUMENT<tab>GRADE"
            };
            let line: String = line.chars().take(120).collect();
            CorpusError::at(path, at + 1, format!("expected `{expected}`, found `{line}`")).in_column(column)
        };
        let (query, document, grade) = match fields[..] {
            [query, document, grade] if count == 3 => (query, document, grade),
            [query, _, document, grade] if count == 4 => (query, document, grade),
            _ => return Err(wrong(1)),
        };
        let grade = grade.parse().map_err(|_| wrong(column_of(line, grade)))?;
        qrels.insert(query, document, grade);
    }
    Ok(qrels)
}

/// The column (in characters, from one) of a field that was cut out of a line.
pub(super) fn column_of(line: &str, field: &str) -> usize {
    let offset = (field.as_ptr() as usize).saturating_sub(line.as_ptr() as usize);
    1 + line.get(..offset).map_or(0, |before| before.chars().count())
}
