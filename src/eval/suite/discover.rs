//! Finds suites among files and folders, by content.

use std::path::{Path, PathBuf};

use ignore::WalkBuilder;

use crate::eval::promptfoo;
use crate::source::{SourceFile, parse_yaml};

use super::{SuiteError, read, table};

/// Files longer than this are not looked into while a folder is searched.
const LONGEST: u64 = 16 << 20;
/// The marks of suites: a file without any is not parsed.
const MARKS: &[&str] = &["suite:", "extends:", "\"suite\"", "providers", "targets", "prompts"];

/// The suites among some paths: a file that was named must be one; a folder is walked as git sees it.
///
/// # Errors
/// Fails for a path that is not there, and for a named file that is no suite.
pub fn discover(paths: &[PathBuf]) -> Result<Vec<PathBuf>, SuiteError> {
    let mut found = Vec::new();
    for path in paths {
        if path.is_dir() {
            let mut inside: Vec<PathBuf> = WalkBuilder::new(path)
                .require_git(false)
                .build()
                .filter_map(Result::ok)
                .filter(|entry| entry.file_type().is_some_and(|kind| kind.is_file()))
                .map(ignore::DirEntry::into_path)
                .filter(|path| candidate(path))
                .collect();
            inside.sort();
            found.extend(inside);
            continue;
        }
        let text = table::text_of(path).map_err(|message| SuiteError::file(path, message))?;
        let file = SourceFile::new(path, text);
        let documents = parse_yaml(&file).map_err(|error| SuiteError::parse(path, error))?;
        if !documents
            .iter()
            .any(|root| read::recognises(root) || promptfoo::recognises(root))
        {
            let message = "this is no suite: a suite has `suite:` and `cases:`, a promptfoo configuration `providers:` and `tests:`";
            return Err(SuiteError::file(path, message));
        }
        found.push(path.clone());
    }
    found.dedup();
    Ok(found)
}

/// Whether a file of a folder is a suite. One that cannot be read is none: the folder holds other things too.
fn candidate(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    if !matches!(extension, Some("yaml" | "yml" | "json")) {
        return false;
    }
    if std::fs::metadata(path).is_ok_and(|meta| meta.len() > LONGEST) {
        return false;
    }
    let Ok(text) = std::fs::read_to_string(path) else {
        return false;
    };
    if !MARKS.iter().any(|mark| text.contains(mark)) {
        return false;
    }
    parse_yaml(&SourceFile::new(path, text)).is_ok_and(|documents| {
        documents
            .iter()
            .any(|root| read::recognises(root) || promptfoo::recognises(root))
    })
}
