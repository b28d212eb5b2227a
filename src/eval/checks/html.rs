//! HTML in the answer: `is-html`, `contains-html`, after promptfoo 0.121.20.

use std::sync::LazyLock;

use regex::Regex;
use scraper::{Html, Node};

use super::case::{Case, Judged};

/// An answer longer than this is not searched for HTML.
const MAX_BYTES: usize = 10 << 20;

/// The elements of the HTML Living Standard (2026), and the old ones that browsers still know.
const ELEMENTS: &[&str] = &[
    "a",
    "abbr",
    "address",
    "area",
    "article",
    "aside",
    "audio",
    "b",
    "base",
    "bdi",
    "bdo",
    "blockquote",
    "br",
    "button",
    "canvas",
    "caption",
    "cite",
    "code",
    "col",
    "colgroup",
    "data",
    "datalist",
    "dd",
    "del",
    "details",
    "dfn",
    "dialog",
    "div",
    "dl",
    "dt",
    "em",
    "embed",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hgroup",
    "hr",
    "i",
    "iframe",
    "img",
    "input",
    "ins",
    "kbd",
    "label",
    "legend",
    "li",
    "link",
    "main",
    "map",
    "mark",
    "math",
    "menu",
    "meta",
    "meter",
    "nav",
    "noscript",
    "object",
    "ol",
    "optgroup",
    "option",
    "output",
    "p",
    "param",
    "picture",
    "pre",
    "progress",
    "q",
    "rp",
    "rt",
    "ruby",
    "s",
    "samp",
    "script",
    "search",
    "section",
    "select",
    "slot",
    "small",
    "source",
    "span",
    "strong",
    "style",
    "sub",
    "summary",
    "sup",
    "svg",
    "table",
    "tbody",
    "td",
    "template",
    "textarea",
    "tfoot",
    "th",
    "thead",
    "time",
    "title",
    "tr",
    "track",
    "u",
    "ul",
    "var",
    "video",
    "wbr",
];

/// The answer is HTML through and through: no text stands outside of elements, and one element at least is known.
#[expect(clippy::unnecessary_wraps, reason = "the form of every kind in the registry")]
pub(super) fn is_html(case: &Case<'_>) -> Judged {
    let fault = fault(&case.text);
    Ok(case.holds(fault.is_none(), || {
        format!("be HTML{}", fault.map(|fault| format!(": {fault}")).unwrap_or_default())
    }))
}

/// Two signs of HTML at least stand in the answer.
#[expect(clippy::unnecessary_wraps, reason = "the form of every kind in the registry")]
pub(super) fn contains_html(case: &Case<'_>) -> Judged {
    let holds = case.text.len() <= MAX_BYTES && signs(&case.text) >= 2;
    Ok(case.holds(holds, || "contain HTML".to_owned()))
}

fn fault(text: &str) -> Option<&'static str> {
    let text = text.trim();
    let lower = text.to_lowercase();
    if text.is_empty() {
        return Some("the answer is empty");
    }
    if text.len() > MAX_BYTES {
        return Some("the answer is too long");
    }
    if lower.starts_with("<?xml") {
        return Some("it is XML");
    }
    let written = |name: &str| {
        lower.match_indices(name).any(|(at, _)| {
            lower[..at].ends_with('<')
                && lower[at + name.len()..].starts_with(|c: char| c.is_whitespace() || c == '>' || c == '/')
        })
    };
    let document = Html::parse_document(text);
    let body = document.tree.nodes().find(|node| {
        node.value()
            .as_element()
            .is_some_and(|element| element.name() == "body")
    });
    if let Some(body) = body
        && !written("body")
        && body
            .children()
            .any(|child| matches!(child.value(), Node::Text(text) if !text.trim().is_empty()))
    {
        return Some("text stands outside of elements");
    }
    let known = document.tree.nodes().any(|node| {
        node.value().as_element().is_some_and(|element| {
            let name = element.name();
            match name {
                "html" | "head" | "body" => written(name),
                _ => ELEMENTS.contains(&name) || name.contains('-'),
            }
        })
    });
    (!known).then_some("no element of HTML stands in it")
}

/// How many signs of HTML there are; some weigh two.
fn signs(text: &str) -> usize {
    let has = |at: usize| PATTERNS.get(at).is_some_and(|pattern| pattern.is_match(text));
    let tags = match (has(0), has(1)) {
        (true, true) => 2,
        (false, false) => 0,
        _ => 1,
    };
    tags + usize::from(has(2))
        + usize::from(has(3))
        + 2 * usize::from(has(4))
        + usize::from(has(5))
        + usize::from(has(6))
        + 2 * usize::from(has(7))
}

/// In order: an opening tag, a closing one, one that closes itself, an entity, the document type, a comment, an
/// attribute, a common element.
static PATTERNS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    [
        r"<[a-zA-Z][a-zA-Z0-9-]*(?:\s[^>]*)?>",
        r"</[a-zA-Z][a-zA-Z0-9-]*\s*>",
        r"<[a-zA-Z][a-zA-Z0-9-]*(?:\s[^>]*)?/>",
        r"&(?:[a-zA-Z]+|#[0-9]+|#x[0-9a-fA-F]+);",
        r"(?i)<!DOCTYPE\s+html",
        r"<!--[^-]*(?:-[^-]+)*-->",
        r#"\s[a-zA-Z-]+=\s*["'][^"']*["']"#,
        concat!(
            r"(?i)<(?:html|head|body|div|span|p|a|img|h[1-6]|ul|ol|li|table|tr|td|th|form|input|button|script|style",
            r"|link|meta|br|hr)(?-u:\b)"
        ),
    ]
    .into_iter()
    .filter_map(|pattern| Regex::new(pattern).ok())
    .collect()
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_is_told_from_text() {
        assert_eq!(PATTERNS.len(), 8);
        for text in [
            "<p>Hi</p>",
            "<!doctype html><html><body>Hi</body></html>",
            "<my-part></my-part>",
            "<br>",
        ] {
            assert_eq!(fault(text), None, "{text}");
        }
        for text in [
            "",
            "Hi",
            "Hi <b>there</b>",
            "<?xml version='1.0'?><a/>",
            "<foo>bar</foo>",
        ] {
            assert!(fault(text).is_some(), "{text}");
        }
        assert!(signs("See <b>this</b>") >= 2 && signs("a < b && c > d") < 2 && signs("<div>") >= 2);
    }
}
