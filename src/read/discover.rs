//! Which files are looked at: those that were named, and in folders those that git would show.

use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};

use ignore::WalkBuilder;

use super::error::ReadError;

/// Folders that hold other people's files, whatever git thinks of them.
const SKIPPED_FOLDERS: &[&str] = &[
    ".git",
    ".hg",
    ".svn",
    ".tox",
    ".venv",
    "__pycache__",
    "node_modules",
    "site-packages",
    "venv",
];

/// Extensions of configurations.
const CONFIG_EXTENSIONS: &[&str] = &["yaml", "yml", "json", "toml"];

/// One file to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Candidate {
    /// Where it is, as reports show it.
    pub path: PathBuf,
    /// Whether the user named it: then it must be readable and recognised.
    pub named: bool,
}

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Files to read, in the order of their paths.
    pub candidates: Vec<Candidate>,
    /// Whether the standard input is to be read too.
    pub stdin: bool,
    /// What could not be looked at.
    pub errors: Vec<ReadError>,
}

/// All files of the named paths. A folder is walked; links are followed to files, never to folders,
/// so that no walk runs in a circle.
pub(super) fn discover(paths: &[PathBuf], is_code: fn(&Path) -> bool) -> Found {
    let mut found = Found::default();
    let mut seen = HashSet::new();
    for path in paths {
        if path.as_os_str() == "-" {
            found.stdin = true;
            continue;
        }
        match std::fs::metadata(path) {
            Ok(meta) if meta.is_dir() => walk(path, is_code, &mut found, &mut seen),
            Ok(_) => add(path.clone(), true, &mut found, &mut seen),
            Err(error) => found.errors.push(ReadError::io(path, &error, true)),
        }
    }
    found.candidates.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

fn add(path: PathBuf, named: bool, found: &mut Found, seen: &mut HashSet<PathBuf>) {
    let path = path.strip_prefix("./").map(Path::to_path_buf).unwrap_or(path);
    if seen.insert(path.clone()) {
        found.candidates.push(Candidate { path, named });
    }
}

fn walk(root: &Path, is_code: fn(&Path) -> bool, found: &mut Found, seen: &mut HashSet<PathBuf>) {
    let entries = WalkBuilder::new(root)
        .hidden(false)
        .require_git(false)
        .follow_links(false)
        .filter_entry(|entry| {
            entry
                .file_name()
                .to_str()
                .is_none_or(|name| !SKIPPED_FOLDERS.contains(&name))
        })
        .build();
    for entry in entries {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                found.errors.push(ReadError::walk(root, &error));
                continue;
            }
        };
        if !is_wanted(entry.path(), is_code) {
            continue;
        }
        let Some(kind) = entry.file_type() else { continue };
        if kind.is_file() {
            add(entry.into_path(), false, found, seen);
        } else if kind.is_symlink() {
            match std::fs::metadata(entry.path()) {
                Ok(meta) if meta.is_file() => add(entry.into_path(), false, found, seen),
                Ok(_) => {}
                // A link that leads nowhere is common and says nothing about this system.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => found.errors.push(ReadError::io(entry.path(), &error, false)),
            }
        }
    }
}

/// Whether a file's name lets it hold something for us; its content decides later.
fn is_wanted(path: &Path, is_code: fn(&Path) -> bool) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|extension| CONFIG_EXTENSIONS.contains(&extension)) || is_env(path) || is_code(path)
}

/// Whether a name is that of a file of variables: `.env`, `.env.example`, `prod.env`.
pub(super) fn is_env(path: &Path) -> bool {
    let is_config = path
        .extension()
        .and_then(|extension| extension.to_str())
        .is_some_and(|extension| CONFIG_EXTENSIONS.contains(&extension));
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    !is_config && name.split('.').skip(1).any(|part| part == "env")
}
