//! Where sentences end.

use std::ops::Range;

/// Words whose full stop ends no sentence.
const ABBREVIATIONS: &[&str] = &[
    "mr", "mrs", "ms", "dr", "prof", "st", "sr", "jr", "vs", "etc", "e.g", "i.e", "eg", "ie", "cf", "no", "vol", "fig",
    "approx", "dept", "est", "inc", "ltd", "co", "corp", "gen", "col", "sgt", "capt", "lt", "rev", "hon", "insp",
    "det", "supt", "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec", "p", "pp",
];

/// The sentences of a text, in order, without the white space around them: together they hold every other
/// character. A line break ends a sentence.
pub(crate) fn sentences(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = 0;
    let mut characters = text.char_indices().peekable();
    while let Some((at, c)) = characters.next() {
        if c == '\n' || c == '\r' {
            push(text, start..at, &mut found);
            start = at + 1;
            continue;
        }
        if !['.', '!', '?', '\u{3002}', '\u{ff01}', '\u{ff1f}'].contains(&c) {
            continue;
        }
        let mut end = at + c.len_utf8();
        while let Some((next, closing)) = characters.peek().copied() {
            if !['.', '!', '?', '"', '\'', ')', ']', '\u{201d}', '\u{2019}'].contains(&closing) {
                break;
            }
            end = next + closing.len_utf8();
            characters.next();
        }
        if ends(text, start, at, c, end) {
            push(text, start..end, &mut found);
            start = end;
        }
    }
    push(text, start..text.len(), &mut found);
    found
}

fn push(text: &str, range: Range<usize>, found: &mut Vec<Range<usize>>) {
    let piece = &text[range.clone()];
    let start = range.start + (piece.len() - piece.trim_start().len());
    let end = start + piece.trim().len();
    if start < end {
        found.push(start..end);
    }
}

/// Whether the mark at `at`, with what closes behind it up to `end`, ends the sentence from `start`.
fn ends(text: &str, start: usize, at: usize, mark: char, end: usize) -> bool {
    if !mark.is_ascii() {
        return true;
    }
    let mut rest = text[end..].chars();
    let Some(next) = rest.next() else { return true };
    if !next.is_whitespace() {
        // "…in the USA.The next" is two sentences that were joined without a space; "3.5", "U.S." and
        // "returns.md" are one word each.
        let before: Vec<char> = text[start..at].chars().rev().take(2).collect();
        let word = before.len() == 2
            && before
                .iter()
                .all(|c| c.is_lowercase() || c.is_ascii_digit() || *c == ')');
        let long = text[start..at].chars().rev().take(3).all(char::is_uppercase);
        return mark == '.'
            && (word || long)
            && next.is_uppercase()
            && rest.next().is_some_and(|c| c.is_lowercase() || c.is_whitespace());
    }
    if mark != '.' {
        return true;
    }
    let opens = text[end..].trim_start().chars().next();
    if opens.is_some_and(char::is_lowercase) {
        return false;
    }
    let word = text[start..at]
        .rsplit(|c: char| c.is_whitespace() || c == '(')
        .next()
        .unwrap_or_default();
    let lower = word.to_lowercase();
    // The marker of a list item belongs to what follows.
    if text[start..at].trim().chars().all(|c| c.is_ascii_digit()) {
        return false;
    }
    // An initial, as in "J. Smith".
    let initial = word.chars().count() == 1 && word.chars().all(char::is_uppercase);
    !initial && !ABBREVIATIONS.contains(&lower.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_end_where_people_see_it() {
        let text = "Mr. Smith paid $3.50 to J. Doe. \"Why?\" she asked. It is in returns.md, e.g. \
                    there.First of all, go!\nA line\n\n- another";
        let found: Vec<&str> = sentences(text).into_iter().map(|range| &text[range]).collect();
        assert_eq!(
            found,
            [
                "Mr. Smith paid $3.50 to J. Doe.",
                "\"Why?\"",
                "she asked.",
                "It is in returns.md, e.g. there.",
                "First of all, go!",
                "A line",
                "- another",
            ]
        );
    }
}
