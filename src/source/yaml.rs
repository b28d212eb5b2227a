//! YAML and JSON, read through `serde-saphyr`.

use std::cell::RefCell;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{DuplicateKeyPolicy, NonFiniteFloatPolicy, Spanned};

use super::error::ParseError;
use super::file::{Place, SourceFile, Span};
use super::node::{Data, Entry, Key, Map, Node};

/// Nesting deeper than this is refused: every walk over a tree recurses.
const MAX_DEPTH: usize = 128;
/// A document with more nodes than this is refused. The largest real configuration that we know
/// has 6,000.
const MAX_NODES: usize = 1_000_000;
/// Aliases may repeat so much of the text, and no more: a bomb of a few lines is refused early.
const MAX_REPLAYED: usize = 50_000;

/// All documents of a YAML (or JSON) file. Empty documents are left out.
///
/// # Errors
/// Fails with a place when the text is not YAML, or goes beyond a limit.
pub fn parse_yaml(file: &Arc<SourceFile>) -> Result<Vec<Node>, ParseError> {
    let parsed = parse(file.text()).map_err(|error| parse_error(file, &error))?;
    let builder = Builder {
        file,
        text: file.text(),
    };
    Ok(parsed
        .into_iter()
        .map(|raw| builder.node(raw))
        .filter(|node| !node.is_null())
        .collect())
}

/// All documents of the YAML that is a `part` of the text inside a block scalar of another file, in
/// whole lines; every place points into the outer file.
///
/// # Errors
/// Fails as [`parse_yaml`] does, and when the scalar is not a literal block (`|`), whose lines are
/// the only ones that keep their places.
pub fn parse_embedded_yaml(outer: &Place, text: &str, part: Range<usize>) -> Result<Vec<Node>, ParseError> {
    let lines = embedded_lines(outer, text).ok_or_else(|| ParseError {
        message: "the configuration inside this text can only be read from a literal block (`|`)".to_owned(),
        place: Some(outer.first_line()),
    })?;
    // What stands around the part becomes space, so that every offset stays what it was.
    let blank = |text: &str| -> String {
        text.bytes()
            .map(|byte| if byte == b'\n' { '\n' } else { ' ' })
            .collect()
    };
    let only_part = blank(&text[..part.start]) + &text[part.clone()] + &blank(&text[part.end..]);
    let inner = SourceFile::new(outer.file.path(), only_part);
    let relocate = |span: Span| {
        let at = |offset: usize| {
            let line = lines.partition_point(|(inner_start, _)| *inner_start <= offset) - 1;
            let (inner_start, outer_start) = lines[line];
            outer_start + (offset - inner_start)
        };
        // An end at the start of a line belongs to the end of the line before it.
        let end = if span.end > span.start {
            at(span.end - 1) + 1
        } else {
            at(span.end)
        };
        outer.file.place(Span::new(at(span.start), end))
    };
    let mut nodes = parse_yaml(&inner).map_err(|error| ParseError {
        place: error.place.map(|place| relocate(place.span)),
        message: error.message,
    })?;
    for node in &mut nodes {
        node.relocate(&relocate);
    }
    Ok(nodes)
}

/// For each line of the inner text, its offset there and in the outer file. `None` when the outer
/// scalar is not a literal block, or its lines are not the inner ones.
fn embedded_lines(outer: &Place, text: &str) -> Option<Vec<(usize, usize)>> {
    let block = outer.text();
    if !block.starts_with('|') {
        return None;
    }
    let mut lines = Vec::new();
    let mut outer_at = outer.span.start + block.find('\n')? + 1;
    let mut indent = None;
    let mut inner_at = 0;
    for inner in text.split_inclusive('\n') {
        let rest = outer.file.text().get(outer_at..)?;
        let outer_line = rest.split_inclusive('\n').next().unwrap_or_default();
        let content = inner.trim_end_matches(['\n', '\r']);
        let trimmed = outer_line.trim_end_matches(['\n', '\r']);
        let stripped = if content.is_empty() {
            trimmed.len().min(indent.unwrap_or(trimmed.len()))
        } else {
            let stripped = trimmed.len().checked_sub(content.len())?;
            if !trimmed.ends_with(content) || trimmed[..stripped].bytes().any(|byte| byte != b' ') {
                return None;
            }
            indent.get_or_insert(stripped);
            stripped
        };
        lines.push((inner_at, outer_at + stripped));
        inner_at += inner.len();
        outer_at += outer_line.len();
    }
    if lines.is_empty() {
        lines.push((0, outer_at));
    }
    Some(lines)
}

