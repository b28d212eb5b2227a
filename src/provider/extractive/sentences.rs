//! Passages to sentences.

/// A sentence and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sentence {
    /// Without marks of lists and headings.
    pub(super) text: String,
    /// The headings above it, outermost first.
    pub(super) headings: String,
    /// Which passage, best first.
    pub(super) passage: usize,
}

/// Words before whose full stop no sentence ends.
const ABBREVIATIONS: &[&str] = &[
    "e.g", "i.e", "etc", "mr", "mrs", "ms", "dr", "no", "vs", "approx", "max", "min", "incl", "excl", "z.b", "d.h",
    "bzw", "ca", "st",
];

/// The sentences of passages in order; one that stands in two passages counts once.
pub(super) fn split(passages: &[String]) -> Vec<Sentence> {
    let mut all: Vec<Sentence> = Vec::new();
    for (passage, text) in passages.iter().enumerate() {
        let mut headings: Vec<(usize, &str)> = Vec::new();
        let mut paragraph = String::new();
        for line in text.lines().map(str::trim).chain([""]) {
            let level = line.bytes().take_while(|byte| *byte == b'#').count();
            let heading = (1..=6)
                .contains(&level)
                .then(|| line[level..].trim())
                .filter(|it| !it.is_empty());
            let item = list_item(line);
            if line.is_empty() || heading.is_some() || item.is_some() {
                end_paragraph(&mut paragraph, &headings, passage, &mut all);
            }
            if let Some(heading) = heading {
                headings.retain(|(above, _)| *above < level);
                headings.push((level, heading));
            } else {
                if !paragraph.is_empty() {
                    paragraph.push(' ');
                }
                paragraph.push_str(item.unwrap_or(line));
            }
        }
    }
    all
}

/// The text of a list's item.
fn list_item(line: &str) -> Option<&str> {
    if let Some(rest) = ["- ", "* ", "+ ", "• "].iter().find_map(|mark| line.strip_prefix(mark)) {
        return Some(rest);
    }
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    (1..=3).contains(&digits).then(|| {
        line[digits..]
            .strip_prefix(". ")
            .or_else(|| line[digits..].strip_prefix(") "))
    })?
}

fn end_paragraph(paragraph: &mut String, headings: &[(usize, &str)], passage: usize, all: &mut Vec<Sentence>) {
    let text = std::mem::take(paragraph);
    let headings = headings.iter().map(|(_, text)| *text).collect::<Vec<_>>().join(" ");
    for sentence in sentences(&text) {
        if all.iter().any(|it| it.text == sentence) {
            continue;
        }
        all.push(Sentence {
            text: sentence.to_owned(),
            headings: headings.clone(),
            passage,
        });
    }
}

/// Ends after `.`, `!` or `?`, and white space, before anything that is no small letter.
fn sentences(text: &str) -> Vec<&str> {
    let mut out = Vec::new();
    let mut start = 0;
    for (at, letter) in text.char_indices() {
        if !matches!(letter, '.' | '!' | '?' | '。') {
            continue;
        }
        let end = at + letter.len_utf8();
        let rest = &text[end..];
        let after = rest.trim_start();
        let separate = letter == '。' || after.is_empty() || rest.starts_with(char::is_whitespace);
        let begins = !after.starts_with(char::is_lowercase);
        let word = text[start..at]
            .rsplit(|c: char| c.is_whitespace() || c == '(')
            .next()
            .unwrap_or_default();
        let abbreviated = letter == '.' && ABBREVIATIONS.contains(&word.to_lowercase().as_str());
        if separate && begins && !abbreviated {
            out.push(text[start..end].trim());
            start = end;
        }
    }
    out.push(text[start..].trim());
    out.retain(|sentence| sentence.chars().any(char::is_alphanumeric));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown_becomes_sentences_under_their_headings() {
        let passage = "# Returns\n\nYou have 30 days.\nMembers have 60, e.g. Club members. Costs 3.95 euros!\n\n## How\n\n1. Open it.\n2. Print the label\n- Go";
        let all = split(&[passage.to_owned(), "You have 30 days.".to_owned()]);
        let texts: Vec<&str> = all.iter().map(|it| it.text.as_str()).collect();
        assert_eq!(
            texts,
            [
                "You have 30 days.",
                "Members have 60, e.g. Club members.",
                "Costs 3.95 euros!",
                "Open it.",
                "Print the label",
                "Go"
            ]
        );
        assert_eq!(all[0].headings, "Returns");
        assert_eq!(all[5].headings, "Returns How");
    }

    #[test]
    fn odd_texts_are_no_trouble() {
        for text in ["", "....", "#", "###### ", "1.", "é. É", "a.b.c", "？。a"] {
            let _ = split(&[text.to_owned()]);
        }
    }
}
