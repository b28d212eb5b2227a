//! Rows of CSV and JSONL: which columns are the identifier, the title and the text.

/// Names of the identifier, in the order in which they are looked for.
pub(super) const ID: &[&str] = &["_id", "id", "doc_id", "docid", "docno", "document_id", "url", "path"];
/// Names of the title.
pub(super) const TITLE: &[&str] = &["title", "heading", "name", "question"];
/// Names of the text.
pub(super) const TEXT: &[&str] = &[
    "text",
    "content",
    "contents",
    "body",
    "passage",
    "answer",
    "page_content",
    "document",
];

/// The column that holds one of the names, whatever their case.
pub(super) fn column(names: &[&str], columns: &[String]) -> Option<usize> {
    names.iter().find_map(|name| {
        columns
            .iter()
            .position(|column| column.trim().eq_ignore_ascii_case(name))
    })
}

/// A title above its text; either may be empty.
pub(super) fn joined(title: &str, text: &str) -> String {
    match (title.trim().is_empty(), text.trim().is_empty()) {
        (true, _) => text.to_owned(),
        (false, true) => title.to_owned(),
        (false, false) => format!("{title}\n{text}"),
    }
}
