//! One text file, and places in it.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// A half-open range of byte offsets into a file's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The first byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    /// The span from `start` up to, not including, `end`.
    #[must_use]
    pub const fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }

    /// Whether `other` lies within this span.
    #[must_use]
    pub const fn contains(&self, other: Self) -> bool {
        self.start <= other.start && other.end <= self.end
    }
}

/// A position for people: line and column from one; the column counts characters, not bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The line, from one.
    pub line: usize,
    /// The column in characters, from one.
    pub column: usize,
}

/// A text file that was read, under the path that reports show.
pub struct SourceFile {
    path: PathBuf,
    text: String,
    line_starts: OnceLock<Vec<usize>>,
}

impl SourceFile {
    /// A file whose `path` is shown as given.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>, text: impl Into<String>) -> Arc<Self> {
        Arc::new(Self {
            path: path.into(),
            text: text.into(),
            line_starts: OnceLock::new(),
        })
    }

    /// The path as reports show it.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The whole text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    fn line_starts(&self) -> &[usize] {
        self.line_starts.get_or_init(|| {
            std::iter::once(0)
                .chain(
                    self.text
                        .bytes()
                        .enumerate()
                        .filter(|(_, byte)| *byte == b'\n')
                        .map(|(at, _)| at + 1),
                )
                .collect()
        })
    }

    /// The position of a byte offset; an offset past the end counts as the end.
    #[must_use]
    pub fn position(&self, offset: usize) -> Position {
        let offset = offset.min(self.text.len());
        let starts = self.line_starts();
        let line = starts.partition_point(|start| *start <= offset);
        let start = starts[line - 1];
        let column = self
            .text
            .get(start..offset)
            .map_or(offset - start, |before| before.chars().count())
            + 1;
        Position { line, column }
    }

    /// The byte range of a line (from one) without its line end; `None` past the last line.
    #[must_use]
    pub fn line_span(&self, line: usize) -> Option<Span> {
        let starts = self.line_starts();
        let start = *starts.get(line.checked_sub(1)?)?;
        let end = starts.get(line).map_or(self.text.len(), |next| next - 1);
        let end = if self.text[start..end].ends_with('\r') {
            end - 1
        } else {
            end
        };
        Some(Span::new(start, end))
    }

    /// How many lines the text has; a last line without a line end counts.
    #[must_use]
    pub fn line_count(&self) -> usize {
        self.line_starts().len()
    }

    /// A place in this file.
    #[must_use]
    pub fn place(self: &Arc<Self>, span: Span) -> Place {
        Place {
            file: Arc::clone(self),
            span,
        }
    }
}

impl fmt::Debug for SourceFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SourceFile({}, {} bytes)", self.path.display(), self.text.len())
    }
}

/// A range in a file.
#[derive(Clone)]
pub struct Place {
    /// The file.
    pub file: Arc<SourceFile>,
    /// The range in its text.
    pub span: Span,
}

impl Place {
    /// The text that stands here.
    #[must_use]
    pub fn text(&self) -> &str {
        self.file.text().get(self.span.start..self.span.end).unwrap_or_default()
    }

    /// Where it starts.
    #[must_use]
    pub fn start(&self) -> Position {
        self.file.position(self.span.start)
    }

    /// The line that it starts in, under a number and over carets, as error messages show it.
    #[must_use]
    pub fn quoted(&self) -> String {
        const BEFORE: usize = 60;
        const SHOWN: usize = 100;
        let start = self.start();
        let Some(span) = self.file.line_span(start.line) else {
            return String::new();
        };
        // A line can be a whole minified file: what stands around the place is enough.
        let line: Vec<char> = self.file.text()[span.start..span.end].chars().collect();
        let from = start.column.saturating_sub(1).saturating_sub(BEFORE).min(line.len());
        let shown = line[from..].iter().take(SHOWN);
        let shown: String = shown.map(|c| if c.is_control() { ' ' } else { *c }).collect();
        let before = " ".repeat(start.column.saturating_sub(1).saturating_sub(from));
        let inside = self
            .file
            .text()
            .get(self.span.start..self.span.end.min(span.end))
            .unwrap_or_default();
        let room = shown.chars().count().saturating_sub(before.len());
        let carets = "^".repeat(inside.trim_end().chars().count().min(room).max(1));
        let number = start.line.to_string();
        let pad = " ".repeat(number.len());
        format!("{pad} |\n{number} | {shown}\n{pad} | {before}{carets}")
    }

    /// Where it ends: the position just past its last character.
    #[must_use]
    pub fn end(&self) -> Position {
        self.file.position(self.span.end)
    }

    /// Whether both are in the same file.
    #[must_use]
    pub fn same_file(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.file, &other.file)
    }

    /// The same place, cut to its first line: what a caret points at when a value spans a block.
    #[must_use]
    pub fn first_line(&self) -> Self {
        let text = self.text();
        let length = text.find('\n').unwrap_or(text.len());
        Self {
            file: Arc::clone(&self.file),
            span: Span::new(self.span.start, self.span.start + text[..length].trim_end().len()),
        }
    }
}

impl PartialEq for Place {
    fn eq(&self, other: &Self) -> bool {
        self.same_file(other) && self.span == other.span
    }
}

impl Eq for Place {}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl fmt::Display for Place {
    /// `path:line:column`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let start = self.start();
        write!(f, "{}:{}:{}", self.file.path().display(), start.line, start.column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_characters_and_lines_from_one() {
        let file = SourceFile::new("a.yaml", "模型: x\r\nb: y");
        assert_eq!(file.position(0), Position { line: 1, column: 1 });
        assert_eq!(file.position("模型: ".len()), Position { line: 1, column: 5 });
        assert_eq!(file.position("模型: x\r\n".len()), Position { line: 2, column: 1 });
        assert_eq!(file.line_span(1), Some(Span::new(0, "模型: x".len())));
        assert_eq!(file.line_span(3), None);
    }
}
