//! Files that a configuration names: paths, globs, and the functions in scripts.

use std::path::{Path, PathBuf};

use globset::GlobBuilder;

use crate::eval::suite::SuiteError;
use crate::source::Place;

/// Files up to this length are read.
const LONGEST: u64 = 256 << 20;
/// A glob looks at no more files than this.
const MOST_FILES: usize = 100_000;
/// A glob goes no deeper than this.
const DEEPEST: usize = 32;

/// A path without `file://`.
pub(super) fn bare(text: &str) -> &str {
    text.strip_prefix("file://").unwrap_or(text)
}

/// The text of a file, within limits and without a byte order mark.
pub(super) fn text_of(place: &Place, path: &Path) -> Result<String, SuiteError> {
    let bytes = bytes_of(place, path)?;
    let text =
        String::from_utf8(bytes).map_err(|_| SuiteError::at(place, format!("{} is not UTF-8 text", path.display())))?;
    Ok(text
        .strip_prefix('\u{feff}')
        .map_or_else(|| text.clone(), str::to_owned))
}

/// The bytes of a file, within limits.
pub(super) fn bytes_of(place: &Place, path: &Path) -> Result<Vec<u8>, SuiteError> {
    let cannot = |why: &dyn std::fmt::Display| SuiteError::at(place, format!("{}: {why}", path.display()));
    let metadata = std::fs::metadata(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => cannot(&"there is no such file"),
        _ => cannot(&error),
    })?;
    if metadata.is_dir() {
        return Err(cannot(&"this is a folder, and a file is needed"));
    }
    if metadata.len() > LONGEST {
        return Err(cannot(&format_args!("the file is longer than {} MB", LONGEST >> 20)));
    }
    std::fs::read(path).map_err(|error| cannot(&error))
}

/// The extension in lower case; empty when there is none.
pub(super) fn extension(path: &str) -> String {
    let extension = Path::new(path).extension().and_then(|extension| extension.to_str());
    extension.unwrap_or_default().to_lowercase()
}

/// Whether a path is a glob, as node's glob tells it: braces alone do not make one.
pub(super) fn is_glob(path: &str) -> bool {
    path.contains(['*', '?']) || path.find('[').is_some_and(|at| path[at..].contains(']'))
}

/// What a script is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::eval) enum Language {
    /// `.js`, `.mjs`, `.cjs`, by node.
    JavaScript,
    /// `.ts`, `.mts`, `.cts`, by node 22.6 or newer.
    TypeScript,
    /// `.py`, by python3.
    Python,
}

impl Language {
    /// The language of a file by its extension.
    pub(super) fn of(path: &str) -> Option<Self> {
        match extension(path).as_str() {
            "js" | "mjs" | "cjs" => Some(Self::JavaScript),
            "ts" | "mts" | "cts" => Some(Self::TypeScript),
            "py" => Some(Self::Python),
            _ => None,
        }
    }
}

/// A script and the function in it: `x.py:name`. A path without a script's extension is left whole.
pub(super) fn function_of(path: &str) -> (&str, Option<&str>) {
    match path.rsplit_once(':') {
        Some((file, name)) if Language::of(file).is_some() && !name.is_empty() => (file, Some(name)),
        _ => (path, None),
    }
}

/// The files that a path or glob below a folder names, in the order of their names.
pub(super) fn matching(place: &Place, folder: &Path, pattern: &str) -> Result<Vec<PathBuf>, SuiteError> {
    let pattern = pattern.strip_prefix("./").unwrap_or(pattern);
    if !is_glob(pattern) {
        let path = folder.join(pattern);
        return Ok(if path.exists() { vec![path] } else { Vec::new() });
    }
    let wrong = |error: &dyn std::fmt::Display| SuiteError::at(place, format!("`{pattern}` is no glob: {error}"));
    let whole = folder.join(pattern);
    let text = whole.to_str().ok_or_else(|| wrong(&"it is not UTF-8"))?;
    // What stands before the first part with a mark is a plain folder.
    let fixed: PathBuf = whole
        .components()
        .take_while(|part| !part.as_os_str().to_str().is_some_and(is_glob))
        .collect();
    let glob = GlobBuilder::new(text)
        .literal_separator(true)
        .build()
        .map_err(|error| wrong(&error))?;
    let glob = glob.compile_matcher();
    let mut found = Vec::new();
    let mut seen = 0;
    walk(&fixed, DEEPEST, &mut |path| {
        seen += 1;
        if glob.is_match(path) {
            found.push(path.to_owned());
        }
        seen < MOST_FILES
    });
    if seen >= MOST_FILES {
        return Err(wrong(&format_args!(
            "more than {MOST_FILES} files stand below {}",
            fixed.display()
        )));
    }
    found.sort();
    Ok(found)
}

/// Visits the files below a folder until `visit` says no. A folder that cannot be read has none.
fn walk(folder: &Path, depth: usize, visit: &mut impl FnMut(&Path) -> bool) -> bool {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return true;
    };
    for entry in entries.filter_map(Result::ok) {
        let path = entry.path();
        let goes_on = if path.is_dir() {
            depth == 0 || walk(&path, depth - 1, visit)
        } else {
            visit(&path)
        };
        if !goes_on {
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{SourceFile, Span};

    #[test]
    fn scripts_may_name_a_function() {
        assert_eq!(function_of("a/b.py:make_tests"), ("a/b.py", Some("make_tests")));
        assert_eq!(function_of("a/b.mjs"), ("a/b.mjs", None));
        assert_eq!(function_of("tests:one.csv"), ("tests:one.csv", None));
        assert_eq!(Language::of("x.CTS"), Some(Language::TypeScript));
    }

    #[test]
    fn globs_find_files_in_the_order_of_their_names() {
        let folder = tempfile::tempdir().unwrap();
        for name in [
            "tests/b/trigger.yaml",
            "tests/a/trigger.yaml",
            "tests/a/deep/trigger.yaml",
            "tests/a/x.yaml",
        ] {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        let place = SourceFile::new("c.yaml", "x").place(Span::new(0, 1));
        let found = matching(&place, folder.path(), "./tests/*/trigger.yaml").unwrap();
        let names: Vec<_> = found
            .iter()
            .map(|path| path.strip_prefix(folder.path()).unwrap())
            .collect();
        assert_eq!(
            names,
            [Path::new("tests/a/trigger.yaml"), Path::new("tests/b/trigger.yaml")]
        );
        assert_eq!(
            matching(&place, folder.path(), "tests/**/trigger.yaml").unwrap().len(),
            3
        );
        assert!(matching(&place, folder.path(), "none/*.yaml").unwrap().is_empty());
    }
}
