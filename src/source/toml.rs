//! TOML, read through the `toml` crate's spanned tree.

use std::ops::Range;
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::ParseError;
use super::file::{SourceFile, Span};
use super::node::{Data, Entry, Key, Map, Node};

/// A TOML file as a tree. A table's place covers its header and what stands under it up to the next
/// header, or the whole `{…}`.
///
/// # Errors
/// Fails with a place when the text is not TOML; keys that stand twice and deep nesting are such errors.
pub fn parse_toml(file: &Arc<SourceFile>) -> Result<Node, ParseError> {
    let table = DeTable::parse(file.text()).map_err(|error| ParseError {
        message: error.message().lines().next().unwrap_or_default().to_owned(),
        place: error.span().map(|range| file.place(span(file, &range))),
    })?;
    let entries = map(file, table.get_ref());
    Ok(Node {
        data: entries,
        place: file.place(Span::new(0, file.text().trim_end().len())),
    })
}

fn span(file: &SourceFile, range: &Range<usize>) -> Span {
    let inside = |offset: usize| {
        let mut offset = offset.min(file.text().len());
        while !file.text().is_char_boundary(offset) {
            offset -= 1;
        }
        offset
    };
    Span::new(inside(range.start), inside(range.end).max(inside(range.start)))
}

fn map(file: &Arc<SourceFile>, table: &DeTable<'_>) -> Data {
    let mut entries: Vec<Entry> = table
        .iter()
        .map(|(key, value)| Entry {
            key: Key {
                text: key.get_ref().to_string(),
                place: file.place(span(file, &key.span())),
            },
            value: node(file, value),
        })
        .collect();
    // The library sorts by name; the text's own order is what people see.
    entries.sort_by_key(|entry| entry.key.place.span);
    Data::Map(Map { entries })
}

fn node(file: &Arc<SourceFile>, value: &Spanned<DeValue<'_>>) -> Node {
    let own = span(file, &value.span());
    let data = match value.get_ref() {
        DeValue::String(text) => Data::Str(text.to_string()),
        DeValue::Integer(number) => integer(number),
        DeValue::Float(number) => Data::Float(number.as_str().replace('_', "").parse().unwrap_or(f64::NAN)),
        DeValue::Boolean(value) => Data::Bool(*value),
        DeValue::Datetime(moment) => Data::Str(moment.to_string()),
        DeValue::Array(items) => Data::Seq(items.iter().map(|item| node(file, item)).collect()),
        DeValue::Table(table) => map(file, table),
    };
    // A table under a header ends with its last value, not with its header.
    let end = match &data {
        Data::Map(map) if !file.text()[own.start..own.end].starts_with('{') => map
            .entries
            .iter()
            .map(|entry| entry.value.place.span.end.max(entry.key.place.span.end))
            .max()
            .unwrap_or(own.end)
            .max(own.end),
        _ => own.end,
    };
    Node {
        data,
        place: file.place(Span::new(own.start, end)),
    }
}

/// A whole number in any of TOML's notations; one beyond 64 bits with sign is kept as a float.
fn integer(number: &toml::de::DeInteger<'_>) -> Data {
    let digits = number.as_str().replace('_', "");
    let digits = digits
        .strip_prefix(['0'])
        .filter(|rest| rest.starts_with(['x', 'o', 'b']))
        .map_or(digits.as_str(), |rest| &rest[1..]);
    i64::from_str_radix(digits, number.radix())
        .map_or_else(|_| Data::Float(digits.parse().unwrap_or(f64::NAN)), Data::Int)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_keep_their_places_and_order() {
        let text = "[models.\"gpt 4\"]\nrouting = [\"a\", \"b\"]\n\n[models.\"gpt 4\".providers.a]\ntype = \"openai\"\nn = 0x1f\nx = 1_000.5\nt = { q = 1 }\n[gateway]\nz = 1\na = 2\n";
        let root = parse_toml(&SourceFile::new("t.toml", text)).unwrap();
        assert_eq!(
            root.at(&["models", "gpt 4", "routing"]).unwrap().place.text(),
            "[\"a\", \"b\"]"
        );
        let provider = root.at(&["models", "gpt 4", "providers", "a"]).unwrap();
        assert_eq!(provider.get("type").unwrap().place.text(), "\"openai\"");
        assert_eq!(provider.get("n").unwrap().as_u64(), Some(31));
        assert_eq!(provider.get("x").unwrap().as_f64(), Some(1000.5));
        assert!(
            provider.place.text().ends_with("t = { q = 1 }"),
            "{}",
            provider.place.text()
        );
        let keys: Vec<_> = root
            .get("gateway")
            .unwrap()
            .entries()
            .map(|entry| entry.key.text.as_str())
            .collect();
        assert_eq!(keys, ["z", "a"]);
    }

    #[test]
    fn a_key_that_stands_twice_is_an_error_with_a_place() {
        let error = parse_toml(&SourceFile::new("t.toml", "a = 1\na = 2\n")).unwrap_err();
        assert_eq!(error.place.unwrap().start().line, 2);
        let deep = format!("a = {}", "[".repeat(100_000));
        assert!(parse_toml(&SourceFile::new("t.toml", deep)).is_err());
    }
}
