//! HTML: one page that needs no network, with its data inside.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::{Report, json as json_format};

/// The page of a stage that lays out none.
const PLAIN: &str = include_str!("html/plain.html");
/// What a template has where its data go.
const SLOT: &str = "/*DATA*/";
/// What all pages share, and where a template takes it in.
const SHARED: [(&str, &str); 3] = [
    ("<!--SHARED.HTML-->", include_str!("html/shared.html")),
    ("/*SHARED.CSS*/", include_str!("html/shared.css")),
    ("/*SHARED.JS*/", include_str!("html/shared.js")),
];

/// Writes the stage's own page, or the plain one over the JSON report.
pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    match &report.page {
        Some(page) => fill(page.template, &page.data, out),
        None => {
            let mut bytes = Vec::new();
            json_format::write(report, &mut bytes)?;
            let data = serde_json::from_slice(&bytes).unwrap_or_else(|_| json!({}));
            fill(PLAIN, &data, out)
        }
    }
}

/// Puts data and what is shared into a template. Inside a script element `</` would end it, and `<!--` change its parsing
/// (HTML Standard, section 4.12.1.3), so neither is let through; JSON reads the escapes as the same text.
fn fill(template: &str, data: &Value, out: &mut dyn Write) -> io::Result<()> {
    // The data come last: nothing is looked for in them.
    let template = SHARED.iter().fold(template.to_owned(), |page, (mark, text)| {
        page.replace(mark, text.trim_end())
    });
    let (before, after) = template.split_once(SLOT).unwrap_or((&template, ""));
    let data = serde_json::to_string(data)?;
    let data = data
        .replace('<', "\\u003c")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029");
    write!(out, "{before}{data}{after}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shared_is_taken_in_once_and_never_from_the_data() {
        let mut out = Vec::new();
        fill(PLAIN, &json!({"a": "/*SHARED.JS*/"}), &mut out).unwrap();
        let page = String::from_utf8(out).unwrap();
        for once in ["const grow =", "--paper: #f6f7f9", "/*SHARED.JS*/"] {
            assert_eq!(page.matches(once).count(), 1, "{once}");
        }
        assert!(!page.contains(SLOT) && SHARED[..2].iter().all(|(mark, _)| !page.contains(mark)));
    }

    #[test]
    fn data_cannot_leave_the_script() {
        let mut out = Vec::new();
        let data = json!({"a": "</script><script>alert(1)</script><!--"});
        fill("<script>const data = /*DATA*/;</script>", &data, &mut out).unwrap();
        let page = String::from_utf8(out).unwrap();
        assert_eq!(page.matches("</script>").count(), 1, "{page}");
        let inside = page.strip_prefix("<script>const data = ").unwrap();
        let inside = inside.strip_suffix(";</script>").unwrap();
        assert_eq!(serde_json::from_str::<Value>(inside).unwrap(), data);
    }
}
