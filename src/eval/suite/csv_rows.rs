//! The rows of CSV files, each with the place of its line.

use std::sync::Arc;

use super::SuiteError;
use crate::source::{Place, SourceFile, Span};

/// A row: the place of its line, and its cells by the names of their columns.
pub(in crate::eval) type CsvRow = (Place, Vec<(String, String)>);

/// The rows of a CSV file; the first one names the columns.
///
/// # Errors
/// Fails at the first row that has more or fewer cells than the first, with its line.
pub(in crate::eval) fn csv_rows(file: &Arc<SourceFile>, separator: u8) -> Result<Vec<CsvRow>, SuiteError> {
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(separator)
        .flexible(false)
        .from_reader(file.text().as_bytes());
    let place = |position: Option<&csv::Position>| {
        let at = position.and_then(|position| usize::try_from(position.byte()).ok());
        line_place(file, at.unwrap_or(0))
    };
    let wrong = |error: &csv::Error| {
        SuiteError::at(
            &place(error.position()),
            format!("this is no CSV row like the others: {error}"),
        )
    };
    let header = reader.headers().map_err(|error| wrong(&error))?.clone();
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| wrong(&error))?;
        let cells = header.iter().zip(record.iter());
        let cells = cells.map(|(name, cell)| (name.trim().to_owned(), cell.to_owned()));
        rows.push((place(record.position()), cells.collect()));
    }
    Ok(rows)
}

/// The line that begins at or holds a byte.
pub(in crate::eval) fn line_place(file: &Arc<SourceFile>, at: usize) -> Place {
    let line = file.position(at).line;
    file.place(file.line_span(line).unwrap_or(Span::new(at, at)))
}
