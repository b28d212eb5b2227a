//! Fixes: which edits can go together, what they change, and how they reach the disk.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use similar::TextDiff;

use crate::report::{Finding, FixSafety};
use crate::source::{Edit, SourceFile, apply};

/// A file before and after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The file.
    pub path: PathBuf,
    /// Its text as it was read.
    pub before: String,
    /// Its text with the fixes.
    pub after: String,
}

/// One round of fixes: for each file its text after all edits that do not touch one another. What
/// is left out comes in the next round, over what this one wrote. Gives also how many were applied.
#[must_use]
pub fn round(findings: &[Finding], with_review: bool) -> (Vec<(Arc<SourceFile>, String)>, usize) {
    let mut accepted: Vec<&Edit> = Vec::new();
    let mut applied = 0;
    for finding in findings {
        let Some(fix) = &finding.fix else { continue };
        if fix.safety != FixSafety::Safe && !with_review {
            continue;
        }
        let free = fix
            .edits
            .iter()
            .all(|edit| !accepted.iter().any(|other| *other != edit && touch(edit, other)));
        if free && !fix.edits.is_empty() {
            accepted.extend(&fix.edits);
            applied += 1;
        }
    }
    let mut files: Vec<&Arc<SourceFile>> = Vec::new();
    for edit in &accepted {
        if !files.iter().any(|file| Arc::ptr_eq(file, &edit.place.file)) {
            files.push(&edit.place.file);
        }
    }
    let edits: Vec<Edit> = accepted.into_iter().cloned().collect();
    let changed = files
        .into_iter()
        .filter_map(|file| Some((Arc::clone(file), apply(file, &edits).ok()?)))
        .filter(|(file, after)| file.text() != after)
        .collect();
    (changed, applied)
}

/// Whether two edits overlap, or insert at the same place.
fn touch(a: &Edit, b: &Edit) -> bool {
    a.place.same_file(&b.place) && a.place.span.start <= b.place.span.end && b.place.span.start <= a.place.span.end
}

/// A unified diff with three lines of context.
#[must_use]
pub fn diff(change: &Change) -> String {
    let path = change.path.display().to_string().replace('\\', "/");
    TextDiff::from_lines(change.before.as_str(), change.after.as_str())
        .unified_diff()
        .header(&format!("a/{path}"), &format!("b/{path}"))
        .to_string()
}

/// Writes a change: into a file beside it first, then in its place, with its permissions. Refuses
/// when the file is no longer as it was read.
///
/// # Errors
/// Fails when the disk does, or the file has changed meanwhile.
pub fn write(change: &Change) -> io::Result<()> {
    // A link keeps being one: what it leads to is written.
    let path = change.path.canonicalize()?;
    if fs::read_to_string(&path)? != change.before {
        return Err(io::Error::other("it has changed since it was read"));
    }
    let folder = path.parent().unwrap_or_else(|| Path::new("."));
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or("file");
    let beside = folder.join(format!(".{name}.aisys-fix"));
    let write = || {
        let mut file = fs::File::create(&beside)?;
        file.write_all(change.after.as_bytes())?;
        file.sync_all()?;
        fs::set_permissions(&beside, fs::metadata(&path)?.permissions())?;
        fs::rename(&beside, &path)
    };
    write().inspect_err(|_| {
        let _ = fs::remove_file(&beside);
    })
}
