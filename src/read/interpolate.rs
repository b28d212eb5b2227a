//! `$NAME` and `${NAME:-default}` in compose files and `.env` files.
//!
//! The forms are those of the Compose specification ("Interpolation"): `${N-d}` and `${N:-d}` fill
//! a default in, `${N?e}` and `${N:?e}` stop, `${N+r}` and `${N:+r}` replace, `$$` is a dollar sign.

/// No reference is longer: a text of a million unclosed braces is not searched to its end for each.
const MOST_BYTES: usize = 4_096;

/// A text cut at its references.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Part<'a> {
    /// Text as it is.
    Text(&'a str),
    /// A reference: its name, and the default that stands in it.
    Reference { name: &'a str, default: Option<&'a str> },
}

/// Cuts a text at its references. What is no well-formed reference stays text.
pub(crate) fn parts(text: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let (mut rest, mut from) = (text, 0);
    while let Some(at) = rest[from..].find('$').map(|at| at + from) {
        let after = &rest[at + 1..];
        if let Some(escaped) = after.strip_prefix('$') {
            parts.push(Part::Text(&rest[..=at]));
            (rest, from) = (escaped, 0);
            continue;
        }
        let Some((part, length)) = reference(after) else {
            from = at + 1;
            continue;
        };
        if at > 0 {
            parts.push(Part::Text(&rest[..at]));
        }
        parts.push(part);
        (rest, from) = (&after[length..], 0);
    }
    if !rest.is_empty() {
        parts.push(Part::Text(rest));
    }
    parts
}

/// The reference at the start of a text that follows a dollar sign, and its length.
fn reference(after: &str) -> Option<(Part<'_>, usize)> {
    let braced = after.strip_prefix('{');
    let inner = braced.unwrap_or(after);
    let end = inner
        .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .unwrap_or(inner.len());
    let name = &inner[..end];
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    if braced.is_none() {
        return Some((Part::Reference { name, default: None }, end));
    }
    let close = closing(inner)?;
    let form = inner[end..close].trim_start_matches(':');
    let default = form.strip_prefix('-');
    Some((Part::Reference { name, default }, close + 2))
}

/// Where the brace that was opened before this text closes; a default may hold references itself.
fn closing(inner: &str) -> Option<usize> {
    let mut open = 0_usize;
    for (at, byte) in inner.bytes().enumerate().take(MOST_BYTES) {
        match byte {
            b'{' => open += 1,
            b'}' if open == 0 => return Some(at),
            b'}' => open -= 1,
            _ => {}
        }
    }
    None
}

/// The text with its defaults filled in. A reference without a default, or with a reference inside
/// its default, is out of sight and stays as `${NAME}`.
pub(crate) fn with_defaults(text: &str) -> String {
    parts(text)
        .into_iter()
        .map(|part| match part {
            Part::Text(text) => text.to_owned(),
            Part::Reference {
                default: Some(default), ..
            } if !default.contains('$') => default.to_owned(),
            Part::Reference { name, .. } => format!("${{{name}}}"),
        })
        .collect()
}

/// The text with `lookup`'s values and defaults filled in; `None` when something stays out of sight.
pub(crate) fn expand(text: &str, lookup: impl Fn(&str) -> Option<String>) -> Option<String> {
    parts(text)
        .into_iter()
        .map(|part| match part {
            Part::Text(text) => Some(text.to_owned()),
            Part::Reference { name, default } => {
                lookup(name).or_else(|| default.filter(|it| !it.contains('$')).map(ToOwned::to_owned))
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_cut_out_with_their_defaults() {
        let reference = |name, default| Part::Reference { name, default };
        assert_eq!(
            parts("a${B:-c}d$E"),
            [
                Part::Text("a"),
                reference("B", Some("c")),
                Part::Text("d"),
                reference("E", None)
            ]
        );
        assert_eq!(parts("${A:-${B:-x}}"), [reference("A", Some("${B:-x}"))]);
        assert_eq!(parts("${A:?must be set}"), [reference("A", None)]);
        assert_eq!(parts("5$ and ${unclosed"), [Part::Text("5$ and ${unclosed")]);
    }

    #[test]
    fn defaults_and_values_are_filled_in() {
        assert_eq!(with_defaults("${PORT:-4000}:4000"), "4000:4000");
        assert_eq!(with_defaults("${PORT}:4000 $$x"), "${PORT}:4000 $x");
        let lookup = |name: &str| (name == "A").then(|| "1".to_owned());
        assert_eq!(expand("${A:-2}/${B-3}", lookup).as_deref(), Some("1/3"));
        assert_eq!(expand("${B}", lookup), None);
    }
}
