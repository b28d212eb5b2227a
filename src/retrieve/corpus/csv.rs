//! CSV and TSV: a document per row.

use std::path::Path;

use super::load::FileRead;
use super::rows::{ID, TEXT, TITLE, column, joined};
use super::{CorpusError, Document, Markup};

/// Reads the rows. Without a column for identifiers a row is `file.csv:LINE`.
pub(super) fn read(path: &Path, id: &str, text: &str, read: &mut FileRead) -> Result<(), CorpusError> {
    let tabs = text.lines().next().is_some_and(|line| line.contains('\t'));
    let mut reader = ::csv::ReaderBuilder::new()
        .delimiter(if tabs { b'\t' } else { b',' })
        .from_reader(text.as_bytes());
    let columns: Vec<String> = match reader.headers() {
        Ok(headers) => headers.iter().map(str::to_owned).collect(),
        Err(error) => return Err(CorpusError::at(path, 1, error.to_string())),
    };
    let Some(text_at) = column(TEXT, &columns) else {
        let message = format!(
            "no column holds the text (columns: {}): name it one of {}",
            columns.join(", "),
            TEXT.join(", ")
        );
        return Err(CorpusError::at(path, 1, message));
    };
    let (id_at, title_at) = (column(ID, &columns), column(TITLE, &columns));
    for record in reader.records() {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                let line = error.position().map_or(0, ::csv::Position::line);
                let line = usize::try_from(line).unwrap_or(0);
                read.problems.push(CorpusError::at(path, line, error.to_string()));
                continue;
            }
        };
        let line = record.position().map_or(0, ::csv::Position::line);
        let field = |at: Option<usize>| at.and_then(|at| record.get(at)).unwrap_or_default();
        let text = joined(field(title_at), field(Some(text_at)));
        if text.trim().is_empty() {
            continue;
        }
        let own = field(id_at).trim();
        read.documents.push(Document {
            id: if own.is_empty() {
                format!("{id}:{line}")
            } else {
                own.to_owned()
            },
            text,
            markup: Markup::Row,
        });
    }
    Ok(())
}
