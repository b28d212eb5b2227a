//! Sentences, for prose that may be wrapped at any column.

use std::ops::Range;

/// Words with a full stop that ends no sentence.
const ABBREVIATIONS: &[&str] = &[
    "al", "approx", "art", "bzw", "ca", "cf", "co", "corp", "dept", "dr", "e.g", "eq", "est", "etc", "fig", "gen",
    "i.e", "inc", "jr", "ltd", "max", "min", "mr", "mrs", "ms", "no", "nr", "p", "pp", "prof", "ref", "resp", "sec",
    "sr", "st", "u.s", "usw", "vol", "vs", "z.b",
];

/// The sentences' byte ranges, in order, without the white space around them.
///
/// A sentence ends at `.`, `!`, `?` or `…` (and quotes or brackets after it) where white space and no
/// lower-case letter follows, unless the word before a `.` is an abbreviation or a single capital; at
/// `。`, `！` or `？`; at an empty line; and before a line that begins a heading, a list's item or a table's row.
#[must_use]
pub fn sentences(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((at, char)) = chars.next() {
        let mut end = at + char.len_utf8();
        let ends = match char {
            '\n' => {
                let line = text[end..].split('\n').next().unwrap_or_default();
                line.trim().is_empty() || begins_block(line) || begins_heading(text[start..at].trim_start())
            }
            '。' | '！' | '？' => true,
            '.' | '!' | '?' | '…' => {
                while let Some((next, closing)) = chars.next_if(|(_, next)| is_closing(*next)) {
                    end = next + closing.len_utf8();
                }
                let rest = &text[end..];
                let next = rest.trim_start().chars().next();
                rest.chars().next().is_none_or(char::is_whitespace)
                    && next.is_none_or(|next| !next.is_lowercase())
                    && !(char == '.' && is_abbreviation(&text[start..at]))
            }
            _ => false,
        };
        if ends {
            push(text, start..end, &mut found);
            start = end;
        }
    }
    push(text, start..text.len(), &mut found);
    found
}

fn push(text: &str, range: Range<usize>, found: &mut Vec<Range<usize>>) {
    let inside = &text[range.clone()];
    let left = inside.len() - inside.trim_start().len();
    let trimmed = inside.trim();
    if !trimmed.is_empty() {
        found.push(range.start + left..range.start + left + trimmed.len());
    }
}

const fn is_closing(char: char) -> bool {
    matches!(char, '.' | '!' | '?' | '…' | '"' | '\'' | '”' | '’' | '»' | ')' | ']')
}

fn begins_heading(line: &str) -> bool {
    line.starts_with('#') && line.trim_start_matches('#').starts_with(' ') && !line.contains('\n')
}

/// Whether a line begins something that is no prose going on.
fn begins_block(line: &str) -> bool {
    let line = line.trim_start();
    let item = line.starts_with("- ") || line.starts_with("* ") || line.starts_with("+ ");
    let digits = line.trim_start_matches(|char: char| char.is_ascii_digit());
    let numbered = digits.len() < line.len() && (digits.starts_with(". ") || digits.starts_with(") "));
    item || numbered || line.starts_with('|') || line.starts_with("```") || begins_heading(line)
}

/// Whether the text before a full stop ends in an abbreviation or an initial.
fn is_abbreviation(before: &str) -> bool {
    let word = before.rsplit(char::is_whitespace).next().unwrap_or_default();
    let word = word.trim_start_matches(['(', '[', '"', '“', '\'']);
    let mut chars = word.chars();
    let initial = chars.next().is_some_and(char::is_uppercase) && chars.next().is_none();
    initial || ABBREVIATIONS.contains(&word.to_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Vec<&str> {
        sentences(text).into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn sentences_end_where_people_end_them() {
        assert_eq!(
            of("It costs 3.95 euros, e.g. in the EU. \"Free!\" she said. See J. Smith et al. Then\nwrapped. End"),
            [
                "It costs 3.95 euros, e.g. in the EU.",
                "\"Free!\" she said.",
                "See J. Smith et al. Then\nwrapped.",
                "End"
            ]
        );
        assert_eq!(of("可以。不行！"), ["可以。", "不行！"]);
        assert_eq!(of(" \n"), Vec::<&str>::new());
    }

    #[test]
    fn blocks_end_sentences() {
        assert_eq!(
            of("# Returns\nFirst line\nof prose\n- one\n- two\n\n1. a\n2) b"),
            ["# Returns", "First line\nof prose", "- one", "- two", "1. a", "2) b"]
        );
    }
}
