//! Finds suites among files and folders, by content.

use std::path::{Path, PathBuf};

use ignore::WalkBuilder;

use crate::eval::promptfoo;
use crate::retrieve::corpus::Collection;
use crate::source::{SourceFile, parse_yaml};

use super::{SuiteError, read, table};

/// Files longer than this are not looked into while a folder is searched.
const LONGEST: u64 = 16 << 20;
/// The marks of suites: a file without any is not parsed.
const MARKS: &[&str] = &["suite:", "extends:", "\"suite\"", "providers", "targets", "prompts"];

/// The suites among some paths: a file that was named must be one; a folder is walked as git sees it. A folder
/// without suites may be a judged collection, or hold some: then those folders are the suites.
///
/// # Errors
/// Fails for a path that is not there, and for a named file that is no suite.
pub fn discover(paths: &[PathBuf]) -> Result<Vec<PathBuf>, SuiteError> {
    let mut found = Vec::new();
    for path in paths {
        if !path.is_dir() && Collection::is_topics(path) {
            let message = "these are topics, which alone are no suite: --qrels FILE says what is relevant, --corpus PATH where the documents are";
            return Err(SuiteError::file(path, message));
        }
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
            if inside.is_empty() {
                inside = collections(path)?;
            }
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

/// The folder itself when it is a collection, else those of its folders that are.
fn collections(folder: &Path) -> Result<Vec<PathBuf>, SuiteError> {
    let is_one = |folder: &Path| Collection::of_folder(folder, None).map(|found| found.is_some());
    if is_one(folder).map_err(SuiteError::from)? {
        return Ok(vec![folder.to_owned()]);
    }
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
    folders.sort();
    // What is wrong in a folder that nobody named is not told: it may be no collection at all.
    folders.retain(|folder| is_one(folder).unwrap_or(false));
    Ok(folders)
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
