//! CSV and JSONL files as nodes that know their line.

use std::sync::Arc;

use serde_json::Value;

use crate::eval::suite::{SuiteError, csv_rows, line_place};
use crate::source::{Data, Entry, Key, Map, Node, SourceFile, Span, parse_yaml};

/// The rows of a CSV file as mappings of text; the first row names the columns.
pub(super) fn rows(file: &Arc<SourceFile>) -> Result<Vec<Node>, SuiteError> {
    let rows = csv_rows(file, b',')?.into_iter().map(|(place, cells)| {
        let entry = |(name, cell)| Entry {
            key: Key {
                text: name,
                place: place.clone(),
            },
            value: Node {
                data: Data::Str(cell),
                place: place.clone(),
            },
        };
        let entries = cells.into_iter().map(entry).collect();
        Node {
            data: Data::Map(Map { entries }),
            place: place.clone(),
        }
    });
    Ok(rows.collect())
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
        let nodes = parse_yaml(&inner).map_err(|error| SuiteError::at(&line_place(file, begin), error.message))?;
        for mut node in nodes {
            node.relocate(&|span| file.place(Span::new(begin + span.start, begin + span.end)));
            values.push(node);
        }
    }
    Ok(values)
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
