//! HTML pages as Markdown: headings keep their level, blocks their breaks, lists their dashes, code its
//! lines; links and markup go. Navigation, scripts, styles and forms hold no content and are left out.

use std::fmt::Write as _;

use scraper::Html;
use scraper::node::Node;

/// Elements whose insides are no content.
const SKIPPED: &[&str] = &[
    "head", "script", "style", "noscript", "template", "svg", "nav", "form", "button", "select", "iframe", "canvas",
];
/// Elements that stand in a paragraph of their own.
const BLOCKS: &[&str] = &[
    "address",
    "article",
    "aside",
    "blockquote",
    "body",
    "dd",
    "details",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "header",
    "hr",
    "html",
    "main",
    "ol",
    "p",
    "section",
    "summary",
    "table",
    "ul",
];

/// Whether a file is HTML: by its name, or because it begins as pages do.
pub(super) fn is_html(extension: &str, start: &[u8]) -> bool {
    let head = String::from_utf8_lossy(start.get(..200).unwrap_or(start)).to_ascii_lowercase();
    matches!(extension, "html" | "htm" | "xhtml") || head.starts_with("<!doctype html") || head.starts_with("<html")
}

/// Elements that never hold others, or that the next of their kind ends.
const UNNESTED: &[&[u8]] = &[
    b"area", b"base", b"br", b"col", b"dd", b"dt", b"hr", b"img", b"input", b"li", b"link", b"meta", b"option", b"p",
    b"source", b"tbody", b"td", b"th", b"thead", b"tr", b"wbr",
];

/// The parser's time grows with the square of the nesting; a page that people wrote has some dozens.
const DEEPEST: usize = 2_000;

/// Whether so many elements are open at once that the parser would take minutes. Counted from the tags
/// alone, so that it takes no time.
pub(super) fn is_too_deep(page: &str) -> bool {
    let bytes = page.as_bytes();
    let mut depth = 0_usize;
    for at in memchr::memchr_iter(b'<', bytes) {
        let tag = &bytes[at + 1..];
        if tag.first() == Some(&b'/') {
            depth = depth.saturating_sub(1);
        } else if tag.first().is_some_and(u8::is_ascii_alphabetic) {
            let length = tag
                .iter()
                .position(|byte| !byte.is_ascii_alphanumeric())
                .unwrap_or(tag.len());
            let name = tag[..length].to_ascii_lowercase();
            let closed = memchr::memchr(b'>', tag).is_some_and(|end| tag[..end].ends_with(b"/"));
            if !closed && !UNNESTED.contains(&name.as_slice()) {
                depth += 1;
            }
            if depth > DEEPEST {
                return true;
            }
        }
    }
    false
}

/// The page's text.
pub(super) fn to_markdown(page: &str) -> String {
    let page = Html::parse_document(page);
    let mut text = Writer::default();
    // The open elements, each with whether it is content: a walk without recursion, for pages may nest as
    // deep as they like.
    let mut open: Vec<(_, &str, bool)> = Vec::new();
    for node in page.tree.root().descendants() {
        let parent = node.parent().map(|parent| parent.id());
        while let Some((_, name, content)) = open.pop_if(|(id, _, _)| Some(*id) != parent) {
            if content {
                text.close(name);
            }
        }
        let content = open.last().is_none_or(|(_, _, content)| *content);
        match node.value() {
            Node::Element(element) => {
                let content = content && !SKIPPED.contains(&element.name());
                if content {
                    text.open(element.name());
                }
                open.push((node.id(), element.name(), content));
            }
            Node::Text(inside) if content => text.words(inside),
            _ => {}
        }
    }
    while let Some((_, name, content)) = open.pop() {
        if content {
            text.close(name);
        }
    }
    text.finish()
}

#[derive(Default)]
struct Writer {
    out: String,
    /// Whether a space must come before the next word.
    space: bool,
    /// How many `pre` are open.
    verbatim: usize,
}

impl Writer {
    fn open(&mut self, name: &str) {
        match name {
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => {
                self.paragraph();
                let level = usize::from(name.as_bytes()[1] - b'0');
                // Writing to a string cannot fail.
                let _ = write!(self.out, "{} ", "#".repeat(level));
            }
            "pre" => {
                self.paragraph();
                self.out.push_str("```\n");
                self.verbatim += 1;
            }
            "li" => {
                self.line();
                self.out.push_str("- ");
            }
            "tr" | "br" => self.line(),
            "td" | "th" => self.space = true,
            _ if BLOCKS.contains(&name) => self.paragraph(),
            _ => {}
        }
    }

    fn close(&mut self, name: &str) {
        match name {
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => self.paragraph(),
            "pre" => {
                self.verbatim = self.verbatim.saturating_sub(1);
                self.line();
                self.out.push_str("```");
                self.paragraph();
            }
            "td" | "th" => self.space = true,
            _ if BLOCKS.contains(&name) => self.paragraph(),
            _ => {}
        }
    }

    fn words(&mut self, inside: &str) {
        if self.verbatim > 0 {
            self.out.push_str(inside);
            return;
        }
        self.space |= inside.starts_with(char::is_whitespace);
        for word in inside.split_whitespace() {
            if self.space && !self.out.is_empty() && !self.out.ends_with([' ', '\n']) {
                self.out.push(' ');
            }
            self.out.push_str(word);
            self.space = true;
        }
        self.space = inside.ends_with(char::is_whitespace);
    }

    fn line(&mut self) {
        self.space = false;
        if !self.out.is_empty() && !self.out.ends_with('\n') {
            self.out.push('\n');
        }
    }

    fn paragraph(&mut self) {
        self.line();
        if !self.out.is_empty() && !self.out.ends_with("\n\n") {
            self.out.push('\n');
        }
    }

    fn finish(mut self) -> String {
        self.out.truncate(self.out.trim_end().len());
        if !self.out.is_empty() {
            self.out.push('\n');
        }
        self.out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_becomes_markdown() {
        let page = "<!doctype html><html><head><title>x</title><style>p{}</style></head><body><nav>Home</nav>\
                    <h1>Returns</h1><p>Within <b>30</b> days,\n see <a href=y>terms</a>.</p><h2>How <i>to</i></h2>\
                    <ul><li>pack</li><li>send</li></ul><pre>a\n  b</pre><table><tr><td>1</td><td>2</td></tr></table>\
                    <script>alert(1)</script></body></html>";
        let expected = "# Returns\n\nWithin 30 days, see terms.\n\n## How to\n\n- pack\n- send\n\n\
                        ```\na\n  b\n```\n\n1 2\n";
        assert_eq!(to_markdown(page), expected);
    }

    #[test]
    fn deep_nesting_is_no_trouble() {
        let page = format!("{}deep", "<div>".repeat(1_000));
        assert_eq!(to_markdown(&page), "deep\n");
        assert!(!is_too_deep(&page));
        assert!(is_too_deep(&"<b x=1>".repeat(DEEPEST + 1)));
        let flat = "<div><p>one<p>two<br><img src=x><svg><path d=0 /></svg></div>".repeat(3_000);
        assert!(!is_too_deep(&flat));
    }
}