fn parse(text: &str) -> Result<Vec<Spanned<Raw>>, serde_saphyr::Error> {
    let budget = serde_saphyr::budget! {
        max_depth: MAX_DEPTH,
        max_nodes: MAX_NODES,
        max_events: MAX_NODES * 3,
        max_recorded_anchor_events: MAX_REPLAYED,
        max_total_scalar_bytes: 64 * 1024 * 1024,
        flow_nesting_limit: MAX_DEPTH,
    };
    let options = serde_saphyr::options! {
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
        non_finite_float_policy: NonFiniteFloatPolicy::PassThrough,
        alias_limits: serde_saphyr::alias_limits! { max_total_replayed_events: MAX_REPLAYED },
        budget: budget,
    };
    DEPTH.with_borrow_mut(|depth| *depth = 0);
    serde_saphyr::from_multiple_with_options(text, options)
}

fn parse_error(file: &Arc<SourceFile>, error: &serde_saphyr::Error) -> ParseError {
    let location = error.location();
    let message = error.without_snippet().to_string();
    // The position is given beside the message, so it is taken out of it.
    let message = plain_words(message.split(" at line ").next().unwrap_or(&message));
    let place = location.and_then(|location| {
        let line = usize::try_from(location.line()).ok()?;
        let column = usize::try_from(location.column()).ok()?;
        let span = file.line_span(line)?;
        let text = &file.text()[span.start..span.end];
        let start = span.start
            + text
                .char_indices()
                .nth(column.saturating_sub(1))
                .map_or(text.len(), |(at, _)| at);
        let end = file.text()[start..]
            .chars()
            .next()
            .filter(|it| *it != '\n')
            .map_or(start, |it| start + it.len_utf8());
        Some(file.place(Span::new(start, end)))
    });
    ParseError { message, place }
}

/// The library's names for its limits, in words that say what to do.
fn plain_words(message: &str) -> String {
    let breached = |limit: &str| message.starts_with("budget breached") && message.contains(limit);
    if message.starts_with("recursion limit") || breached("Depth") || breached("FlowNesting") {
        format!("nested deeper than {MAX_DEPTH}, which no configuration is: flatten it, or leave the file out")
    } else if breached("RecordedAnchorEvents") || breached("Alias") || message.contains("replay") {
        format!("its aliases repeat more than {MAX_REPLAYED} values (an alias bomb): write the values out")
    } else if message.starts_with("budget breached") {
        format!("larger than {MAX_NODES} values, which no configuration is: split it, or leave it out")
    } else {
        message.to_owned()
    }
}

/// A value as it comes out of the library.
enum Raw {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Str(String),
    Seq(Vec<Spanned<Raw>>),
    Map(Vec<(Spanned<Raw>, Spanned<Raw>)>),
}

thread_local! {
    /// How deep the value that is being read is nested; aliases can nest deeper than the text.
    static DEPTH: RefCell<usize> = const { RefCell::new(0) };
}

