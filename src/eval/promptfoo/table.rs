//! CSV and JSONL files as nodes that know their line.

use std::sync::Arc;

use serde_json::Value;

use crate::eval::suite::SuiteError;
use crate::source::{Data, Entry, Key, Map, Node, Place, SourceFile, Span, parse_yaml};

/// The rows of a CSV file as mappings of text; the first row names the columns.
pub(super) fn rows(file: &Arc<SourceFile>) -> Result<Vec<Node>, SuiteError> {
    let mut reader = csv::ReaderBuilder::new()
        .flexible(false)
        .from_reader(file.text().as_bytes());
    let wrong = |error: &csv::Error| {
        let at = error
            .position()
            .and_then(|position| usize::try_from(position.byte()).ok());
        SuiteError::at(
            &line(file, at.unwrap_or(0)),
            format!("this is no CSV row like the others: {error}"),
        )
    };
    let header = reader.headers().map_err(|error| wrong(&error))?.clone();
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| wrong(&error))?;
        let at = record
            .position()
            .and_then(|position| usize::try_from(position.byte()).ok());
        let place = line(file, at.unwrap_or(0));
        let entry = |(name, cell): (&str, &str)| Entry {
            key: Key {
                text: name.trim().to_owned(),
                place: place.clone(),
            },
            value: Node {
                data: Data::Str(cell.to_owned()),
                place: place.clone(),
            },
        };
        let entries = header.iter().zip(record.iter()).map(entry).collect();
        rows.push(Node {
            data: Data::Map(Map { entries }),
            place: place.clone(),
        });
    }
    Ok(rows)
}

/// The values of a file with one JSON value a line.
pub(super) fn lines(file: &Arc<SourceFile>) -> Result<Vec<Node>, SuiteError> {
    let mut values = Vec::new();
    let mut start = 0;
    for text in file.text().split_inclusive('\n') {
        let begin = start;
        start += text.len();
        if text.trim().is_empty() {
            continue;
        }
        if let Err(error) = serde_json::from_str::<Value>(text) {
            let at = begin + error.column().saturating_sub(1).min(text.len());
            let place = file.place(Span::new(at, at));
            return Err(SuiteError::at(&place, format!("this line is no JSON: {error}")));
        }
        // JSON is YAML: the one reader that knows places reads it again.
        let inner = SourceFile::new(file.path(), text.trim_end());
        let nodes = parse_yaml(&inner).map_err(|error| SuiteError::at(&line(file, begin), error.message))?;
        for mut node in nodes {
            node.relocate(&|span| file.place(Span::new(begin + span.start, begin + span.end)));
            values.push(node);
        }
    }
    Ok(values)
}

/// The line that holds a byte.
fn line(file: &Arc<SourceFile>, at: usize) -> Place {
    let line = file.position(at).line;
    file.place(file.line_span(line).unwrap_or(Span::new(at, at)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_know_their_line_and_cells_may_hold_several() {
        let file = SourceFile::new("t.csv", "question,__expected\n\"a\nb\",equals: c\nd,e\n");
        let rows = rows(&file).unwrap();
        assert_eq!(
            rows[0].to_json(),
            serde_json::json!({"question": "a\nb", "__expected": "equals: c"})
        );
        assert_eq!(rows[1].place.to_string(), "t.csv:4:1");
        let error = super::rows(&SourceFile::new("t.csv", "a,b\n1\n"))
            .unwrap_err()
            .to_string();
        assert!(error.contains("t.csv:2:1"), "{error}");
    }

    #[test]
    fn lines_of_json_know_their_places() {
        let file = SourceFile::new("t.jsonl", "{\"vars\": {\"q\": \"1\"}}\n\n{\"vars\": {\"q\": 2}}\n");
        let values = lines(&file).unwrap();
        assert_eq!(values[1].at(&["vars", "q"]).unwrap().place.to_string(), "t.jsonl:3:16");
        let error = lines(&SourceFile::new("t.jsonl", "{\"a\": 1}\n{\"a\": }\n"))
            .unwrap_err()
            .to_string();
        assert!(error.contains("t.jsonl:2:"), "{error}");
    }
}
