//! The files of a folder, as git would show them, in the order of their paths.

use std::path::{Path, PathBuf};

use ignore::WalkBuilder;

use super::CorpusError;

/// Extensions that never hold text to search: reading them would only list problems.
const BINARY: &[&str] = &[
    "avif",
    "bin",
    "bmp",
    "class",
    "dll",
    "doc",
    "docx",
    "dylib",
    "exe",
    "gif",
    "gguf",
    "gz",
    "ico",
    "jar",
    "jpeg",
    "jpg",
    "mov",
    "mp3",
    "mp4",
    "npy",
    "npz",
    "o",
    "otf",
    "parquet",
    "png",
    "ppt",
    "pptx",
    "pyc",
    "safetensors",
    "so",
    "sqlite",
    "tar",
    "ttf",
    "wasm",
    "wav",
    "webm",
    "webp",
    "woff",
    "woff2",
    "xls",
    "xlsx",
    "xz",
    "zip",
    "zst",
];

/// All regular files below a folder but hidden ones, those that `.gitignore` names, and known binaries.
/// Links are not followed, so that no walk leaves the folder or runs in a circle.
pub(super) fn files(root: &Path, problems: &mut Vec<CorpusError>) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in WalkBuilder::new(root).require_git(false).follow_links(false).build() {
        match entry {
            Ok(entry) if entry.file_type().is_some_and(|kind| kind.is_file()) => files.push(entry.into_path()),
            Ok(_) => {}
            Err(error) => problems.push(CorpusError::new(root, error.to_string())),
        }
    }
    files.retain(|path| !is_binary(path));
    files.sort();
    files
}

pub(super) fn is_binary(path: &Path) -> bool {
    path.extension()
        .and_then(|extension| extension.to_str())
        .is_some_and(|extension| BINARY.contains(&extension.to_ascii_lowercase().as_str()))
}

/// A file's identifier: its path below the root, with `/` on every platform.
pub(super) fn id_below(root: &Path, path: &Path) -> String {
    let below = path.strip_prefix(root).unwrap_or(path);
    let parts: Vec<_> = below.iter().map(|part| part.to_string_lossy()).collect();
    parts.join("/")
}