fn deeper<T, E: serde::de::Error>(read: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
    let depth = DEPTH.with_borrow_mut(|depth| {
        *depth += 1;
        *depth
    });
    let result = if depth > MAX_DEPTH {
        Err(E::custom(format!("nested deeper than {MAX_DEPTH}")))
    } else {
        read()
    };
    DEPTH.with_borrow_mut(|depth| *depth -= 1);
    result
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Raw, E> {
        Ok(Raw::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Raw, E> {
        Ok(Raw::Int(value))
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "beyond 64 bits with sign a number is kept as a float"
    )]
    fn visit_u64<E>(self, value: u64) -> Result<Raw, E> {
        Ok(i64::try_from(value).map_or(Raw::Float(value as f64), Raw::Int))
    }

    #[expect(clippy::cast_precision_loss, reason = "as above")]
    fn visit_i128<E>(self, value: i128) -> Result<Raw, E> {
        Ok(i64::try_from(value).map_or(Raw::Float(value as f64), Raw::Int))
    }

    #[expect(clippy::cast_precision_loss, reason = "as above")]
    fn visit_u128<E>(self, value: u128) -> Result<Raw, E> {
        Ok(i64::try_from(value).map_or(Raw::Float(value as f64), Raw::Int))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Raw, E> {
        Ok(Raw::Float(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Raw, E> {
        Ok(Raw::Str(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Raw, E> {
        Ok(Raw::Str(value))
    }

    fn visit_bytes<E: serde::de::Error>(self, _: &[u8]) -> Result<Raw, E> {
        Err(E::custom("binary data has no place in a configuration"))
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_none<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Raw, A::Error> {
        deeper(|| {
            let mut items = Vec::new();
            while let Some(item) = access.next_element()? {
                items.push(item);
            }
            Ok(Raw::Seq(items))
        })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Raw, A::Error> {
        deeper(|| {
            let mut entries: Vec<(Spanned<Raw>, Spanned<Raw>)> = Vec::new();
            while let Some((key, value)) = access.next_entry::<Spanned<Raw>, Spanned<Raw>>()? {
                if matches!(key.value, Raw::Seq(_) | Raw::Map(_)) {
                    return Err(A::Error::custom("a key must be a single word or text"));
                }
                entries.push((key, value));
            }
            Ok(Raw::Map(entries))
        })
    }
}

/// Turns raw values into nodes with exact places.
struct Builder<'a> {
    file: &'a Arc<SourceFile>,
    text: &'a str,
}

impl Builder<'_> {
    fn node(&self, raw: Spanned<Raw>) -> Node {
        let given = self.span(&raw);
        let (data, span) = match raw.value {
            Raw::Null => (Data::Null, given),
            Raw::Bool(value) => (Data::Bool(value), given),
            Raw::Int(value) => (Data::Int(value), given),
            Raw::Float(value) => (Data::Float(value), given),
            Raw::Str(text) => (Data::Str(text), self.scalar(given)),
            Raw::Seq(items) => {
                let items: Vec<Node> = items.into_iter().map(|item| self.node(item)).collect();
                let span = self.collection(given, items.iter().map(|item| item.place.span), b']');
                (Data::Seq(items), span)
            }
            Raw::Map(entries) => {
                let entries: Vec<Entry> = entries
                    .into_iter()
                    .map(|(key, value)| self.entry(&key, value))
                    .collect();
                let inside = entries
                    .iter()
                    .flat_map(|entry| [entry.key.place.span, entry.value.place.span]);
                let span = self.collection(given, inside, b'}');
                (Data::Map(Map { entries }), span)
            }
        };
        Node {
            data,
            place: self.file.place(span),
        }
    }

    fn entry(&self, key: &Spanned<Raw>, value: Spanned<Raw>) -> Entry {
        let span = self.span(key);
        let text = match &key.value {
            Raw::Str(text) => text.clone(),
            // `on`, `1.0` and `~` are keys as they are written, whatever YAML makes of them.
            _ => self.text[span.start..span.end].to_owned(),
        };
        Entry {
            key: Key {
                text,
                place: self.file.place(span),
            },
            value: self.node(value),
        }
    }

    /// The library's span of a node, made safe: inside the text and on character boundaries.
    fn span(&self, raw: &Spanned<Raw>) -> Span {
        let span = raw.defined.span();
        let whole = |value: Option<u64>| value.and_then(|value| usize::try_from(value).ok()).unwrap_or(0);
        let start = self.boundary(whole(span.byte_offset()));
        let end = self.boundary(start.saturating_add(whole(span.byte_len())));
        Span::new(start, end.max(start))
    }

    fn boundary(&self, offset: usize) -> usize {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        offset
    }

    /// A text scalar: a block's header belongs to it, and white space after it does not.
    fn scalar(&self, given: Span) -> Span {
        let text = &self.text[given.start..given.end];
        if text.starts_with(['"', '\'']) {
            return given;
        }
        let end = given.start + text.trim_end().len();
        Span::new(
            self.block_header(given.start).unwrap_or(given.start),
            end.max(given.start),
        )
    }

    /// Where the header of a block scalar stands whose first line begins at `start`: on the nearest
    /// line above that is not blank, as `|` or `>` with its marks, and a comment perhaps.
    fn block_header(&self, start: usize) -> Option<usize> {
        let line_start = self.text[..start].rfind('\n')? + 1;
        if !self.text[line_start..start].bytes().all(|byte| byte == b' ') {
            return None;
        }
        let above = self.text[..line_start].trim_end();
        let header_line_start = above.rfind('\n').map_or(0, |at| at + 1);
        let header_line = &above[header_line_start..];
        let code = header_line
            .find(" #")
            .map_or(header_line, |at| &header_line[..at])
            .trim_end();
        let marks = code.trim_end_matches(|c: char| c.is_ascii_digit() || c == '+' || c == '-');
        let before = marks.strip_suffix(['|', '>'])?;
        (before.is_empty() || before.ends_with([' ', '\t'])).then_some(header_line_start + before.len())
    }

    /// From the first to the last of what is inside; in flow style with both brackets.
    fn collection(&self, given: Span, inside: impl Iterator<Item = Span>, closer: u8) -> Span {
        let is_flow = self.text[given.start..].starts_with(if closer == b']' { '[' } else { '{' });
        // What came through an alias or a merge key stands elsewhere and stretches nothing.
        let own = inside.filter(|span| span.start >= given.start);
        let end = own
            .map(|span| span.end)
            .max()
            .unwrap_or(given.start + usize::from(is_flow));
        if is_flow {
            Span::new(given.start, self.closing(end, closer))
        } else {
            Span::new(given.start, end)
        }
    }

    /// One past the closing bracket that follows `from`, over white space, commas and comments.
    fn closing(&self, from: usize, closer: u8) -> usize {
        let bytes = self.text.as_bytes();
        let mut at = from;
        while let Some(byte) = bytes.get(at) {
            match byte {
                b if *b == closer => return at + 1,
                b'#' => at += self.text[at..].find('\n').unwrap_or(self.text.len() - at),
                b' ' | b'\t' | b'\r' | b'\n' | b',' | b':' => at += 1,
                // An alias as the last item: its name stands between.
                _ => at = self.boundary(at + 1).max(at + 1),
            }
        }
        self.boundary(from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Vec<Node> {
        parse_yaml(&SourceFile::new("a.yaml", text)).unwrap()
    }

    fn text_at<'a>(node: &'a Node, path: &[&str]) -> &'a str {
        node.at(path).unwrap().place.text()
    }

    #[test]
    fn every_place_covers_its_value_as_written() {
        let text = "模型: \"q\\n\"\nlist:\n  - a: 1\n    b: |\n      one\n      two\n\n  - {x: [1, 2 ], y: 'v'}  # end\nf: >-\n  folded\n  text\nlast: plain\n  goes on # c\n";
        let root = &parse(text)[0];
        assert_eq!(text_at(root, &["模型"]), "\"q\\n\"");
        let items = root.get("list").unwrap().as_seq().unwrap();
        assert_eq!(text_at(&items[0], &["b"]), "|\n      one\n      two");
        assert_eq!(items[0].place.text(), "a: 1\n    b: |\n      one\n      two");
        assert_eq!(items[1].place.text(), "{x: [1, 2 ], y: 'v'}");
        assert_eq!(text_at(&items[1], &["x"]), "[1, 2 ]");
        assert_eq!(text_at(root, &["f"]), ">-\n  folded\n  text");
        assert_eq!(text_at(root, &["last"]), "plain\n  goes on");
        assert_eq!(root.place.text(), text.trim_end().trim_end_matches(" # c"));
    }

    #[test]
    fn a_key_that_stands_twice_is_kept_twice_and_the_last_one_counts() {
        let root = &parse("a: 1\na: 2\n")[0];
        assert_eq!(root.entries().count(), 2);
        assert_eq!(root.get("a").unwrap().as_u64(), Some(2));
    }

    #[test]
    fn merged_keys_are_there_and_point_to_where_they_are_written() {
        let root = &parse("base: &b {x: 1}\nuse:\n  <<: *b\n  y: 2\n")[0];
        assert_eq!(
            root.at(&["use", "x"]).unwrap().place.span,
            root.at(&["base", "x"]).unwrap().place.span
        );
        assert_eq!(root.at(&["use", "y"]).unwrap().as_u64(), Some(2));
    }

    #[test]
    fn keys_are_text_as_written() {
        let root = &parse("on: 1\n1.0: 2\ny: 3\n")[0];
        let keys: Vec<_> = root.entries().map(|entry| entry.key.text.as_str()).collect();
        assert_eq!(keys, ["on", "1.0", "y"]);
    }

    #[test]
    fn json_is_read_too() {
        let root = &parse("{\"a\": \"\\ud83d\\ude00\", \"b\": 12345678901234567890123, \"c\": [true, null]}")[0];
        assert_eq!(root.get("a").unwrap().as_str(), Some("😀"));
        assert!(root.get("b").unwrap().as_f64().unwrap() > 1.2e22);
        assert_eq!(text_at(root, &["c"]), "[true, null]");
    }

    #[test]
    fn errors_know_their_place() {
        let file = SourceFile::new("a.yaml", "a: x\nb: [1\n");
        let error = parse_yaml(&file).unwrap_err();
        assert_eq!(
            error.place.unwrap().start(),
            super::super::file::Position { line: 2, column: 4 }
        );
        assert_eq!(error.message, "unclosed bracket '['");
    }

    #[test]
    fn hostile_texts_are_refused() {
        let deep = "[".repeat(100_000);
        assert!(parse_yaml(&SourceFile::new("a", deep)).is_err());
        let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for level in 1..12 {
            let items = format!("*a{}, ", level - 1).repeat(10);
            bomb.push_str(&format!("a{level}: &a{level} [{items}]\n"));
        }
        assert!(parse_yaml(&SourceFile::new("a", bomb)).is_err());
    }

    #[test]
    fn an_embedded_configuration_points_into_the_outer_file() {
        let text = "data:\n  config.yaml: |\n    model_list:\n\n      - model_name: 模型\n    x: 1\nafter: 1\n";
        let outer = &parse(text)[0];
        let block = outer.at(&["data", "config.yaml"]).unwrap();
        let text = block.as_str().unwrap();
        let inner = parse_embedded_yaml(&block.place, text, 0..text.len()).unwrap();
        let name = inner[0].get("model_list").unwrap().as_seq().unwrap()[0]
            .get("model_name")
            .unwrap();
        assert_eq!(name.place.text(), "模型");
        assert_eq!(name.place.start().line, 5);
        assert_eq!(text_at(&inner[0], &["x"]), "1");
    }
}
